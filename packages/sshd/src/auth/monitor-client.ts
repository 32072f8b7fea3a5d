// The auth process' end of the monitor pipe: calls go out in order and
// answers come back in the same order.

import { DecodeError } from '@sallyport/protocol/wire/decode-error';
import type { ByteStream } from '@sallyport/system/byte-stream';
import { FrameChannel } from '../frames/frame-channel.ts';
import type { AuthAnswerName, AuthCallName, AuthCallValue } from '../monitor/calls.ts';
import { answerOf, authAnswers, authCalls, limitsOf } from '../monitor/calls.ts';
import type { MonitorPort } from './auth-conversation.ts';

interface Waiting {
  readonly answer: AuthAnswerName;
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

export class MonitorClient implements MonitorPort {
  readonly #channel: FrameChannel;
  readonly #waiting: Waiting[] = [];

  /** `onClosed` is called when the monitor is gone: the process has nothing left to do. */
  constructor(stream: ByteStream, onClosed: () => void) {
    this.#channel = new FrameChannel(stream, {
      limitBytes: limitsOf(authAnswers),
      frame: (number, body) => this.#answered(number, body),
      closed: () => {
        for (const waiting of this.#waiting.splice(0)) waiting.reject(new Error('the monitor is gone'));
        onClosed();
      },
    });
  }

  call: MonitorPort['call'] = (name, value) =>
    new Promise((resolve, reject) => {
      this.#waiting.push({ answer: answerOf[name], resolve, reject });
      this.#channel.send(authCalls[name], value);
    });

  send<Name extends AuthCallName>(name: Name, value: AuthCallValue<Name>): void {
    this.#channel.send(authCalls[name], value);
  }

  #answered(number: number, body: Uint8Array): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) throw new DecodeError('an answer that nobody waits for');
    const row = authAnswers[waiting.answer];
    if (row.number !== number) throw new DecodeError('the answer to another call');
    waiting.resolve(row.fields.decode(body) as never);
  }
}
