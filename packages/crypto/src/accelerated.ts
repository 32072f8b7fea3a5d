// A cipher or MAC that starts as our own or the runtime's and goes on as libcrypto's once that is worth it
// (libcrypto.ts). Both keep no state between packets, so the change is seen in nothing but the time.

import type { ChachaPolyCipher, DigestName, Hmac } from '@sallyport/protocol/algorithms/crypto-provider';
import type { Acceleration } from './libcrypto.ts';

/** `own` has the 64-byte key already. */
export function acceleratedChachaPoly(
  own: ChachaPolyCipher,
  key: Uint8Array,
  acceleration: Acceleration,
): ChachaPolyCipher {
  if (acceleration.isHopeless) return own;
  const current = new Replaceable(own, key);
  const carried = (bytes: number): void => {
    const native = current.canChange ? acceleration.after(bytes)?.chachaPoly(current.key) : undefined;
    if (native === undefined) return;
    current.changeTo({
      packetLength: (sequenceNumber, packet) => native.length(sequenceNumber, packet, 0),
      seal: (sequenceNumber, packet, tag) => native.seal(sequenceNumber, packet, tag),
      open: (sequenceNumber, packet, tag) => native.open(sequenceNumber, packet, tag),
      free: () => native.free(),
    });
  };
  return {
    packetLength: (sequenceNumber, packet) => current.part.packetLength(sequenceNumber, packet),
    seal: (sequenceNumber, packet, tag) => {
      carried(packet.length);
      current.part.seal(sequenceNumber, packet, tag);
    },
    open: (sequenceNumber, packet, tag) => {
      carried(packet.length);
      return current.part.open(sequenceNumber, packet, tag);
    },
    free: () => current.free(),
  };
}

interface HmacKey {
  readonly name: DigestName;
  readonly key: Uint8Array;
}

/** `own` has the key already. */
export function acceleratedHmac(own: Hmac, { name, key }: HmacKey, acceleration: Acceleration): Hmac {
  if (acceleration.isHopeless) return own;
  const { lengthBytes } = own;
  const current = new Replaceable(own, key);
  const carried = (bytes: number): void => {
    const native = current.canChange ? acceleration.after(bytes)?.hmac(name, current.key) : undefined;
    if (native === undefined) return;
    const compute = (parts: readonly Uint8Array[]): Uint8Array => {
      const tag = new Uint8Array(lengthBytes);
      native.compute(parts, tag);
      return tag;
    };
    current.changeTo({ lengthBytes, compute, free: () => native.free() });
  };
  return {
    lengthBytes,
    compute: (parts) => {
      carried(parts.reduce((bytes, part) => bytes + part.length, 0));
      return current.part.compute(parts);
    },
    free: () => current.free(),
  };
}

/** Something with a key, and a copy of the key for its successor. */
class Replaceable<Part extends { free(): void }> {
  readonly key: Uint8Array;
  part: Part;
  canChange = true;

  constructor(part: Part, key: Uint8Array) {
    this.part = part;
    this.key = key.slice();
  }

  changeTo(part: Part): void {
    this.part.free();
    this.part = part;
    this.#forgetKey();
  }

  free(): void {
    this.part.free();
    this.#forgetKey();
  }

  #forgetKey(): void {
    this.canChange = false;
    this.key.fill(0);
  }
}
