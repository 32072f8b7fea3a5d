// What userauth takes from a stranger before it says no: sizes that RFC 4252 and RFC 4256 leave open. Lengths are
// checked against these before anything is kept; the packet size of the transport bounds what is left.

import { Violation } from '../failure/violation.ts';

export const userauthBounds = {
  /** UTF-16 units of a user name. */
  userLength: 1024,
  /** Of a service, method or algorithm name. RFC 4251 section 6 says 64; the names of private extensions are longer. */
  nameLength: 256,
  submethodsLength: 4096,
  /** Method names in a USERAUTH_FAILURE. */
  methods: 64,
  /** Prompts of one USERAUTH_INFO_REQUEST. */
  prompts: 100,
  /** All banners of a connection together, in UTF-16 units. */
  bannersLength: 256 * 1024,
  /** Requests a client may send ahead of the answers (RFC 4252 section 5.1), and their bytes. */
  backlogRequests: 16,
  backlogBytes: 256 * 1024,
} as const;

/** @throws Violation when a text of the peer is longer than it may be or holds a NUL */
export function boundText(what: string, text: string, length: number): string {
  if (text.length > length) throw new Violation('limit-exceeded', `${what} is too long`);
  if (text.includes('\0')) throw new Violation('message-malformed', `${what} has a NUL in it`);
  return text;
}
