// The requests on a session channel (RFC 4254 section 6) decoded by a table: type to a typed value. What is not in
// the table or does not decode is answered with failure, never guessed at. Commands and values keep their bytes.

import type { PtyRequest, WindowSize } from '@sallyport/protocol/messages/channel-requests';
import * as requests from '@sallyport/protocol/messages/channel-requests';
import { tryDecode } from '@sallyport/protocol/wire/decode-error';
import { utf8DecodeReversibly } from '@sallyport/protocol/wire/utf8';

import type { AgentRequest } from './agent-forwarding.ts';

export type { AgentRequest };

export type SessionRequest =
  | { readonly type: 'pty-req'; readonly pty: PtyRequest }
  | { readonly type: 'env'; readonly name: string; readonly value: string }
  | { readonly type: 'shell' }
  | { readonly type: 'exec'; readonly command: string }
  | { readonly type: 'subsystem'; readonly name: string }
  | { readonly type: 'window-change'; readonly size: WindowSize }
  | { readonly type: 'signal'; readonly name: string }
  | { readonly type: 'break' }
  | { readonly type: AgentRequest }
  | { readonly type: 'eow@openssh.com' };

type RequestType = SessionRequest['type'];

const decoders: Readonly<Record<RequestType, (fields: Uint8Array) => SessionRequest>> = {
  'pty-req': (fields) => {
    const pty = requests.ptyRequestFields.decode(fields);
    return { type: 'pty-req', pty: { ...pty, modes: pty.modes.slice() } };
  },
  env: (fields) => {
    const { name, value } = requests.envFields.decode(fields);
    return { type: 'env', name: utf8DecodeReversibly(name), value: utf8DecodeReversibly(value) };
  },
  shell: (fields) => {
    requests.shellFields.decode(fields);
    return { type: 'shell' };
  },
  exec: (fields) => ({ type: 'exec', command: utf8DecodeReversibly(requests.execFields.decode(fields).command) }),
  subsystem: (fields) => ({ type: 'subsystem', name: requests.subsystemFields.decode(fields).name }),
  'window-change': (fields) => ({ type: 'window-change', size: requests.windowChangeFields.decode(fields) }),
  signal: (fields) => ({ type: 'signal', name: requests.signalFields.decode(fields).name }),
  break: (fields) => {
    requests.breakFields.decode(fields);
    return { type: 'break' };
  },
  'auth-agent-req@openssh.com': (fields) => {
    requests.shellFields.decode(fields);
    return { type: 'auth-agent-req@openssh.com' };
  },
  'agent-req': (fields) => {
    requests.shellFields.decode(fields);
    return { type: 'agent-req' };
  },
  'eow@openssh.com': (fields) => {
    requests.shellFields.decode(fields);
    return { type: 'eow@openssh.com' };
  },
};

/** The request, or undefined when it is unknown or malformed. */
export function decodeSessionRequest(type: string, fields: Uint8Array): SessionRequest | undefined {
  if (!Object.hasOwn(decoders, type)) return undefined;
  return tryDecode(() => decoders[type as RequestType](fields));
}
