// ML-DSA-44 (FIPS 204) by the runtime, where it takes a context: Node from 24.8 on. Seeds and public keys are wrapped
// as RFC 9881 has them. The declarations of Node 20 know nothing of contexts.

import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { hexDecode } from '@sallyport/protocol/wire/base64';
import { concatBytes } from '@sallyport/protocol/wire/bytes';
import type { MlDsa44 } from './ml-dsa.ts';
import { plainBytes } from './platform-bytes.ts';

/** PrivateKeyInfo with a seed alone, and SubjectPublicKeyInfo, up to the bytes. */
const privateHead = hexDecode('3034020100300b060960864801650304031104228020');
const publicHead = hexDecode('30820532300b06096086480165030403110382052100');

interface KeyWithContext {
  readonly key: KeyObject;
  readonly context: Uint8Array;
}

const withContext = (key: KeyWithContext): KeyObject => key as unknown as KeyObject;

const runtime: MlDsa44 = {
  keyPair: (seed) => {
    const der = concatBytes(privateHead, seed);
    let key: KeyObject | undefined = importKey(createPrivateKey, der, 'pkcs8');
    der.fill(0);
    const info = createPublicKey(key).export({ format: 'der', type: 'spki' });
    return {
      publicKey: Uint8Array.from(info.subarray(publicHead.length)),
      sign: (message, context) => {
        if (key === undefined) throw new Error('signing key was freed');
        return plainBytes(sign(null, message, withContext({ key, context })));
      },
      free: () => {
        key = undefined;
      },
    };
  },
  verify: (publicKey, { message, context, signature }) => {
    const key = importKey(createPublicKey, concatBytes(publicHead, publicKey), 'spki');
    return verify(null, message, withContext({ key, context }), signature);
  },
};

function importKey(
  create: (input: { key: never; format: 'der'; type: never }) => KeyObject,
  der: Uint8Array,
  type: 'pkcs8' | 'spki',
): KeyObject {
  return create({ key: der as never, format: 'der', type: type as never });
}

/** undefined where there is none, it takes no context, or it takes one and heeds it not. */
export function runtimeMlDsa44(): MlDsa44 | undefined {
  const [seed, message, context] = [new Uint8Array(32), Uint8Array.of(1), Uint8Array.of(2)];
  try {
    const key = runtime.keyPair(seed);
    const signature = key.sign(message, context);
    const isRight = runtime.verify(key.publicKey, { message, context, signature });
    const isLax = runtime.verify(key.publicKey, { message, context: message, signature });
    return isRight && !isLax ? runtime : undefined;
  } catch {
    return undefined;
  }
}
