// The private key of a sample (key-samples.ts), opened, for tests that sign with keys of every type. They guard
// nothing; anyone may know them.

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import { decodePrivateKeyFile } from '@sallyport/protocol/keys/formats/private-key-file';
import type { PrivateKey } from '@sallyport/protocol/keys/private-key';
import { keySamples } from './key-samples.ts';

export function samplePrivateKey(crypto: CryptoProvider, name: string): PrivateKey {
  const text = keySamples.find((sample) => sample.name === name)?.privateFile;
  const key = decodePrivateKeyFile(Buffer.from(text ?? '')).open(crypto, new Uint8Array(0));
  if (key === undefined) throw new Error(`no sample key ${name}`);
  return key;
}
