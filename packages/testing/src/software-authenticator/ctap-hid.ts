// Reports of CTAPHID (CTAP 2.1 section 11.2), the authenticator's side: requests are put together from reports of 64
// bytes behind a zero, as hidraw(4) has them, answers are cut into such reports. Nothing is timed or answered here.

const reportBytes = 64;
const writtenBytes = 65;
const initHeaderBytes = 7;
const continuationHeaderBytes = 5;

export const hidCommands = { init: 0x06, cbor: 0x10, cancel: 0x11, keepAlive: 0x3b, error: 0x3f } as const;
export const broadcastChannel = 0xffffffff;

export interface HidMessage {
  readonly channel: number;
  readonly command: number;
  readonly payload: Buffer;
}

export class HidReader {
  #bytes = Buffer.alloc(0);
  #started: { readonly channel: number; readonly command: number; readonly length: number } | undefined;
  #parts: Buffer[] = [];

  /** The messages that these bytes end. */
  receive(chunk: Buffer): HidMessage[] {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    const messages: HidMessage[] = [];
    while (this.#bytes.length >= writtenBytes) {
      const message = this.#read(this.#bytes.subarray(1, writtenBytes));
      this.#bytes = this.#bytes.subarray(writtenBytes);
      if (message !== undefined) messages.push(message);
    }
    return messages;
  }

  #read(report: Buffer): HidMessage | undefined {
    const kind = report.readUInt8(4);
    if (kind >= 0x80) {
      this.#started = { channel: report.readUInt32BE(0), command: kind & 0x7f, length: report.readUInt16BE(5) };
      this.#parts = [Buffer.from(report.subarray(initHeaderBytes))];
    } else this.#parts.push(Buffer.from(report.subarray(continuationHeaderBytes)));
    const payload = Buffer.concat(this.#parts);
    if (this.#started === undefined || payload.length < this.#started.length) return undefined;
    const { channel, command, length } = this.#started;
    this.#started = undefined;
    return { channel, command, payload: payload.subarray(0, length) };
  }
}

/** The reports of a message. `length` lies about how long it is. */
export function hidReports({ channel, command, payload }: HidMessage, length = payload.length): Buffer[] {
  const first = Buffer.alloc(reportBytes);
  first.writeUInt32BE(channel, 0);
  first.writeUInt8(0x80 | command, 4);
  first.writeUInt16BE(length, 5);
  const reports = [first];
  for (let at = payload.copy(first, initHeaderBytes); at < payload.length; ) {
    const next = Buffer.alloc(reportBytes);
    next.writeUInt32BE(channel, 0);
    next.writeUInt8(reports.length - 1, 4);
    at += payload.copy(next, continuationHeaderBytes, at);
    reports.push(next);
  }
  return reports;
}
