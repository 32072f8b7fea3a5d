// The method "keyboard-interactive" (RFC 4256): any number of rounds of prompts and responses, also of no prompts at
// all. A round has exactly as many responses as prompts.

import { Violation } from '../../failure/violation.ts';
import {
  keyboardInteractiveFields,
  userauthInfoRequest,
  userauthInfoResponse,
  userauthRequest,
} from '../../messages/userauth.ts';
import { Reader } from '../../wire/reader.ts';
import { Writer } from '../../wire/writer.ts';
import { boundText, userauthBounds } from '../bounds.ts';
import type { Prompt } from '../events.ts';
import type { ClientStep, ServerAnswer, UserauthMethod } from './method.ts';
import { secretPayload } from './secret-payload.ts';

const name = 'keyboard-interactive';

function readPrompts(payload: Uint8Array): ClientStep {
  const request = userauthInfoRequest.decode(payload);
  if (request.count > userauthBounds.prompts) throw new Violation('limit-exceeded', 'too many prompts');
  const reader = new Reader(request.prompts);
  const prompts: Prompt[] = [];
  for (let i = 0; i < request.count; i++) prompts.push({ text: reader.text(), echo: reader.boolean() });
  reader.end();
  const { name: title, instruction } = request;
  return { type: 'ask', question: { type: 'responses-wanted', name: title, instruction, prompts } };
}

function respond(responses: readonly Uint8Array[]): ClientStep {
  const writer = new Writer();
  for (const response of responses) writer.string(response);
  const encoded = writer.bytes();
  writer.wipe();
  const payload = secretPayload(userauthInfoResponse, { count: responses.length, responses: encoded }, encoded);
  return { type: 'send', payload, methodNumber: userauthInfoRequest.number };
}

function ask(title: string, instruction: string, prompts: readonly Prompt[]): ServerAnswer {
  const writer = new Writer();
  for (const { text, echo } of prompts) writer.string(text).boolean(echo);
  const fields = { name: title, instruction, language: '', count: prompts.length, prompts: writer.bytes() };
  return { payload: userauthInfoRequest.encode(fields), responses: prompts.length };
}

export const keyboardInteractive: UserauthMethod<'keyboard-interactive'> = {
  name,
  client: {
    begin({ submethods }, { user, service }) {
      const fields = keyboardInteractiveFields.encode({ language: '', submethods });
      const payload = userauthRequest.encode({ user, service, method: name, fields });
      return { type: 'send', payload, methodNumber: userauthInfoRequest.number };
    },
    receive: (_attempt, payload) => readPrompts(payload),
    answer({ question, command }) {
      if (question.type !== 'responses-wanted' || command.type !== 'provide-responses') return undefined;
      if (command.responses.length !== question.prompts.length) throw new Error('as many responses as prompts');
      return respond(command.responses);
    },
  },
  server: {
    secret: true,
    read({ fields }) {
      const { submethods } = keyboardInteractiveFields.decode(fields);
      return { method: name, submethods: boundText('submethods', submethods, userauthBounds.submethodsLength) };
    },
    answer(_request, command) {
      if (command.type !== 'ask-responses') return undefined;
      if (command.prompts.length > userauthBounds.prompts) throw new Error('too many prompts');
      return ask(command.name, command.instruction, command.prompts);
    },
    readResponses(payload, expected) {
      const { count, responses: rest } = userauthInfoResponse.decode(payload);
      if (count !== expected) throw new Violation('message-malformed', 'wrong number of responses');
      const reader = new Reader(rest);
      const responses: Uint8Array[] = [];
      for (let i = 0; i < count; i++) responses.push(reader.string());
      reader.end();
      return { method: 'keyboard-interactive-responses', responses };
    },
  },
};
