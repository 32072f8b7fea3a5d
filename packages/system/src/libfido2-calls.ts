// libfido2 as a table of the functions that we use (fido_dev_open(3) and its neighbours; versions from 1.9 on have
// them all), each bound when it is first called. Structures of the library are addresses here.

import { DynamicLibrary } from './dynamic-library.ts';
import type { CSignature } from './functions.ts';
import type { ArgumentsFor, NativeFunction } from './loader.ts';
import { bytesAt, putPointer, stringAt } from './memory.ts';
import { ProviderError, providerFailures } from './security-key-provider.ts';

const libraryName = 'libfido2.so.1';
const wordBytes = 8;
/** Messages of authenticators have at most 64 KiB. */
const maximumFieldBytes = 64 * 1024;

/** `int` stands for bool and uint8_t as well, of which only the lowest byte counts. */
const libfido2Functions = {
  fido_assert_allow_cred: { result: 'int', arguments: ['pointer', 'pointer', 'size'] },
  fido_assert_count: { result: 'size', arguments: ['pointer'] },
  fido_assert_flags: { result: 'int', arguments: ['pointer', 'size'] },
  fido_assert_free: { result: 'void', arguments: ['pointer'] },
  fido_assert_new: { result: 'pointer', arguments: [] },
  fido_assert_set_clientdata: { result: 'int', arguments: ['pointer', 'pointer', 'size'] },
  fido_assert_set_rp: { result: 'int', arguments: ['pointer', 'pointer'] },
  fido_assert_set_up: { result: 'int', arguments: ['pointer', 'int'] },
  fido_assert_set_uv: { result: 'int', arguments: ['pointer', 'int'] },
  fido_assert_sig_len: { result: 'size', arguments: ['pointer', 'size'] },
  fido_assert_sig_ptr: { result: 'pointer', arguments: ['pointer', 'size'] },
  fido_assert_sigcount: { result: 'uint', arguments: ['pointer', 'size'] },
  fido_assert_user_id_len: { result: 'size', arguments: ['pointer', 'size'] },
  fido_assert_user_id_ptr: { result: 'pointer', arguments: ['pointer', 'size'] },
  fido_cred_authdata_len: { result: 'size', arguments: ['pointer'] },
  fido_cred_authdata_ptr: { result: 'pointer', arguments: ['pointer'] },
  fido_cred_free: { result: 'void', arguments: ['pointer'] },
  fido_cred_id_len: { result: 'size', arguments: ['pointer'] },
  fido_cred_id_ptr: { result: 'pointer', arguments: ['pointer'] },
  fido_cred_new: { result: 'pointer', arguments: [] },
  fido_cred_prot: { result: 'int', arguments: ['pointer'] },
  fido_cred_pubkey_len: { result: 'size', arguments: ['pointer'] },
  fido_cred_pubkey_ptr: { result: 'pointer', arguments: ['pointer'] },
  fido_cred_set_clientdata: { result: 'int', arguments: ['pointer', 'pointer', 'size'] },
  fido_cred_set_prot: { result: 'int', arguments: ['pointer', 'int'] },
  fido_cred_set_rk: { result: 'int', arguments: ['pointer', 'int'] },
  fido_cred_set_rp: { result: 'int', arguments: ['pointer', 'pointer', 'pointer'] },
  fido_cred_set_type: { result: 'int', arguments: ['pointer', 'int'] },
  fido_cred_set_user: { result: 'int', arguments: ['pointer', 'pointer', 'size', 'pointer', 'pointer', 'pointer'] },
  fido_cred_set_uv: { result: 'int', arguments: ['pointer', 'int'] },
  fido_cred_sig_len: { result: 'size', arguments: ['pointer'] },
  fido_cred_sig_ptr: { result: 'pointer', arguments: ['pointer'] },
  fido_cred_type: { result: 'int', arguments: ['pointer'] },
  fido_cred_user_id_len: { result: 'size', arguments: ['pointer'] },
  fido_cred_user_id_ptr: { result: 'pointer', arguments: ['pointer'] },
  fido_cred_verify: { result: 'int', arguments: ['pointer'] },
  fido_cred_verify_self: { result: 'int', arguments: ['pointer'] },
  fido_cred_x5c_len: { result: 'size', arguments: ['pointer'] },
  fido_cred_x5c_ptr: { result: 'pointer', arguments: ['pointer'] },
  fido_credman_get_dev_metadata: { result: 'int', arguments: ['pointer', 'pointer', 'pointer'] },
  fido_credman_get_dev_rk: { result: 'int', arguments: ['pointer', 'pointer', 'pointer', 'pointer'] },
  fido_credman_get_dev_rp: { result: 'int', arguments: ['pointer', 'pointer', 'pointer'] },
  fido_credman_metadata_free: { result: 'void', arguments: ['pointer'] },
  fido_credman_metadata_new: { result: 'pointer', arguments: [] },
  fido_credman_rk: { result: 'pointer', arguments: ['pointer', 'size'] },
  fido_credman_rk_count: { result: 'size', arguments: ['pointer'] },
  fido_credman_rk_existing: { result: 'size', arguments: ['pointer'] },
  fido_credman_rk_free: { result: 'void', arguments: ['pointer'] },
  fido_credman_rk_new: { result: 'pointer', arguments: [] },
  fido_credman_rp_count: { result: 'size', arguments: ['pointer'] },
  fido_credman_rp_free: { result: 'void', arguments: ['pointer'] },
  fido_credman_rp_id: { result: 'pointer', arguments: ['pointer', 'size'] },
  fido_credman_rp_new: { result: 'pointer', arguments: [] },
  fido_dev_cancel: { result: 'int', arguments: ['pointer'] },
  fido_dev_close: { result: 'int', arguments: ['pointer'] },
  fido_dev_free: { result: 'void', arguments: ['pointer'] },
  fido_dev_get_assert: { result: 'int', arguments: ['pointer', 'pointer', 'pointer'] },
  fido_dev_get_touch_begin: { result: 'int', arguments: ['pointer'] },
  fido_dev_get_touch_status: { result: 'int', arguments: ['pointer', 'pointer', 'int'] },
  fido_dev_has_pin: { result: 'int', arguments: ['pointer'] },
  fido_dev_has_uv: { result: 'int', arguments: ['pointer'] },
  fido_dev_info_free: { result: 'void', arguments: ['pointer', 'size'] },
  fido_dev_info_manifest: { result: 'int', arguments: ['pointer', 'size', 'pointer'] },
  fido_dev_info_new: { result: 'pointer', arguments: ['size'] },
  fido_dev_info_path: { result: 'pointer', arguments: ['pointer'] },
  fido_dev_info_ptr: { result: 'pointer', arguments: ['pointer', 'size'] },
  fido_dev_make_cred: { result: 'int', arguments: ['pointer', 'pointer', 'pointer'] },
  fido_dev_new: { result: 'pointer', arguments: [] },
  fido_dev_open: { result: 'int', arguments: ['pointer', 'pointer'] },
  fido_dev_set_io_functions: { result: 'int', arguments: ['pointer', 'pointer'] },
  fido_dev_set_timeout: { result: 'int', arguments: ['pointer', 'int'] },
  fido_dev_supports_cred_prot: { result: 'int', arguments: ['pointer'] },
  fido_init: { result: 'void', arguments: ['int'] },
  fido_strerr: { result: 'pointer', arguments: ['int'] },
} as const satisfies Readonly<Record<string, CSignature>>;

