// The auth process' end of the monitor pipe: a call goes out and the process waits for its answer, as it has nothing
// else to do meanwhile. What the peer sends stays in the socket.

import { limitsOf } from '@sallyport/protocol/codec/frame-table';
import { DecodeError } from '@sallyport/protocol/wire/decode-error';
import { encodeFrame, FrameReader } from '@sallyport/protocol/wire/frame';
import { readNow, sendWhole, waitForAny } from '@sallyport/system/blocking-io';
import { SystemError } from '@sallyport/system/system-error';
import type { AuthAnswerName, AuthAnswerValue, AuthCallName, AuthCallValue } from '../monitor/calls.ts';
import { answerOf, authAnswers, authCalls } from '../monitor/calls.ts';

/** The other end of the pipe is closed: the monitor has ended this process or itself. */
export class MonitorGone extends Error {
  constructor() {
    super('the monitor is gone');
    this.name = 'MonitorGone';
  }
}

/** Calls that have an answer. */
export type AnsweredCall = keyof typeof answerOf;

export interface MonitorPort {
  /** Throws MonitorGone when the monitor refuses the call, which ends the connection. */
  call<Name extends AnsweredCall>(name: Name, value: AuthCallValue<Name>): AuthAnswerValue<(typeof answerOf)[Name]>;
  send<Name extends Exclude<AuthCallName, AnsweredCall>>(name: Name, value: AuthCallValue<Name>): void;
}

const chunkBytes = 16 * 1024;

export class MonitorClient implements MonitorPort {
  readonly #fd: number;
  readonly #reader = new FrameReader(limitsOf(authAnswers));
  readonly #room = new Uint8Array(chunkBytes);

  constructor(fd: number) {
    this.#fd = fd;
  }

  call<Name extends AnsweredCall>(name: Name, value: AuthCallValue<Name>): AuthAnswerValue<(typeof answerOf)[Name]> {
    this.#write(name, value);
    return this.#answer(answerOf[name]);
  }

  send<Name extends AuthCallName>(name: Name, value: AuthCallValue<Name>): void {
    this.#write(name, value);
  }

  #write<Name extends AuthCallName>(name: Name, value: AuthCallValue<Name>): void {
    const { number, fields } = authCalls[name];
    const body = fields.encode(value as never);
    const frame = encodeFrame(number, body);
    try {
      orGone(() => sendWhole(this.#fd, frame));
    } finally {
      // A password, or the keys of a transport.
      for (const secret of [body, frame]) secret.fill(0);
    }
  }

  #answer<Name extends AuthAnswerName>(name: Name): AuthAnswerValue<Name> {
    for (;;) {
      waitForAny([{ fd: this.#fd, read: true, write: false }]);
      const length = orGone(() => readNow(this.#fd, this.#room));
      if (length === 0) throw new MonitorGone();
      const [frame, more] = this.#reader.receive(this.#room.subarray(0, length ?? 0));
      if (frame === undefined) continue;
      const { number, fields } = authAnswers[name];
      if (frame.number !== number || more !== undefined) throw new DecodeError('the answer to another call');
      return fields.decode(frame.body) as AuthAnswerValue<Name>;
    }
  }
}

function orGone<T>(step: () => T): T {
  try {
    return step();
  } catch (error) {
    throw error instanceof SystemError ? new MonitorGone() : error;
  }
}
