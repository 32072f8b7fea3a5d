// bcrypt_pbkdf, the key derivation of OpenSSH's private key files (PROTOCOL.key): PBKDF2's shape over a Blowfish hash,
// with the output spread over the blocks. SHA-512 is the runtime's; the hash is our own WebAssembly module
// (wasm/bcrypt.as).

import { writeUint32 } from '@sallyport/protocol/wire/bytes';
import { digest } from './digests.ts';
import { bcryptWasm } from './wasm/bcrypt.ts';
import { instantiate, type WasmMemory } from './wasm-module.ts';

interface BcryptExports {
  readonly memory: WasmMemory;
  inputAddress(): number;
  hash(): void;
  wipe(): void;
}

const blockBytes = 32;
const longestOutputBytes = 1024;

export interface BcryptOptions {
  readonly rounds: number;
  readonly lengthBytes: number;
}

/** undefined for an empty passphrase or salt, no rounds, or a length that the scheme does not have (1 to 1024). */
export function bcryptPbkdf(passphrase: Uint8Array, salt: Uint8Array, options: BcryptOptions): Uint8Array | undefined {
  const { rounds, lengthBytes } = options;
  if (passphrase.length === 0 || salt.length === 0 || rounds < 1) return undefined;
  if (lengthBytes < 1 || lengthBytes > longestOutputBytes) return undefined;
  const wasm = instantiate(bcryptWasm) as BcryptExports;
  const memory = new Uint8Array(wasm.memory.buffer);
  const saltsAt = wasm.inputAddress();
  const passphraseHash = digest('sha512', passphrase);
  memory.set(passphraseHash, saltsAt + 128);
  passphraseHash.fill(0);
  const results = memory.subarray(saltsAt + 192, saltsAt + 256);

  const blocks = Math.ceil(lengthBytes / blockBytes);
  const output = new Uint8Array(lengthBytes);
  const sum = new Uint8Array(2 * blockBytes);
  for (let block = 0; block < blocks; block += 2) {
    memory.set(firstSalt(salt, block + 1), saltsAt);
    memory.set(firstSalt(salt, block + 2), saltsAt + 64);
    sum.fill(0);
    for (let round = 0; round < rounds; round++) {
      if (round > 0) {
        memory.set(digest('sha512', results.subarray(0, blockBytes)), saltsAt);
        memory.set(digest('sha512', results.subarray(blockBytes)), saltsAt + 64);
      }
      wasm.hash();
      for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) ^ (results[i] as number);
    }
    spread(sum, output, { block, blocks });
  }
  wasm.wipe();
  sum.fill(0);
  return output;
}

function firstSalt(salt: Uint8Array, count: number): Uint8Array {
  const number = new Uint8Array(4);
  writeUint32(number, 0, count);
  return digest('sha512', salt, number);
}

// Byte i of block b is byte i * blocks + b of the output, so that nobody can derive only a part of it.
function spread(
  pair: Uint8Array,
  output: Uint8Array,
  place: { readonly block: number; readonly blocks: number },
): void {
  const { block, blocks } = place;
  for (let lane = 0; lane < 2 && block + lane < blocks; lane++) {
    for (let i = 0, at = block + lane; i < blockBytes && at < output.length; i++, at += blocks) {
      output[at] = pair[lane * blockBytes + i] as number;
    }
  }
}
