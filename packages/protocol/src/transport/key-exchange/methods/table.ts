// From a row of the table of key exchanges to what it does: one family of methods for each kind of parameters. Another
// family is another file beside this one.

import type { KeyExchangeRow } from '../../../algorithms/key-exchanges.ts';
import { ecdh } from './ecdh.ts';
import { finiteField } from './finite-field.ts';
import type { KeyExchangeMethod } from './method.ts';
import { mlkemHybrid } from './mlkem-hybrid.ts';

export function methodOf({ parameters }: KeyExchangeRow): KeyExchangeMethod {
  switch (parameters.family) {
    case 'ecdh':
      return ecdh(parameters);
    case 'mlkem-hybrid':
      return mlkemHybrid();
    case 'finite-field':
      return finiteField(parameters);
  }
}
