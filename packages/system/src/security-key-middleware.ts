// Middleware for FIDO authenticators: a shared library with the four functions of OpenSSH's sk-api.h, version
// 0x000a0000 (PROTOCOL.u2f). Structures are those of LP64. What the library allocates is copied and left to the
// process, which is a helper that ends soon (dynamic-library.ts); a call blocks until somebody has touched the
// token.

import { DynamicLibrary } from './dynamic-library.ts';
import { addressOf } from './libc.ts';
import type { NativeFunction } from './loader.ts';
import { bytesAt, cString, pointerIn, putPointer, stringAt } from './memory.ts';
import type {
  EnrollCall,
  EnrolledKey,
  ProviderCall,
  ResidentKey,
  SecurityKeyAlgorithm,
  SecurityKeyProvider,
  SignCall,
  TokenSignature,
} from './security-key-provider.ts';
import { ProviderError, securityKeyAlgorithms } from './security-key-provider.ts';

/** The upper half must agree; the lower half may differ. */
const apiVersion = 0x000a0000;
const majorVersion = 0xffff0000;
const wordBytes = 8;
/** Nothing that a token gives is larger; a library that says so has lost its way. */
const maximumFieldBytes = 1024 * 1024;
const maximumResidentKeys = 1024;

export class SecurityKeyMiddleware implements SecurityKeyProvider {
  readonly #library: DynamicLibrary;

  /** Loads it. @throws Error when the file is no middleware or of another version */
  constructor(path: string) {
    this.#library = new DynamicLibrary(path);
    const version = this.#library.find('sk_api_version', { result: 'uint', arguments: [] })?.();
    if (version === undefined) throw new Error(`${path} is no middleware for security keys`);
    const major = (version & majorVersion) >>> 0;
    if (major !== apiVersion) {
      throw new Error(
        `${path} has version 0x${version.toString(16).padStart(8, '0')} of the interface, not 0x000a0000`,
      );
    }
  }

  /** Makes a key; blocks for a touch. @throws ProviderError */
  enroll({ algorithm, challenge, application, flags, pin, device, user }: EnrollCall): EnrolledKey {
    const enroll = this.#find('sk_enroll', [
      ...(['uint', 'pointer', 'size', 'pointer', 'uint', 'pointer', 'pointer', 'pointer'] as const),
    ]);
    const response = Buffer.alloc(wordBytes);
    const list = new OptionList({ device, user });
    const number = securityKeyAlgorithms[algorithm];
    const text = cString(application);
    const secret = pinString(pin);
    const failure = enroll(number, challenge, challenge.length, text, flags, secret, list.argument, response);
    list.release();
    secret?.fill(0);
    if (failure !== 0) throw new ProviderError(failure, `sk_enroll failed: ${failure}`);
    return enrolledAt(pointerIn(response, 0));
  }

  /** Signs the SHA-256 of the data with what the token adds; blocks for a touch. @throws ProviderError */
  sign({ algorithm, data, application, keyHandle, flags, pin, device }: SignCall): TokenSignature {
    const sign = this.#find('sk_sign', [
      ...(['uint', 'pointer', 'size', 'pointer', 'pointer', 'size', 'uint', 'pointer', 'pointer', 'pointer'] as const),
    ]);
    const response = Buffer.alloc(wordBytes);
    const list = new OptionList({ device });
    const secret = pinString(pin);
    const failure = sign(
      securityKeyAlgorithms[algorithm],
      ...[data, data.length, cString(application), keyHandle, keyHandle.length],
      ...[flags, secret, list.argument, response],
    );
    list.release();
    secret?.fill(0);
    if (failure !== 0) throw new ProviderError(failure, `sk_sign failed: ${failure}`);
    const signed = bytesAt(pointerIn(response, 0), 5 * wordBytes);
    return {
      flags: signed.readUInt8(0),
      counter: signed.readUInt32LE(4),
      r: fieldAt(signed, wordBytes),
      s: fieldAt(signed, 3 * wordBytes),
    };
  }

  /** The keys that the token keeps itself. @throws ProviderError */
  residentKeys({ pin, device }: ProviderCall): ResidentKey[] {
    const load = this.#find('sk_load_resident_keys', ['pointer', 'pointer', 'pointer', 'pointer']);
    const response = Buffer.alloc(wordBytes);
    const count = Buffer.alloc(wordBytes);
    const secret = pinString(pin);
    const list = new OptionList({ device });
    const failure = load(secret, list.argument, response, count);
    list.release();
    secret?.fill(0);
    if (failure !== 0) throw new ProviderError(failure, `sk_load_resident_keys failed: ${failure}`);
    const found = Number(count.readBigUInt64LE());
    if (found > maximumResidentKeys) throw new Error(`the token has ${found} keys`);
    const pointers = bytesAt(pointerIn(response, 0), found * wordBytes);
    return Array.from({ length: found }, (_, index) => residentAt(pointerIn(pointers, index * wordBytes)));
  }

  #find(name: string, types: readonly ('uint' | 'pointer' | 'size')[]): NativeFunction {
    const found = this.#library.find(name, { result: 'int', arguments: types });
    if (found === undefined) throw new Error(`the middleware has no ${name}`);
    return found;
  }
}

