// What the program sftp-server and the account process of our sshd say to each other when the one leaves its session to
// the other (decision record 0023), on a socket that the program inherits. Frames, with a limit for each.

import { bytes, rest, text, uint32 } from '@sallyport/protocol/codec/fields';
import type { FrameTableRow } from '@sallyport/protocol/codec/frame-table';
import { struct } from '@sallyport/protocol/codec/struct';
import { maximumPacketBytes } from '@sallyport/protocol/sftp/packets';

/**
 * Who is at the other end of the inherited socket, and the identities (fileIdentity) of that and of what the client's
 * bytes come and go by: a program between could watch, change or keep them. sshd sets it, and takes it from nobody.
 */
export const delegationVariable = 'SALLYPORT_SFTP_DELEGATION';
/** A shell leaves it as it is, and scripts rarely use the number; what they then have there is another file. */
export const delegationDescriptor = 9;

/** A pipe holds no more, and sshd writes no more into it. */
const largestInputBytes = 1024 * 1024;

/** A packet, of which each byte is shown as four characters, and what is around the names. */
const largestLineBytes = 4 * maximumPacketBytes + 1024;

/** From sftp-server. */
export const delegationOffers = {
  /** Its arguments with NUL between them, and what of the process counts beside them. */
  offer: {
    number: 1,
    fields: struct({
      argv: text,
      folder: bytes,
      umask: uint32,
      maximumHandles: uint32,
      standing: text,
    }),
    limitBytes: 256 * 1024,
  },
  /** After `accepted`: what had come on its standard input. */
  input: { number: 2, fields: struct({ data: rest }), limitBytes: largestInputBytes },
} satisfies Readonly<Record<string, FrameTableRow>>;

/** From sshd, which closes the socket instead when it does not want the session. */
export const delegationAnswers = {
  accepted: { number: 1, fields: struct({}), limitBytes: 0 },
  /** A line for the program's log, which may hold a packet full of names. */
  line: { number: 2, fields: struct({ level: text, text }), limitBytes: largestLineBytes },
  /** The session is over: the program exits with that status. */
  end: { number: 3, fields: struct({ status: uint32 }), limitBytes: 4 },
} satisfies Readonly<Record<string, FrameTableRow>>;
