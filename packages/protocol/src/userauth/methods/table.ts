// The authentication methods of this suite (RFC 4252, RFC 4256): one row each. A new method is a row here, its kind of
// attempt and its kind of request in events.ts.

import type { UserauthAttempt } from '../events.ts';
import { hostbased } from './hostbased.ts';
import { keyboardInteractive } from './keyboard-interactive.ts';
import type { ClientMethod, UserauthMethod } from './method.ts';
import { none } from './none.ts';
import { password } from './password.ts';
import { publickey } from './publickey.ts';

export type MethodRow = Pick<UserauthMethod, 'name' | 'wireNames' | 'server'>;

const methods: {
  readonly [Name in UserauthAttempt['method']]: UserauthMethod<Name>;
} = { none, publickey, hostbased, password, 'keyboard-interactive': keyboardInteractive };

const rowsByWireName: ReadonlyMap<string, MethodRow> = new Map(
  Object.values(methods).flatMap((row: MethodRow) =>
    (row.wireNames ?? [row.name]).map((wireName) => [wireName, row] as const),
  ),
);

/** The client half that plays an attempt. */
export function clientMethodOf<Attempt extends UserauthAttempt>(attempt: Attempt): ClientMethod<Attempt> {
  // The compiler does not relate the key and the value of one property: the table's type has made sure of it.
  return methods[attempt.method].client as unknown as ClientMethod<Attempt>;
}

/** The row of a method's name on the wire. */
export function methodByWireName(name: string): MethodRow | undefined {
  return rowsByWireName.get(name);
}