function pinString(pin: string): Buffer | null {
  return pin === '' ? null : cString(pin);
}

/**
 * struct sk_option: name, value, and whether a library that does not know it must refuse, which OpenSSH never says;
 * pointers to them, ended by null. What is empty is no option.
 */
class OptionList {
  /** Null for no options. */
  readonly argument: Buffer | null;
  /** What the pointers point to. */
  readonly #held: Buffer[];

  constructor(given: Readonly<Record<string, string>>) {
    const options = Object.entries(given).filter(([, value]) => value !== '');
    const held: Buffer[] = [];
    const keep = (buffer: Buffer): number => {
      held.push(buffer);
      return addressOf(buffer);
    };
    const pointers = Buffer.alloc((options.length + 1) * wordBytes);
    for (const [index, [name, value]] of options.entries()) {
      const structure = Buffer.alloc(3 * wordBytes);
      putPointer(structure, 0, keep(cString(name)));
      putPointer(structure, wordBytes, keep(cString(value)));
      putPointer(pointers, index * wordBytes, keep(structure));
    }
    this.#held = held;
    this.argument = options.length === 0 ? null : pointers;
  }

  /** To be called after the call, which needs all of it until then. */
  release(): void {
    this.#held.length = 0;
  }
}

/** struct sk_enroll_response: flags, then five pairs of pointer and length. */
const enrolledBytes = 11 * wordBytes;

function enrolledAt(address: number): EnrolledKey {
  const structure = bytesAt(address, enrolledBytes);
  const field = (index: number): Uint8Array => fieldAt(structure, (1 + 2 * index) * wordBytes);
  return {
    flags: structure.readUInt8(0),
    publicKey: field(0),
    keyHandle: field(1),
    signature: field(2),
    attestationCertificate: field(3),
    authenticatorData: field(4),
  };
}

/** struct sk_resident_key: algorithm, slot, application, the key, flags, and the user's id. */
function residentAt(address: number): ResidentKey {
  const structure = bytesAt(address, 3 * wordBytes + enrolledBytes + 3 * wordBytes);
  const number = structure.readUInt32LE(0);
  const names = Object.keys(securityKeyAlgorithms) as SecurityKeyAlgorithm[];
  const behindKey = 3 * wordBytes + enrolledBytes;
  return {
    algorithm: names.find((name) => securityKeyAlgorithms[name] === number),
    application: stringAt(pointerIn(structure, 2 * wordBytes)),
    key: enrolledAt(address + 3 * wordBytes),
    flags: structure.readUInt8(behindKey),
    userId: fieldAt(structure, behindKey + wordBytes),
  };
}

/** A pointer and a length; nothing for null. */
function fieldAt(structure: Buffer, at: number): Uint8Array {
  const address = pointerIn(structure, at);
  const length = Number(structure.readBigUInt64LE(at + wordBytes));
  if (address === 0) return new Uint8Array();
  if (length > maximumFieldBytes) throw new Error(`the middleware gives ${length} bytes`);
  return Uint8Array.from(bytesAt(address, length));
}
