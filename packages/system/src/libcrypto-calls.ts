// OpenSSL 3's libcrypto as functions of one context each: stream ciphers (EVP_CIPHER) and MACs (EVP_MAC), evp(7).
// Contexts are made once for a key and used for every packet. Arguments may be addresses: an array costs more at each
// call than its address.

import type { FunctionName } from './functions.ts';
import { addressOf, nativeFunction } from './libc.ts';
import type { Pointer } from './loader.ts';
import { cString, putPointer } from './memory.ts';

/** Do not read openssl.cnf, which the environment could name, and which a chroot does not have. */
const initWithoutConfiguration = 0x80;
const utf8Parameter = 4;

function bind<Name extends FunctionName>(name: Name): NonNullable<ReturnType<typeof nativeFunction<Name>>> {
  const found = nativeFunction(name);
  if (found === undefined) throw new Error(`libcrypto has no ${name}`);
  return found;
}

function expectSuccess(isDone: boolean): void {
  if (!isDone) throw new Error('libcrypto has failed');
}

/** The functions that are called for packets, bound; throws where libcrypto is not. */
export class Libcrypto3 {
  readonly initCipher = bind('EVP_CipherInit_ex');
  readonly updateCipher = bind('EVP_CipherUpdate');
  readonly initMac = bind('EVP_MAC_init');
  readonly updateMac = bind('EVP_MAC_update');
  readonly finishMac = bind('EVP_MAC_final');
  readonly freeCipher = bind('EVP_CIPHER_CTX_free');
  readonly freeMac = bind('EVP_MAC_CTX_free');
  /** Where the functions write how much they wrote; nobody reads it. */
  private readonly lengthRoom = Buffer.alloc(8);
  readonly lengthAddress = addressOf(this.lengthRoom);
  private readonly fetched = new Map<string, number>();

  constructor() {
    expectSuccess(bind('OPENSSL_init_crypto')(initWithoutConfiguration, null) === 1);
  }

  private fetch(which: 'EVP_CIPHER_fetch' | 'EVP_MAC_fetch', algorithm: string): number {
    const known = this.fetched.get(algorithm);
    if (known !== undefined) return known;
    const handle = bind(which)(null, cString(algorithm), null);
    if (handle === 0) throw new Error(`libcrypto has no ${algorithm}`);
    this.fetched.set(algorithm, handle);
    return handle;
  }

  /** A stream cipher, for which both directions are the same. */
  cipher(algorithm: string, key: Uint8Array): CipherContext {
    const context = bind('EVP_CIPHER_CTX_new')();
    const cipher = this.fetch('EVP_CIPHER_fetch', algorithm);
    expectSuccess(context !== 0 && this.initCipher(context, cipher, null, key, null, encrypt) === 1);
    return new CipherContext(this, context);
  }

  /** `digest` is the parameter that HMAC needs. */
  mac(algorithm: string, key?: Uint8Array, digest?: string): MacContext {
    const context = bind('EVP_MAC_CTX_new')(this.fetch('EVP_MAC_fetch', algorithm));
    expectSuccess(context !== 0);
    const parameters = digest === undefined ? null : digestParameter(digest);
    if (key !== undefined) expectSuccess(this.initMac(context, key, key.length, parameters) === 1);
    return new MacContext(this, context);
  }
}

const encrypt = 1;

/** OSSL_PARAM(3): one entry named `digest`, and the empty one that ends the list; the strings behind them. */
function digestParameter(digest: string): Buffer {
  const entryBytes = 40;
  const [name, value] = [cString('digest'), cString(digest)];
  const whole = Buffer.alloc(entryBytes * 2 + name.length + value.length);
  const base = addressOf(whole);
  putPointer(whole, 0, base + entryBytes * 2);
  whole.writeUInt32LE(utf8Parameter, 8);
  putPointer(whole, 16, base + entryBytes * 2 + name.length);
  putPointer(whole, 24, digest.length);
  name.copy(whole, entryBytes * 2);
  value.copy(whole, entryBytes * 2 + name.length);
  return whole;
}

export class CipherContext {
  private readonly library: Libcrypto3;
  /** 0 when it was freed: libcrypto would follow the address. */
  private context: number;

  constructor(library: Libcrypto3, context: number) {
    this.library = library;
    this.context = context;
  }

  /** Starts a message with the key that there is. */
  start(iv: Pointer): void {
    expectSuccess(this.context !== 0 && this.library.initCipher(this.context, null, null, null, iv, encrypt) === 1);
  }

  /** Input and output may be the same. */
  update(output: Pointer, input: Pointer, bytes: number): void {
    const { updateCipher, lengthAddress } = this.library;
    expectSuccess(this.context !== 0 && updateCipher(this.context, output, lengthAddress, input, bytes) === 1);
  }

  /** Wipes the key. Anything but another `free` throws afterwards. */
  free(): void {
    this.library.freeCipher(this.context);
    this.context = 0;
  }
}

export class MacContext {
  private readonly library: Libcrypto3;
  private context: number;

  constructor(library: Libcrypto3, context: number) {
    this.library = library;
    this.context = context;
  }

  /** Starts a message with another key, or with the one that there is. */
  start(key: Pointer, keyBytes: number): void {
    expectSuccess(this.context !== 0 && this.library.initMac(this.context, key, keyBytes, null) === 1);
  }

  update(input: Pointer, bytes: number): void {
    expectSuccess(this.library.updateMac(this.context, input, bytes) === 1);
  }

  finish(output: Uint8Array): void {
    expectSuccess(this.library.finishMac(this.context, output, this.library.lengthAddress, output.length) === 1);
  }

  free(): void {
    this.library.freeMac(this.context);
    this.context = 0;
  }
}
