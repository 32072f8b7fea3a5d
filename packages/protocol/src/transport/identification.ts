// The identification lines (RFC 4253 section 4.2): ours is checked, the peer's is read with the limits that OpenSSH
// keeps. A server may send other lines before its own; a client may not.

import type { Role } from '../algorithms/roles.ts';
import { type Failure, failure } from '../failure/failure.ts';
import { utf8Decode, utf8Encode } from '../wire/utf8.ts';
import type { InputBuffer } from './input-buffer.ts';
import { maximumLineBytes, maximumLinesBefore, maximumOwnIdentificationBytes } from './limits.ts';

const newline = 0x0a;
const carriageReturn = 0x0d;

/** `line` is without CR LF and is part of the exchange hash; `before` are the lines that came before it. */
export interface PeerIdentification {
  readonly line: Uint8Array;
  readonly text: string;
  /** What follows the protocol version: `OpenSSH_10.5`. */
  readonly software: string;
  readonly before: readonly string[];
}

/** `reply` is what a server says in plain text before it closes, as OpenSSH does. */
export interface IdentificationRefusal {
  readonly failed: Failure;
  readonly reply: Uint8Array;
}

/** What follows our line. */
export const lineEnd = new Uint8Array([carriageReturn, newline]);

const invalidReply = 'Invalid SSH identification string.\r\n';
const versionReply = 'Protocol major versions differ.\r\n';

/** Our line without CR LF. @throws RangeError when it is too long or not `SSH-2.0-` and printable ASCII */
export function identificationLine(text: string): Uint8Array {
  if (!/^SSH-2\.0-[\x21-\x7e]+(?: [\x20-\x7e]*)?$/.test(text))
    throw new RangeError('identification is not well formed');
  if (text.length + 2 > maximumOwnIdentificationBytes) throw new RangeError('identification is too long');
  return utf8Encode(text);
}

/** Reads lines from the input until the peer's identification is found. */
export class IdentificationReader {
  readonly #role: Role;
  readonly #before: string[] = [];
  #scanned = 0;

  /** `role` is ours. */
  constructor(role: Role) {
    this.#role = role;
  }

  /** undefined while the line is not complete. */
  read(input: InputBuffer): PeerIdentification | IdentificationRefusal | undefined {
    for (;;) {
      const end = input.indexOf(newline, this.#scanned);
      const seen = end < 0 ? input.length : end;
      if (seen > maximumLineBytes) return this.#refuse(failure('identification-too-long'));
      if (lineIsBroken(input.view(0, seen))) return this.#refuse(failure('identification-invalid'));
      if (end < 0) {
        this.#scanned = seen;
        return undefined;
      }
      const bytes = input.view(0, end);
      const line = bytes[end - 1] === carriageReturn ? bytes.slice(0, end - 1) : bytes.slice();
      input.consume(end + 1);
      this.#scanned = 0;
      const text = utf8Decode(line);
      if (text.startsWith('SSH-')) return this.#parse(line, text);
      if (this.#role === 'server') return this.#refuse(failure('identification-invalid'));
      if (this.#before.push(text) > maximumLinesBefore) return this.#refuse(failure('identification-too-long'));
    }
  }

  #parse(line: Uint8Array, text: string): PeerIdentification | IdentificationRefusal {
    const [, major, minor, software] = /^SSH-(\d{1,9})\.(\d{1,9})-(.+)$/s.exec(text) ?? [];
    if (software === undefined) return this.#refuse(failure('identification-invalid'));
    const versionFits = Number(major) === 2 || (Number(major) === 1 && Number(minor) === 99);
    if (versionFits) return { line, text, software, before: this.#before };
    const details = { identification: text };
    return this.#refuse(failure('protocol-version-unsupported', undefined, details), versionReply);
  }

  #refuse(failed: Failure, reply = invalidReply): IdentificationRefusal {
    return { failed, reply: utf8Encode(this.#role === 'server' ? reply : '') };
  }
}

// NUL anywhere, or a CR that is not the last character before LF.
function lineIsBroken(line: Uint8Array): boolean {
  const at = line.indexOf(carriageReturn);
  return line.includes(0) || (at >= 0 && at < line.length - 1);
}
