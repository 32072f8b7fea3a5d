// The hash inside bcrypt_pbkdf, Blowfish with the expensive key schedule of 64 rounds, in AssemblyScript. Two independent
// hashes run side by side: each waits for its own table look-ups, so the second one is nearly free. The look-ups depend on
// the passphrase, as in every bcrypt. tools/generate.ts compiles it into src/wasm/bcrypt.ts.

import { initialWords } from './blowfish-initial';

// Memory: two hashed salts, the hashed passphrase, two results; then per lane 18 + 1024 words of state.
const SALT: usize = 8192;
const PASSPHRASE: usize = SALT + 128;
const RESULT: usize = PASSPHRASE + 64;
const STATE: usize = 16384;
const STATE_BYTES: usize = 4168;
const LANE: usize = 4352;

/** Addresses for the caller: 2 x 64 bytes salt, 64 bytes passphrase, 2 x 32 bytes result, one after the other. */
export function inputAddress(): u32 {
  return <u32>SALT;
}

@inline
function f(boxes: usize, x: u32): u32 {
  const a = load<u32>(boxes + ((x >> 22) & 0x3fc));
  const b = load<u32>(boxes + ((x >> 14) & 0x3fc), 1024);
  const c = load<u32>(boxes + ((x >> 6) & 0x3fc), 2048);
  const d = load<u32>(boxes + ((x << 2) & 0x3fc), 3072);
  return ((a + b) ^ c) + d;
}

let left0: u32 = 0;
let right0: u32 = 0;
let left1: u32 = 0;
let right1: u32 = 0;

// Blowfish on one block of each lane.
@inline
function encipher(): void {
  let l0 = left0 ^ load<u32>(STATE), r0 = right0;
  let l1 = left1 ^ load<u32>(STATE + LANE), r1 = right1;
  for (let round: usize = 0; round < 64; round += 8) {
    r0 ^= f(STATE + 72, l0) ^ load<u32>(STATE + round, 4);
    r1 ^= f(STATE + LANE + 72, l1) ^ load<u32>(STATE + LANE + round, 4);
    l0 ^= f(STATE + 72, r0) ^ load<u32>(STATE + round, 8);
    l1 ^= f(STATE + LANE + 72, r1) ^ load<u32>(STATE + LANE + round, 8);
  }
  left0 = r0 ^ load<u32>(STATE, 68);
  right0 = l0;
  left1 = r1 ^ load<u32>(STATE + LANE, 68);
  right1 = l1;
}

// Mixes a 64-byte key of each lane into the subkeys.
function mixKey(key0: usize, key1: usize): void {
  for (let i: usize = 0; i < 18; i++) {
    const at = (i & 15) << 2;
    store<u32>(STATE + (i << 2), load<u32>(STATE + (i << 2)) ^ bswap(load<u32>(key0 + at)));
    store<u32>(STATE + LANE + (i << 2), load<u32>(STATE + LANE + (i << 2)) ^ bswap(load<u32>(key1 + at)));
  }
}

// The key schedule without a salt.
function expand(key0: usize, key1: usize): void {
  mixKey(key0, key1);
  left0 = 0; right0 = 0; left1 = 0; right1 = 0;
  for (let at: usize = STATE; at < STATE + STATE_BYTES; at += 8) {
    encipher();
    store<u32>(at, left0);
    store<u32>(at, right0, 4);
    store<u32>(at + LANE, left1);
    store<u32>(at + LANE, right1, 4);
  }
}

// The key schedule with each lane's salt.
function expandSalted(): void {
  mixKey(PASSPHRASE, PASSPHRASE);
  left0 = 0; right0 = 0; left1 = 0; right1 = 0;
  let word: usize = 0;
  for (let at: usize = STATE; at < STATE + STATE_BYTES; at += 8) {
    left0 ^= bswap(load<u32>(SALT + word));
    right0 ^= bswap(load<u32>(SALT + word, 4));
    left1 ^= bswap(load<u32>(SALT + word, 64));
    right1 ^= bswap(load<u32>(SALT + word, 68));
    word = (word + 8) & 63;
    encipher();
    store<u32>(at, left0);
    store<u32>(at, right0, 4);
    store<u32>(at + LANE, left1);
    store<u32>(at + LANE, right1, 4);
  }
}

/** Hashes both lanes: passphrase and salts at inputAddress(), results behind them. */
export function hash(): void {
  memory.copy(STATE, initialWords, STATE_BYTES);
  memory.copy(STATE + LANE, initialWords, STATE_BYTES);
  expandSalted();
  for (let i = 0; i < 64; i++) {
    expand(SALT, SALT + 64);
    expand(PASSPHRASE, PASSPHRASE);
  }
  // "OxychromaticBlowfishSwatDynamite"
  const text: usize = memory.data<u32>([
    0x4f787963, 0x68726f6d, 0x61746963, 0x426c6f77, 0x66697368, 0x53776174, 0x44796e61, 0x6d697465,
  ]);
  for (let pair: usize = 0; pair < 32; pair += 8) {
    left0 = load<u32>(text + pair); right0 = load<u32>(text + pair, 4);
    left1 = left0; right1 = right0;
    for (let i = 0; i < 64; i++) encipher();
    store<u32>(RESULT + pair, left0);
    store<u32>(RESULT + pair, right0, 4);
    store<u32>(RESULT + pair, left1, 32);
    store<u32>(RESULT + pair, right1, 36);
  }
}

/** Wipes inputs, results and state. */
export function wipe(): void {
  memory.fill(SALT, 0, 256);
  memory.fill(STATE, 0, 2 * LANE);
  left0 = 0; right0 = 0; left1 = 0; right1 = 0;
}
