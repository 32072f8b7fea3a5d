// What can go wrong, as data. A failure ends a connection, a channel or a request; engines put it in an event, the
// library wraps it in an SshError. Texts for people are made from it by the programs; `description` is what DISCONNECT
// carries.

import type { FailureCode, FailureRow } from './catalogue.ts';
import { failureCatalogue } from './catalogue.ts';
import type { DisconnectReason } from './disconnect.ts';

export interface Failure {
  readonly code: FailureCode;
  /** One sentence without a full stop, free of secrets and of unescaped peer text. */
  readonly description: string;
  /** For `incompatible`: what each side offered; for others what helps to act. Names in camelCase. */
  readonly details?: Readonly<Record<string, string | number | readonly string[]>>;
}

export function failure(code: FailureCode, description?: string, details?: Failure['details']): Failure {
  const text = description ?? failureCatalogue[code].description;
  return details === undefined ? { code, description: text } : { code, description: text, details };
}

/** The reason to put into DISCONNECT; undefined when none is sent. */
export function disconnectReasonOf(value: Failure): DisconnectReason | undefined {
  const row: FailureRow = failureCatalogue[value.code];
  return row.disconnectReason;
}
