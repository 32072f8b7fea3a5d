// Diffie-Hellman modulo the 2048-bit prime of RFC 3526 section 3 (RFC 4253 section 8, RFC 8268). Exponents have 512
// bits, twice the strength that any cipher of the table needs, and are used once.

import type { CryptoProvider } from '../../../algorithms/crypto-provider.ts';
import type { KeyExchangeParameters } from '../../../algorithms/key-exchanges.ts';
import { hexDecode } from '../../../wire/base64.ts';
import { bigintFromBytes, mpintBody, mpintMagnitude } from '../../../wire/mpint.ts';
import { type KeyExchangeMethod, mpintSecret } from './method.ts';

type FiniteFieldParameters = Extract<KeyExchangeParameters, { readonly family: 'finite-field' }>;

const exponentBytes = 64;

const groups = {
  group14: {
    generator: new Uint8Array([2]),
    modulus: hexDecode(
      [
        'ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74',
        '020bbea63b139b22514a08798e3404ddef9519b3cd3a431b302b0a6df25f1437',
        '4fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed',
        'ee386bfb5a899fa5ae9f24117c4b1fe649286651ece45b3dc2007cb8a163bf05',
        '98da48361c55d39a69163fa8fd24cf5f83655d23dca3ad961c62f356208552bb',
        '9ed529077096966d670c354e4abc9804f1746c08ca18217c32905e462e36ce3b',
        'e39e772c180e86039b2783a2ec07a28fb5c55df06f4c52c9de2bcbf695581718',
        '3995497cea956ae515d2261898fa051015728e5a8aacaa68ffffffffffffffff',
      ].join(''),
    ),
  },
} as const satisfies Readonly<Record<FiniteFieldParameters['group'], Group>>;

interface Group {
  readonly generator: Uint8Array;
  readonly modulus: Uint8Array;
}

interface OwnPart {
  readonly group: Group;
  readonly exponent: Uint8Array;
  readonly value: Uint8Array;
}

function begin(crypto: CryptoProvider, group: Group): OwnPart {
  const exponent = crypto.random(new Uint8Array(exponentBytes));
  exponent[0] = (exponent[0] as number) | 0x80;
  return { group, exponent, value: mpintBody(crypto.modExp(group.generator, exponent, group.modulus)) };
}

// RFC 4253 section 8 wants 1 to p-1; 1 and p-1 themselves give a secret that anyone knows, so they are refused, too.
function agree(crypto: CryptoProvider, { group, exponent }: OwnPart, peerValue: Uint8Array): Uint8Array | undefined {
  const magnitude = mpintMagnitude(peerValue);
  if (magnitude.length > group.modulus.length) return undefined;
  const value = bigintFromBytes(magnitude);
  if (value <= 1n || value >= bigintFromBytes(group.modulus) - 1n) return undefined;
  return mpintSecret(crypto.modExp(magnitude, exponent, group.modulus));
}

export function finiteField({ group: name }: FiniteFieldParameters): KeyExchangeMethod {
  const group = groups[name];
  return {
    offer(crypto) {
      const own = begin(crypto, group);
      return {
        value: own.value,
        agree: (serverValue) => agree(crypto, own, serverValue),
        free: () => own.exponent.fill(0),
      };
    },
    respond(crypto, clientValue) {
      const own = begin(crypto, group);
      const secret = agree(crypto, own, clientValue);
      own.exponent.fill(0);
      return secret && { value: own.value, secret };
    },
  };
}