type Name = keyof typeof libfido2Functions;
type Arguments<N extends Name> = ArgumentsFor<(typeof libfido2Functions)[N]['arguments']>;
type Made = 'assert' | 'cred' | 'credman_metadata' | 'credman_rk' | 'credman_rp' | 'dev';
/** What is read as a pointer and a length. */
type Field<Prefix extends string> = Name extends infer N
  ? N extends `fido_${infer Rest}_ptr`
    ? Rest extends `${Prefix}_${string}`
      ? Rest
      : never
    : never
  : never;

/** What libfido2 answered: a number of fido/err.h, which the token gave (above 0) or the library. */
export class FidoError extends Error {
  override readonly name = 'FidoError';
  readonly code: number;

  constructor(code: number, reason: string) {
    super(reason);
    this.code = code;
  }
}

export interface Libfido2CallsOptions {
  /** Writes what is done to stderr. */
  readonly isVerbose?: boolean;
  readonly file?: string;
}

export class Libfido2Calls {
  readonly #library: DynamicLibrary;
  readonly #bound = new Map<Name, NativeFunction>();

  /** Loads the library. @throws ProviderError when it is not on this machine */
  constructor({ isVerbose = false, file = libraryName }: Libfido2CallsOptions = {}) {
    try {
      this.#library = new DynamicLibrary(file);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const advice = 'install the package libfido2-1, or name a middleware library (SSH_SK_PROVIDER)';
      throw new ProviderError(providerFailures.unsupported, `no support for FIDO tokens: ${reason}; ${advice}`);
    }
    this.call('fido_init', isVerbose ? 1 : 0);
  }

