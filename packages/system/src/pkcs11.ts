// A PKCS#11 module: its tokens, the objects on them and signatures by their keys (OASIS PKCS #11, section 5). All
// numbers in structures are 64-bit words. For helper processes only: the module's code runs here (dynamic-
// library.ts).

import { DynamicLibrary } from './dynamic-library.ts';
import { addressOf, functionAt } from './libc.ts';
import type { CValue, NativeFunction } from './loader.ts';
import { bytesAt, pointerIn, putPointer } from './memory.ts';
import type { AttributeName, TokenFunctionName } from './pkcs11-names.ts';
import { attributeTypes, osLockingOk, returnValues, serialSession, tokenFunctions } from './pkcs11-names.ts';

const wordBytes = 8;
/** CK_TOKEN_INFO: label 32, manufacturer 32, model 16, serial number 16, then the flags as a word. */
const tokenInfoBytes = 256;
const tokenLabelBytes = 32;
const tokenFlagsAt = 96;
/** CK_C_INITIALIZE_ARGS: four callbacks, the flags, a reserved pointer. */
const initializeBytes = 6 * wordBytes;
const initializeFlagsAt = 4 * wordBytes;
const attributeBytes = 3 * wordBytes;
const unavailable = 0xffffffffffffffffn;
const maximumSlots = 128;
const maximumObjects = 4096;
/** No attribute that we read is larger: a certificate, or the modulus of 16384 bits. */
const maximumAttributeBytes = 64 * 1024;
const objectsAtOnce = 32;
const maximumSignatureBytes = 4096;

/** A function of the module said no. */
export class TokenError extends Error {
  override readonly name = 'TokenError';
  readonly returnValue: number;

  constructor(what: string, returnValue: number) {
    super(`${what} failed: ${returnValue}`);
    this.returnValue = returnValue;
  }
}

export interface TokenSlot {
  readonly slot: number;
  readonly label: string;
  readonly flags: number;
}

/** What an object must have to be found. */
export type Template = readonly (readonly [AttributeName, Uint8Array | number])[];

export class Pkcs11Module {
  readonly #functions = new Map<TokenFunctionName, NativeFunction>();
  readonly #list: Buffer;

  /** Loads and initialises it. @throws Error when the file is no module, TokenError when it does not start */
  constructor(path: string) {
    const getList = new DynamicLibrary(path).find('C_GetFunctionList', { result: 'size', arguments: ['pointer'] });
    if (getList === undefined) throw new Error(`${path} is no PKCS#11 module`);
    const pointer = Buffer.alloc(wordBytes);
    const answer = getList(pointer);
    if (answer !== returnValues.ok || pointerIn(pointer, 0) === 0) throw new TokenError('C_GetFunctionList', answer);
    const last = Math.max(...Object.values(tokenFunctions).map(({ place }) => place));
    this.#list = bytesAt(pointerIn(pointer, 0), (last + 2) * wordBytes);
    const initialize = Buffer.alloc(initializeBytes);
    initialize.writeBigUInt64LE(BigInt(osLockingOk), initializeFlagsAt);
    this.#call('C_Initialize', [initialize], [returnValues.alreadyInitialized]);
  }

  /** The slots that hold a token. @throws TokenError */
  tokens(): TokenSlot[] {
    const list = Buffer.alloc(maximumSlots * wordBytes);
    const count = wordOf(maximumSlots);
    this.#call('C_GetSlotList', [1, list, count]);
    const slots = Array.from({ length: wordIn(count, 0) }, (_, index) => wordIn(list, index * wordBytes));
    return slots.map((slot) => {
      const info = Buffer.alloc(tokenInfoBytes);
      this.#call('C_GetTokenInfo', [slot, info]);
      const label = info.toString('utf8', 0, tokenLabelBytes).trimEnd();
      return { slot, label, flags: wordIn(info, tokenFlagsAt) };
    });
  }

  /** @throws TokenError */
  openSession(slot: number): number {
    const session = Buffer.alloc(wordBytes);
    this.#call('C_OpenSession', [slot, serialSession, null, null, session]);
    return wordIn(session, 0);
  }

  /** @throws TokenError with the reason: a wrong PIN, a locked one */
  logIn(session: number, userType: number, pin: Uint8Array | undefined): void {
    const allowed = [returnValues.userAlreadyLoggedIn];
    this.#call('C_Login', [session, userType, pin ?? null, pin?.length ?? 0], allowed);
  }

