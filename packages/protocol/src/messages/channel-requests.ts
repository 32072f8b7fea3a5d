// Tails of CHANNEL_REQUEST by type: RFC 4254 section 6, RFC 4335 section 3 (break), PROTOCOL section 2.
// The head that they share is in connection.ts.

import { boolean, bytes, text, uint32 } from '../codec/fields.ts';
import { struct, type ValueOf } from '../codec/struct.ts';

export const ptyRequestFields = struct({
  term: text,
  columns: uint32,
  rows: uint32,
  widthPixels: uint32,
  heightPixels: uint32,
  /** RFC 4254 section 8: pairs of opcode and argument, ended by 0. */
  modes: bytes,
});
/** Environment values are bytes: they need not be UTF-8. */
export const envFields = struct({ name: bytes, value: bytes });
export const shellFields = struct({});
export const execFields = struct({ command: bytes });
export const subsystemFields = struct({ name: text });
export const windowChangeFields = struct({ columns: uint32, rows: uint32, widthPixels: uint32, heightPixels: uint32 });
export const signalFields = struct({ name: text });
export const breakFields = struct({ lengthMs: uint32 });
export const exitStatusFields = struct({ status: uint32 });
export const exitSignalFields = struct({ name: text, coreDumped: boolean, description: text, language: text });

export type PtyRequest = ValueOf<typeof ptyRequestFields>;
export type WindowSize = ValueOf<typeof windowChangeFields>;