  call<N extends Name>(name: N, ...args: Arguments<N>): number {
    const found = this.#bound.get(name) ?? this.#library.find(name, libfido2Functions[name]);
    if (found === undefined) {
      throw new ProviderError(providerFailures.unsupported, `${libraryName} is too old: it has no ${name}`);
    }
    this.#bound.set(name, found);
    return found(...args);
  }

  /** Calls what answers with an error number. @throws FidoError */
  check<N extends Name>(name: N, ...args: Arguments<N>): void {
    const code = this.call(name, ...args);
    if (code !== 0) throw new FidoError(code, `${name}: ${this.#words(code)}`);
  }

  /** Calls what answers with a bool. */
  isTrue<N extends Name>(name: N, ...args: Arguments<N>): boolean {
    return this.byte(name, ...args) !== 0;
  }

  /** Calls what answers with a byte. */
  byte<N extends Name>(name: N, ...args: Arguments<N>): number {
    return this.call(name, ...args) & 0xff;
  }

  /** The structure, for as long as `use` takes. */
  using<T>(made: Made, use: (structure: number) => T): T {
    const structure = this.call(`fido_${made}_new`);
    if (structure === 0) throw new Error(`${libraryName} is out of memory`);
    try {
      return use(structure);
    } finally {
      this.call(`fido_${made}_free`, pointerTo(structure));
    }
  }

  /** A field of a key, copied; empty when there is none. */
  credField(name: Field<'cred'>, cred: number): Uint8Array {
    return this.#copy(this.call(`fido_${name}_ptr`, cred), this.call(`fido_${name}_len`, cred));
  }

  /** A field of the first or another signature, copied; empty when there is none. */
  assertField(name: Field<'assert'>, assertion: number, index: number): Uint8Array {
    return this.#copy(this.call(`fido_${name}_ptr`, assertion, index), this.call(`fido_${name}_len`, assertion, index));
  }

  #copy(address: number, length: number): Uint8Array {
    if (address === 0 || length === 0) return new Uint8Array();
    if (length > maximumFieldBytes) throw new Error(`${libraryName} gives ${length} bytes`);
    return Uint8Array.from(bytesAt(address, length));
  }

  #words(code: number): string {
    const address = this.call('fido_strerr', code);
    return address === 0 ? String(code) : stringAt(address);
  }
}

/** For functions that take the address of a pointer; hold the buffer until they have ended. */
export function pointerTo(address: number): Buffer {
  const room = Buffer.alloc(wordBytes);
  putPointer(room, 0, address);
  return room;
}
