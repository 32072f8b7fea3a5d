// The client learns all our host keys after the login, and may ask us to prove that we have them, so that it can add
// new ones and drop old ones (PROTOCOL section 2.5). Only the monitor has the keys.

import type { ConnectionCommand } from '@sallyport/protocol/connection/events';
import { isCertificateType } from '@sallyport/protocol/keys/certificate';
import { globalRequestNames } from '@sallyport/protocol/messages/global-requests';
import type { ServerStackEvent } from '@sallyport/protocol/stack/events';
import { equalBytes } from '@sallyport/protocol/wire/bytes';
import { DecodeError } from '@sallyport/protocol/wire/decode-error';
import { Reader } from '@sallyport/protocol/wire/reader';
import { Writer } from '@sallyport/protocol/wire/writer';

type GlobalReply = Extract<ConnectionCommand, { readonly type: 'reply-global-request' }>;
type GlobalRequest = Extract<ServerStackEvent, { readonly type: 'global-request-received' }>;

export interface HostKeyRequestsOptions {
  /** Blobs of what is offered in key exchanges, certificates among them. */
  readonly offered: readonly Uint8Array[];
  /** Asks the monitor, one key at a time. */
  readonly prove: (hostKey: Uint8Array) => void;
  readonly perform: (command: ConnectionCommand) => void;
  /** A fault of ours. */
  readonly failed: (error: unknown) => void;
}

const maximumKeys = 64;

export class HostKeyRequests {
  readonly #options: HostKeyRequestsOptions;
  readonly #replies: GlobalReplies;
  /** The plain host keys. */
  readonly #keys: readonly Uint8Array[];
  readonly #waiting: { readonly hostKey: Uint8Array; readonly resolve: (signature: Uint8Array | undefined) => void }[] =
    [];

  constructor(options: HostKeyRequestsOptions) {
    this.#options = options;
    this.#replies = new GlobalReplies((reply) => options.perform(reply));
    this.#keys = options.offered.filter((blob) => !isCertificateType(new Reader(blob).text()));
  }

  /** Tells the client our keys. */
  announce(): void {
    const writer = new Writer();
    for (const key of this.#keys) writer.string(key);
    this.#options.perform({ type: 'request-global', request: globalRequestNames.hostKeys, fields: writer.bytes() });
  }

  /** Answers another global request, behind the proofs that were asked for before. */
  answer(reply: GlobalReply): void {
    this.#replies.answer(reply);
  }

  /** Takes a request for proofs. */
  handle({ fields, wantReply }: GlobalRequest): void {
    if (!wantReply) return;
    const reply = this.#replies.later();
    const answer = (proofs: Uint8Array | undefined): void => {
      const success = proofs !== undefined;
      reply({ type: 'reply-global-request', success, ...(success ? { fields: proofs } : {}) });
    };
    this.#proofs(fields.slice()).then(answer, this.#options.failed);
  }

  /** The tail of the answer to hostkeys-prove-00@openssh.com; undefined when one of the keys is not ours. */
  async #proofs(fields: Uint8Array): Promise<Uint8Array | undefined> {
    const asked = this.#decode(fields);
    const writer = new Writer();
    for (const hostKey of asked ?? []) {
      const signature = await new Promise<Uint8Array | undefined>((resolve) => {
        this.#waiting.push({ hostKey, resolve });
        if (this.#waiting.length === 1) this.#options.prove(hostKey);
      });
      if (signature === undefined) return undefined;
      writer.string(signature);
    }
    return asked === undefined || asked.length === 0 ? undefined : writer.bytes();
  }

  /** The monitor's answer; undefined when there is no proof. */
  provide(signature: Uint8Array | undefined): void {
    this.#waiting.shift()?.resolve(signature);
    const [next] = this.#waiting;
    if (next !== undefined) this.#options.prove(next.hostKey);
  }

  #decode(fields: Uint8Array): readonly Uint8Array[] | undefined {
    const found: Uint8Array[] = [];
    try {
      const reader = new Reader(fields);
      while (reader.remaining > 0 && found.length < maximumKeys) {
        const blob = reader.string();
        const own = this.#keys.find((key) => equalBytes(key, blob));
        if (own === undefined) return undefined;
        found.push(own);
      }
      reader.end();
      return found;
    } catch (error) {
      if (error instanceof DecodeError) return undefined;
      throw error;
    }
  }
}

/** Whether it asks for proofs. */
export function isProofRequest(event: ServerStackEvent): event is GlobalRequest {
  return event.type === 'global-request-received' && event.request === globalRequestNames.hostKeysProve;
}

/**
 * Answers to global requests carry no number: they leave in the order of the requests, also when one of them takes its
 * time (RFC 4254 section 4).
 */
class GlobalReplies {
  readonly #perform: (reply: GlobalReply) => void;
  readonly #due: { reply: GlobalReply | undefined }[] = [];

  constructor(perform: (reply: GlobalReply) => void) {
    this.#perform = perform;
  }

  answer(reply: GlobalReply): void {
    this.#due.push({ reply });
    this.#flush();
  }

  /** Holds the place of an answer; what comes back gives it. */
  later(): (reply: GlobalReply) => void {
    const due: { reply: GlobalReply | undefined } = { reply: undefined };
    this.#due.push(due);
    return (reply) => {
      due.reply = reply;
      this.#flush();
    };
  }

  #flush(): void {
    for (let [first] = this.#due; first?.reply !== undefined; [first] = this.#due) {
      this.#due.shift();
      this.#perform(first.reply);
    }
  }
}
