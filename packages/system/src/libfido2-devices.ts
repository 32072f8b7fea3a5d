// The authenticators that are attached, and which of them is meant: the one at a path, the only one, the one that
// knows a key, or the one that its user touches. What is opened is closed again.

import { FidoError, type Libfido2Calls, pointerTo } from './libfido2-calls.ts';
import { cString, pointerIn, stringAt } from './memory.ts';
import { ProviderError, providerFailures } from './security-key-provider.ts';

/** As many as are asked for a key or a touch. */
const mostDevices = 16;
const pollMs = 200;
const selectionMs = 15_000;
const wordBytes = 8;

/** Where authenticators are found and how bytes get there. */
export interface FidoTransport {
  /** Paths of what is attached. */
  paths(): readonly string[];
  /** struct fido_dev_io: the addresses of open, close, read and write. */
  readonly functions: Uint8Array;
}

/** For how long a token may take over a call, and where tokens are. */
export interface FidoDevicesOptions {
  readonly calls: Libfido2Calls;
  readonly timeoutMs: number;
  /** undefined: what libfido2 finds itself, on USB. */
  readonly transport?: FidoTransport | undefined;
}

/** @throws ProviderError with `noDevice` where none fits */
export class FidoDevices {
  readonly #calls: Libfido2Calls;
  readonly #timeoutMs: number;
  readonly #transport: FidoTransport | undefined;

  constructor({ calls, timeoutMs, transport }: FidoDevicesOptions) {
    this.#calls = calls;
    this.#timeoutMs = timeoutMs;
    this.#transport = transport;
  }

  /** The device at the path, or the only one, or the one of several that is touched. */
  withChosen<T>(path: string, use: (device: number) => T): T {
    if (path !== '') return this.#withOpen([path], ([device]) => use(given(device)));
    return this.#withOpen(this.#attached(), (devices) => {
      const [first, ...others] = devices;
      return use(others.length === 0 ? given(first) : this.#touched(devices));
    });
  }

  /** The first device that knows the key. */
  withKnowing<T>(knows: (device: number) => boolean, use: (device: number) => T): T {
    return this.#withOpen(this.#attached(), (devices) => use(given(devices.find(knows))));
  }

  #attached(): readonly string[] {
    if (this.#transport !== undefined) return this.#transport.paths();
    const calls = this.#calls;
    const list = calls.call('fido_dev_info_new', mostDevices);
    const found = Buffer.alloc(wordBytes);
    try {
      calls.check('fido_dev_info_manifest', list, mostDevices, found);
      return Array.from({ length: pointerIn(found, 0) }, (_, index) => {
        const path = calls.call('fido_dev_info_path', calls.call('fido_dev_info_ptr', list, index));
        return path === 0 ? '' : stringAt(path);
      }).filter((path) => path !== '');
    } finally {
      calls.call('fido_dev_info_free', pointerTo(list), mostDevices);
    }
  }

  /** Those that can be opened; one that cannot does not keep the others from being used. */
  #withOpen<T>(paths: readonly string[], use: (devices: readonly number[]) => T): T {
    const devices: number[] = [];
    const problems: string[] = [];
    const open = ([path, ...others]: readonly string[]): T => {
      if (path === undefined) {
        if (devices.length === 0 && problems.length > 0) throw noDevice(problems.join('; '));
        return use(devices);
      }
      return this.#calls.using('dev', (device) => {
        const problem = this.#open(device, path);
        if (problem !== undefined) problems.push(`${path}: ${problem}`);
        else devices.push(device);
        try {
          return open(others);
        } finally {
          if (problem === undefined) this.#calls.call('fido_dev_close', device);
        }
      });
    };
    return open(paths.slice(0, mostDevices));
  }

  /** What is wrong with it. */
  #open(device: number, path: string): string | undefined {
    const calls = this.#calls;
    try {
      if (this.#transport !== undefined) calls.check('fido_dev_set_io_functions', device, this.#transport.functions);
      calls.check('fido_dev_set_timeout', device, this.#timeoutMs);
      calls.check('fido_dev_open', device, cString(path));
      return undefined;
    } catch (error) {
      if (error instanceof FidoError) return error.message;
      throw error;
    }
  }

  /** Lets all of them blink. The others are told to stop. */
  #touched(devices: readonly number[]): number {
    const calls = this.#calls;
    const waiting = devices.filter((device) => calls.call('fido_dev_get_touch_begin', device) === 0);
    const hasTouched = Buffer.alloc(wordBytes);
    const end = process.hrtime.bigint() + BigInt(selectionMs) * 1_000_000n;
    try {
      while (waiting.length > 0 && process.hrtime.bigint() < end) {
        for (const device of [...waiting]) {
          const code = calls.call('fido_dev_get_touch_status', device, hasTouched, pollMs);
          if (code === 0 && hasTouched.readInt32LE(0) === 0) continue;
          waiting.splice(waiting.indexOf(device), 1);
          if (code === 0) return device;
        }
      }
    } finally {
      for (const device of waiting) calls.call('fido_dev_cancel', device);
    }
    throw noDevice('no authenticator was touched');
  }
}

function given(device: number | undefined): number {
  if (device === undefined) throw noDevice('no authenticator is attached that could be meant');
  return device;
}

function noDevice(reason: string): ProviderError {
  return new ProviderError(providerFailures.noDevice, reason);
}
