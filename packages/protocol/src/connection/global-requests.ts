// Global requests in both directions (RFC 4254 section 4): answers carry no number, so each side answers in the order
// in which it was asked. Answers to nothing are ignored: they must not block or end a connection.

import { PayloadQueue } from '../codec/payload-queue.ts';
import { Queue } from '../codec/queue.ts';
import { Violation } from '../failure/violation.ts';
import { globalRequest, requestFailure, requestSuccess } from '../messages/connection.ts';
import { maximumUnansweredRequests } from './channel.ts';
import type { ConnectionCommand, ConnectionEvent } from './events.ts';

type Command<Type> = Extract<ConnectionCommand, { readonly type: Type }>;

const nothing = new Uint8Array(0);

export class GlobalRequests {
  readonly #output: PayloadQueue;
  readonly #awaitedReplies = new Queue<number>();
  #unanswered = 0;

  constructor(output: PayloadQueue) {
    this.#output = output;
  }

  request({ request, fields, token }: Command<'request-global'>): void {
    if (token !== undefined) this.#awaitedReplies.push(token);
    this.#output.push(globalRequest.encode({ type: request, wantReply: token !== undefined, fields }));
  }

  reply({ success, fields }: Command<'reply-global-request'>): void {
    if (this.#unanswered === 0) throw new Error('there is no global request to answer');
    this.#unanswered--;
    this.#output.push(success ? requestSuccess.encode({ fields: fields ?? nothing }) : requestFailure.encode({}));
  }

  /** @throws DecodeError, Violation */
  received(payload: Uint8Array): ConnectionEvent {
    const { type, wantReply, fields } = globalRequest.decode(payload);
    if (wantReply) this.#unanswered++;
    if (this.#unanswered > maximumUnansweredRequests) {
      throw new Violation('limit-exceeded', 'too many unanswered global requests');
    }
    return { type: 'global-request-received', request: type, wantReply, fields };
  }

  /** @throws DecodeError */
  answered(payload: Uint8Array): ConnectionEvent | undefined {
    const success = payload[0] === requestSuccess.number;
    const fields = success ? requestSuccess.decode(payload).fields : nothing;
    if (!success) requestFailure.decode(payload);
    const token = this.#awaitedReplies.shift();
    return token === undefined ? undefined : { type: 'global-request-answered', token, success, fields };
  }
}
