// Middleware for FIDO authenticators: a shared library with the four functions of OpenSSH's sk-api.h, version
// 0x000a0000 (PROTOCOL.u2f). Structures are those of LP64. What the library allocates is copied and left to the
// process, which is a helper that ends soon (dynamic-library.ts); a call blocks until somebody has touched the
// token.

import { DynamicLibrary } from './dynamic-library.ts';
import { addressOf } from './libc.ts';
import type { NativeFunction } from './loader.ts';
import { bytesAt, cString, pointerIn, putPointer, stringAt } from './memory.ts';

/** The upper half must agree; the lower half may differ. */
const apiVersion = 0x000a0000;
const majorVersion = 0xffff0000;
/** Numbers that a function answers with when it fails. */
export const middlewareFailures = { general: -1, unsupported: -2, pinRequired: -3, noDevice: -4, exists: -5 } as const;
/** Of `alg`. */
export const middlewareAlgorithms = { ecdsa: 0, ed25519: 1 } as const;
export type MiddlewareAlgorithm = keyof typeof middlewareAlgorithms;

const wordBytes = 8;
/** Nothing that a token gives is larger; a library that says so has lost its way. */
const maximumFieldBytes = 1024 * 1024;
const maximumResidentKeys = 1024;

export interface MiddlewareOption {
  readonly name: string;
  readonly value: string;
  /** A library that does not know it must refuse. */
  readonly required: boolean;
}

interface MiddlewareCall {
  /** Empty: none. */
  readonly pin: string;
  readonly options: readonly MiddlewareOption[];
}

export interface EnrollCall extends MiddlewareCall {
  readonly algorithm: MiddlewareAlgorithm;
  readonly challenge: Uint8Array;
  readonly application: string;
  readonly flags: number;
}

export interface EnrolledKey {
  readonly flags: number;
  /** Ed25519: 32 bytes; ECDSA: an uncompressed point. */
  readonly publicKey: Uint8Array;
  readonly keyHandle: Uint8Array;
  readonly signature: Uint8Array;
  readonly attestationCertificate: Uint8Array;
  readonly authenticatorData: Uint8Array;
}

export interface SignCall extends MiddlewareCall {
  readonly algorithm: MiddlewareAlgorithm;
  readonly data: Uint8Array;
  readonly application: string;
  readonly keyHandle: Uint8Array;
  readonly flags: number;
}

export interface TokenSignature {
  readonly flags: number;
  readonly counter: number;
  /** Ed25519: the signature, and an empty `s`; ECDSA: two numbers. */
  readonly r: Uint8Array;
  readonly s: Uint8Array;
}

export interface ResidentKey {
  readonly algorithm: MiddlewareAlgorithm | undefined;
  readonly application: string;
  readonly flags: number;
  readonly userId: Uint8Array;
  readonly key: EnrolledKey;
}

/** The library said no. */
export class MiddlewareError extends Error {
  override readonly name = 'MiddlewareError';
  readonly failure: number;

  constructor(what: string, failure: number) {
    super(`${what} failed: ${failure}`);
    this.failure = failure;
  }
}

export class SecurityKeyMiddleware {
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

  /** Makes a key; blocks for a touch. @throws MiddlewareError */
  enroll({ algorithm, challenge, application, flags, pin, options }: EnrollCall): EnrolledKey {
    const enroll = this.#find('sk_enroll', [
      ...(['uint', 'pointer', 'size', 'pointer', 'uint', 'pointer', 'pointer', 'pointer'] as const),
    ]);
    const response = Buffer.alloc(wordBytes);
    const list = new OptionList(options);
    const number = middlewareAlgorithms[algorithm];
    const text = cString(application);
    const secret = pinString(pin);
    const failure = enroll(number, challenge, challenge.length, text, flags, secret, list.argument, response);
    list.release();
    secret?.fill(0);
    if (failure !== 0) throw new MiddlewareError('sk_enroll', failure);
    return enrolledAt(pointerIn(response, 0));
  }

  /** Signs the SHA-256 of the data with what the token adds; blocks for a touch. @throws MiddlewareError */
  sign({ algorithm, data, application, keyHandle, flags, pin, options }: SignCall): TokenSignature {
    const sign = this.#find('sk_sign', [
      ...(['uint', 'pointer', 'size', 'pointer', 'pointer', 'size', 'uint', 'pointer', 'pointer', 'pointer'] as const),
    ]);
    const response = Buffer.alloc(wordBytes);
    const list = new OptionList(options);
    const secret = pinString(pin);
    const failure = sign(
      middlewareAlgorithms[algorithm],
      ...[data, data.length, cString(application), keyHandle, keyHandle.length],
      ...[flags, secret, list.argument, response],
    );
    list.release();
    secret?.fill(0);
    if (failure !== 0) throw new MiddlewareError('sk_sign', failure);
    const signed = bytesAt(pointerIn(response, 0), 5 * wordBytes);
    return {
      flags: signed.readUInt8(0),
      counter: signed.readUInt32LE(4),
      r: fieldAt(signed, wordBytes),
      s: fieldAt(signed, 3 * wordBytes),
    };
  }

  /** The keys that the token keeps itself. @throws MiddlewareError */
  residentKeys({ pin, options }: MiddlewareCall): ResidentKey[] {
    const load = this.#find('sk_load_resident_keys', ['pointer', 'pointer', 'pointer', 'pointer']);
    const response = Buffer.alloc(wordBytes);
    const count = Buffer.alloc(wordBytes);
    const secret = pinString(pin);
    const list = new OptionList(options);
    const failure = load(secret, list.argument, response, count);
    list.release();
    secret?.fill(0);
    if (failure !== 0) throw new MiddlewareError('sk_load_resident_keys', failure);
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

/** struct sk_option: name, value, and whether it is required; pointers to them, ended by null. */
class OptionList {
  /** Null for no options. */
  readonly argument: Buffer | null;
  /** What the pointers point to. */
  readonly #held: Buffer[];

  constructor(options: readonly MiddlewareOption[]) {
    const held: Buffer[] = [];
    const keep = (buffer: Buffer): number => {
      held.push(buffer);
      return addressOf(buffer);
    };
    const pointers = Buffer.alloc((options.length + 1) * wordBytes);
    for (const [index, { name, value, required }] of options.entries()) {
      const structure = Buffer.alloc(3 * wordBytes);
      putPointer(structure, 0, keep(cString(name)));
      putPointer(structure, wordBytes, keep(cString(value)));
      structure.writeUInt8(required ? 1 : 0, 2 * wordBytes);
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
  const names = Object.keys(middlewareAlgorithms) as MiddlewareAlgorithm[];
  const behindKey = 3 * wordBytes + enrolledBytes;
  return {
    algorithm: names.find((name) => middlewareAlgorithms[name] === number),
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