  /** Handles of objects, at most 4096. @throws TokenError */
  findObjects(session: number, template: Template): number[] {
    const values = template.map(([, value]) => (typeof value === 'number' ? wordOf(value) : Buffer.from(value)));
    const attributes = attributeArray(template.map(([name]) => name));
    for (const [index, value] of values.entries()) pointAt(attributes, index, value);
    this.#call('C_FindObjectsInit', [session, attributes, template.length]);
    const found: number[] = [];
    try {
      const handles = Buffer.alloc(objectsAtOnce * wordBytes);
      const count = Buffer.alloc(wordBytes);
      while (found.length < maximumObjects) {
        this.#call('C_FindObjects', [session, handles, objectsAtOnce, count]);
        if (wordIn(count, 0) === 0) break;
        for (let index = 0; index < wordIn(count, 0); index++) found.push(wordIn(handles, index * wordBytes));
      }
    } finally {
      this.#call('C_FindObjectsFinal', [session]);
    }
    // The values must be there until the module has read them.
    values.length = 0;
    return found;
  }

  /** The value of an attribute; undefined when the object does not have or tell it. @throws TokenError */
  attribute(session: number, object: number, name: AttributeName): Uint8Array | undefined {
    const attributes = attributeArray([name]);
    const absent = [returnValues.attributeTypeInvalid, returnValues.attributeSensitive];
    const answer = this.#call('C_GetAttributeValue', [session, object, attributes, 1], absent);
    const length = attributes.readBigUInt64LE(2 * wordBytes);
    if (answer !== returnValues.ok || length === unavailable || length > maximumAttributeBytes) return undefined;
    const value = Buffer.alloc(Number(length));
    if (value.length === 0) return value;
    pointAt(attributes, 0, value);
    this.#call('C_GetAttributeValue', [session, object, attributes, 1]);
    return Uint8Array.from(value.subarray(0, Number(attributes.readBigUInt64LE(2 * wordBytes))));
  }

  /** Begins a signature; `sign` ends it. @throws TokenError */
  beginSignature(session: number, key: number, mechanism: number): void {
    const parameter = Buffer.alloc(3 * wordBytes);
    parameter.writeBigUInt64LE(BigInt(mechanism), 0);
    this.#call('C_SignInit', [session, parameter, key]);
  }

  /** @throws TokenError */
  sign(session: number, data: Uint8Array): Uint8Array {
    const signature = Buffer.alloc(maximumSignatureBytes);
    const length = wordOf(signature.length);
    this.#call('C_Sign', [session, data, data.length, signature, length]);
    return Uint8Array.from(signature.subarray(0, wordIn(length, 0)));
  }

  closeSession(session: number): void {
    this.#call('C_CloseSession', [session]);
  }

  finish(): void {
    this.#call('C_Finalize', [null]);
  }

  #call(name: TokenFunctionName, args: readonly CValue[], allowed: readonly number[] = []): number {
    const answer = this.#function(name)(...args);
    if (answer !== returnValues.ok && !allowed.includes(answer)) throw new TokenError(name, answer);
    return answer;
  }

  #function(name: TokenFunctionName): NativeFunction {
    const known = this.#functions.get(name);
    if (known !== undefined) return known;
    const { place, ...signature } = tokenFunctions[name];
    const address = pointerIn(this.#list, (place + 1) * wordBytes);
    if (address === 0) throw new Error(`the PKCS#11 module has no ${name}`);
    const bound = functionAt(address, signature);
    this.#functions.set(name, bound);
    return bound;
  }
}

function wordOf(value: number): Buffer {
  const word = Buffer.alloc(wordBytes);
  word.writeBigUInt64LE(BigInt(value));
  return word;
}

function wordIn(buffer: Buffer, at: number): number {
  return Number(buffer.readBigUInt64LE(at));
}

/** CK_ATTRIBUTE: type, pointer, length; the pointer null asks for the length. */
function attributeArray(names: readonly AttributeName[]): Buffer {
  const array = Buffer.alloc(Math.max(1, names.length) * attributeBytes);
  for (const [index, name] of names.entries()) {
    array.writeBigUInt64LE(BigInt(attributeTypes[name]), index * attributeBytes);
  }
  return array;
}

function pointAt(attributes: Buffer, index: number, value: Buffer): void {
  putPointer(attributes, index * attributeBytes + wordBytes, addressOf(value));
  attributes.writeBigUInt64LE(BigInt(value.length), index * attributeBytes + 2 * wordBytes);
}
