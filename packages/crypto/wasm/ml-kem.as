// ML-KEM-768 (FIPS 203) in AssemblyScript: key generation, encapsulation, decapsulation, each one call. Coefficients are kept
// in [0, q) and no secret decides a branch, an address or a division. The caller copies keys in and out and wipes.
// tools/generate.ts compiles it into src/wasm/ml-kem.ts.

import { roundConstants } from './keccak-rounds';
import { zetas } from './ml-kem-zetas';

const Q: u32 = 3329;
const K: u32 = 3;
const POLYNOMIAL: usize = 512;
const ENCODED: usize = 384;
const CIPHERTEXT_BYTES: u32 = 1088;

// Memory: inputs and outputs, then the sponge, then polynomials of 256 16-bit coefficients.
const SEED: usize = 4096;
const SHARED: usize = SEED + 64;
const SECRET: usize = SHARED + 32;
const PUBLIC: usize = SECRET + 3 * ENCODED;
const RHO: usize = PUBLIC + 3 * ENCODED;
const PUBLIC_HASH: usize = RHO + 32;
const REJECTION: usize = PUBLIC_HASH + 32;
const CIPHERTEXT: usize = REJECTION + 32;
const SECOND: usize = CIPHERTEXT + CIPHERTEXT_BYTES;
const MESSAGE: usize = SECOND + CIPHERTEXT_BYTES;
const COINS: usize = MESSAGE + 1152;
const STATE: usize = COINS + 64;
const VECTOR: usize = 12288;
const OTHER: usize = VECTOR + 3 * POLYNOMIAL;
const SAMPLE: usize = OTHER + 3 * POLYNOMIAL;
const SUM: usize = SAMPLE + POLYNOMIAL;
const WORK_END: usize = SUM + POLYNOMIAL;

/** Where the 64 random bytes of a key (d, z) or the 32 of an encapsulation (m) go. */
export function seedAddress(): u32 {
  return <u32>SEED;
}

/** Where the shared secret of 32 bytes is. */
export function sharedAddress(): u32 {
  return <u32>SHARED;
}

/** The decapsulation key of 2400 bytes; the public key of 1184 bytes begins at 1152 in it. */
export function keyAddress(): u32 {
  return <u32>SECRET;
}

export function ciphertextAddress(): u32 {
  return <u32>CIPHERTEXT;
}

export function wipe(): void {
  memory.fill(SEED, 0, WORK_END - SEED);
}

// Keccak-f[1600] on STATE (FIPS 202 section 3.3).
function permute(): void {
  let a0 = load<u64>(STATE, 0), a1 = load<u64>(STATE, 8), a2 = load<u64>(STATE, 16), a3 = load<u64>(STATE, 24), a4 = load<u64>(STATE, 32);
  let a5 = load<u64>(STATE, 40), a6 = load<u64>(STATE, 48), a7 = load<u64>(STATE, 56), a8 = load<u64>(STATE, 64), a9 = load<u64>(STATE, 72);
  let a10 = load<u64>(STATE, 80), a11 = load<u64>(STATE, 88), a12 = load<u64>(STATE, 96), a13 = load<u64>(STATE, 104), a14 = load<u64>(STATE, 112);
  let a15 = load<u64>(STATE, 120), a16 = load<u64>(STATE, 128), a17 = load<u64>(STATE, 136), a18 = load<u64>(STATE, 144), a19 = load<u64>(STATE, 152);
  let a20 = load<u64>(STATE, 160), a21 = load<u64>(STATE, 168), a22 = load<u64>(STATE, 176), a23 = load<u64>(STATE, 184), a24 = load<u64>(STATE, 192);
  for (let round: usize = 0; round < 192; round += 8) {
    const c0 = a0 ^ a5 ^ a10 ^ a15 ^ a20, c1 = a1 ^ a6 ^ a11 ^ a16 ^ a21, c2 = a2 ^ a7 ^ a12 ^ a17 ^ a22;
    const c3 = a3 ^ a8 ^ a13 ^ a18 ^ a23, c4 = a4 ^ a9 ^ a14 ^ a19 ^ a24;
    const d0 = c4 ^ rotl(c1, 1), d1 = c0 ^ rotl(c2, 1), d2 = c1 ^ rotl(c3, 1), d3 = c2 ^ rotl(c4, 1), d4 = c3 ^ rotl(c0, 1);
    const b0 = a0 ^ d0, b1 = rotl(a6 ^ d1, 44), b2 = rotl(a12 ^ d2, 43), b3 = rotl(a18 ^ d3, 21), b4 = rotl(a24 ^ d4, 14);
    const b5 = rotl(a3 ^ d3, 28), b6 = rotl(a9 ^ d4, 20), b7 = rotl(a10 ^ d0, 3), b8 = rotl(a16 ^ d1, 45), b9 = rotl(a22 ^ d2, 61);
    const b10 = rotl(a1 ^ d1, 1), b11 = rotl(a7 ^ d2, 6), b12 = rotl(a13 ^ d3, 25), b13 = rotl(a19 ^ d4, 8), b14 = rotl(a20 ^ d0, 18);
    const b15 = rotl(a4 ^ d4, 27), b16 = rotl(a5 ^ d0, 36), b17 = rotl(a11 ^ d1, 10), b18 = rotl(a17 ^ d2, 15), b19 = rotl(a23 ^ d3, 56);
    const b20 = rotl(a2 ^ d2, 62), b21 = rotl(a8 ^ d3, 55), b22 = rotl(a14 ^ d4, 39), b23 = rotl(a15 ^ d0, 41), b24 = rotl(a21 ^ d1, 2);
    a0 = b0 ^ (~b1 & b2) ^ load<u64>(roundConstants + round); a1 = b1 ^ (~b2 & b3); a2 = b2 ^ (~b3 & b4); a3 = b3 ^ (~b4 & b0); a4 = b4 ^ (~b0 & b1);
    a5 = b5 ^ (~b6 & b7); a6 = b6 ^ (~b7 & b8); a7 = b7 ^ (~b8 & b9); a8 = b8 ^ (~b9 & b5); a9 = b9 ^ (~b5 & b6);
    a10 = b10 ^ (~b11 & b12); a11 = b11 ^ (~b12 & b13); a12 = b12 ^ (~b13 & b14); a13 = b13 ^ (~b14 & b10); a14 = b14 ^ (~b10 & b11);
    a15 = b15 ^ (~b16 & b17); a16 = b16 ^ (~b17 & b18); a17 = b17 ^ (~b18 & b19); a18 = b18 ^ (~b19 & b15); a19 = b19 ^ (~b15 & b16);
    a20 = b20 ^ (~b21 & b22); a21 = b21 ^ (~b22 & b23); a22 = b22 ^ (~b23 & b24); a23 = b23 ^ (~b24 & b20); a24 = b24 ^ (~b20 & b21);
  }
  store<u64>(STATE, a0, 0); store<u64>(STATE, a1, 8); store<u64>(STATE, a2, 16); store<u64>(STATE, a3, 24); store<u64>(STATE, a4, 32);
  store<u64>(STATE, a5, 40); store<u64>(STATE, a6, 48); store<u64>(STATE, a7, 56); store<u64>(STATE, a8, 64); store<u64>(STATE, a9, 72);
  store<u64>(STATE, a10, 80); store<u64>(STATE, a11, 88); store<u64>(STATE, a12, 96); store<u64>(STATE, a13, 104); store<u64>(STATE, a14, 112);
  store<u64>(STATE, a15, 120); store<u64>(STATE, a16, 128); store<u64>(STATE, a17, 136); store<u64>(STATE, a18, 144); store<u64>(STATE, a19, 152);
  store<u64>(STATE, a20, 160); store<u64>(STATE, a21, 168); store<u64>(STATE, a22, 176); store<u64>(STATE, a23, 184); store<u64>(STATE, a24, 192);
}

// Absorbs one whole input; the first `rate` bytes of output are then at STATE (FIPS 202 section 4).
function sponge(rate: usize, suffix: u8, at: usize, bytes: usize): void {
  memory.fill(STATE, 0, 200);
  let left = bytes;
  for (; left >= rate; left -= rate) {
    for (let i: usize = 0; i < rate; i += 8) store<u64>(STATE + i, load<u64>(STATE + i) ^ load<u64>(at + i));
    permute();
    at += rate;
  }
  for (let i: usize = 0; i < left; i++) store<u8>(STATE + i, load<u8>(STATE + i) ^ load<u8>(at + i));
  store<u8>(STATE + left, load<u8>(STATE + left) ^ suffix);
  store<u8>(STATE + rate - 1, load<u8>(STATE + rate - 1) ^ 0x80);
  permute();
}

// SHA3-256 (H) to `out`.
function hash(at: usize, bytes: usize, out: usize): void {
  sponge(136, 6, at, bytes);
  memory.copy(out, STATE, 32);
}

// x mod q for x below 2^25 (Barrett).
@inline
function reduce(x: u32): u32 {
  return subtractQ(x - <u32>((<u64>x * 80635) >> 28) * Q);
}

// x mod q for x below 2q.
@inline
function subtractQ(x: u32): u32 {
  const y = <i32>x - <i32>Q;
  return <u32>(y + ((y >> 31) & <i32>Q));
}

@inline
function get(polynomial: usize, i: usize): u32 {
  return load<u16>(polynomial + (i << 1));
}

@inline
function set(polynomial: usize, i: usize, value: u32): void {
  store<u16>(polynomial + (i << 1), <u16>value);
}

// FIPS 203 algorithm 9.
function transform(f: usize): void {
  let zeta = zetas + 2;
  for (let length: usize = 128; length >= 2; length >>= 1) {
    for (let start: usize = 0; start < 256; start += 2 * length) {
      const z: u32 = load<u16>(zeta);
      zeta += 2;
      for (let j = start; j < start + length; j++) {
        const t = reduce(z * get(f, j + length));
        const a = get(f, j);
        set(f, j + length, subtractQ(a + Q - t));
        set(f, j, subtractQ(a + t));
      }
    }
  }
}

// FIPS 203 algorithm 10.
function transformBack(f: usize): void {
  let zeta = zetas + 2 * 127;
  for (let length: usize = 2; length <= 128; length <<= 1) {
    for (let start: usize = 0; start < 256; start += 2 * length) {
      const z: u32 = load<u16>(zeta);
      zeta -= 2;
      for (let j = start; j < start + length; j++) {
        const a = get(f, j);
        const b = get(f, j + length);
        set(f, j, subtractQ(a + b));
        set(f, j + length, reduce(z * (b + Q - a)));
      }
    }
  }
  for (let j: usize = 0; j < 256; j++) set(f, j, reduce(3303 * get(f, j)));
}

// Adds the product of f and g in the transformed domain to `sum` (FIPS 203 algorithms 11 and 12).
function multiplyAdd(sum: usize, f: usize, g: usize): void {
  for (let i: usize = 0; i < 256; i += 2) {
    const z: u32 = load<u16>(zetas + 128 + ((i >> 2) << 1));
    const gamma = i & 2 ? Q - z : z;
    const a0 = get(f, i), a1 = get(f, i + 1), b0 = get(g, i), b1 = get(g, i + 1);
    set(sum, i, reduce(get(sum, i) + a0 * b0 + reduce(a1 * b1) * gamma));
    set(sum, i + 1, reduce(get(sum, i + 1) + a0 * b1 + a1 * b0));
  }
}

function addTo(sum: usize, f: usize): void {
  for (let i: usize = 0; i < 256; i++) set(sum, i, subtractQ(get(sum, i) + get(f, i)));
}

// An entry of the matrix, from the public seed (FIPS 203 algorithm 7), to SAMPLE.
function sampleUniform(first: u8, second: u8): void {
  memory.copy(MESSAGE, RHO, 32);
  store<u8>(MESSAGE, first, 32);
  store<u8>(MESSAGE, second, 33);
  sponge(168, 0x1f, MESSAGE, 34);
  let count: usize = 0;
  for (;;) {
    for (let at = STATE; at < STATE + 168; at += 3) {
      const bits: u32 = load<u16>(at) | (<u32>load<u8>(at, 2) << 16);
      const a = bits & 0xfff, b = bits >> 12;
      if (a < Q) set(SAMPLE, count++, a);
      if (count == 256) return;
      if (b < Q) set(SAMPLE, count++, b);
      if (count == 256) return;
    }
    permute();
  }
}

// A small polynomial from 33 bytes, COINS and `counter` (FIPS 203 algorithm 8 with eta = 2).
function sampleNoise(f: usize, counter: u8): void {
  memory.copy(MESSAGE, COINS, 32);
  store<u8>(MESSAGE, counter, 32);
  sponge(136, 0x1f, MESSAGE, 33);
  for (let i: usize = 0; i < 128; i++) {
    const byte: u32 = load<u8>(STATE + i);
    const pairs = (byte & 0x55) + ((byte >> 1) & 0x55);
    set(f, 2 * i, subtractQ((pairs & 3) + Q - ((pairs >> 2) & 3)));
    set(f, 2 * i + 1, subtractQ(((pairs >> 4) & 3) + Q - (pairs >> 6)));
  }
}

function encode12(f: usize, out: usize): void {
  for (let i: usize = 0; i < 256; i += 2) {
    const bits = get(f, i) | (get(f, i + 1) << 12);
    store<u16>(out, <u16>bits);
    store<u8>(out, <u8>(bits >> 16), 2);
    out += 3;
  }
}

// Says whether every coefficient was below q.
function decode12(at: usize, f: usize): bool {
  let large: u32 = 0;
  for (let i: usize = 0; i < 256; i += 2) {
    const bits: u32 = load<u16>(at) | (<u32>load<u8>(at, 2) << 16);
    set(f, i, bits & 0xfff);
    set(f, i + 1, bits >> 12);
    large |= (Q - 1 - (bits & 0xfff)) | (Q - 1 - (bits >> 12));
    at += 3;
  }
  return large >> 31 == 0;
}

// Nearest multiple of 2^bits / q, by multiplication: a division could take its time by the secret.
@inline
function compress(x: u32, bits: u32): u32 {
  return <u32>((((<u64>x << bits) + 1664) * 20642679) >> 36) & ((1 << bits) - 1);
}

function encode10(f: usize, out: usize): void {
  for (let i: usize = 0; i < 256; i += 4) {
    const bits = <u64>compress(get(f, i), 10) | (<u64>compress(get(f, i + 1), 10) << 10) |
      (<u64>compress(get(f, i + 2), 10) << 20) | (<u64>compress(get(f, i + 3), 10) << 30);
    store<u32>(out, <u32>bits);
    store<u8>(out, <u8>(bits >> 32), 4);
    out += 5;
  }
}

function decode10(at: usize, f: usize): void {
  for (let i: usize = 0; i < 256; i += 4) {
    const bits = <u64>load<u32>(at) | (<u64>load<u8>(at, 4) << 32);
    for (let j: usize = 0; j < 4; j++) set(f, i + j, ((<u32>(bits >> (10 * j)) & 1023) * Q + 512) >> 10);
    at += 5;
  }
}

// out = the transposed matrix (or the matrix) times VECTOR, one row, in the transformed domain.
function matrixRow(row: u32, transposed: bool, out: usize): void {
  memory.fill(out, 0, POLYNOMIAL);
  for (let j: u32 = 0; j < K; j++) {
    if (transposed) sampleUniform(<u8>row, <u8>j);
    else sampleUniform(<u8>j, <u8>row);
    multiplyAdd(out, SAMPLE, VECTOR + <usize>j * POLYNOMIAL);
  }
}

/** FIPS 203 algorithm 16: from 64 bytes at seedAddress() to 2400 at keyAddress(). */
export function generate(): void {
  memory.copy(MESSAGE, SEED, 32);
  store<u8>(MESSAGE, <u8>K, 32);
  sponge(72, 6, MESSAGE, 33);
  memory.copy(RHO, STATE, 32);
  memory.copy(COINS, STATE + 32, 32);
  for (let i: u32 = 0; i < K; i++) {
    const s = VECTOR + <usize>i * POLYNOMIAL;
    sampleNoise(s, <u8>i);
    transform(s);
    encode12(s, SECRET + <usize>i * ENCODED);
  }
  for (let i: u32 = 0; i < K; i++) {
    matrixRow(i, false, SUM);
    sampleNoise(OTHER, <u8>(K + i));
    transform(OTHER);
    addTo(SUM, OTHER);
    encode12(SUM, PUBLIC + <usize>i * ENCODED);
  }
  hash(PUBLIC, 1184, PUBLIC_HASH);
  memory.copy(REJECTION, SEED + 32, 32);
}

// The shared secret and the coins of encryption from the message at SEED (G of FIPS 203 section 4.1).
function derive(): void {
  memory.copy(MESSAGE, SEED, 32);
  memory.copy(MESSAGE + 32, PUBLIC_HASH, 32);
  sponge(72, 6, MESSAGE, 64);
  memory.copy(SHARED, STATE, 32);
  memory.copy(COINS, STATE + 32, 32);
}

// FIPS 203 algorithm 14: the message at SEED under the public key, with COINS; false if that key has a coefficient too large.
function encrypt(out: usize): bool {
  let good = true;
  for (let i: u32 = 0; i < K; i++) {
    good = decode12(PUBLIC + <usize>i * ENCODED, OTHER + <usize>i * POLYNOMIAL) && good;
    const y = VECTOR + <usize>i * POLYNOMIAL;
    sampleNoise(y, <u8>i);
    transform(y);
  }
  for (let i: u32 = 0; i < K; i++) {
    matrixRow(i, true, SUM);
    transformBack(SUM);
    sampleNoise(SAMPLE, <u8>(K + i));
    addTo(SUM, SAMPLE);
    encode10(SUM, out + <usize>i * 320);
  }
  memory.fill(SUM, 0, POLYNOMIAL);
  for (let i: usize = 0; i < 3; i++) multiplyAdd(SUM, OTHER + i * POLYNOMIAL, VECTOR + i * POLYNOMIAL);
  transformBack(SUM);
  sampleNoise(SAMPLE, <u8>(2 * K));
  addTo(SUM, SAMPLE);
  for (let i: usize = 0; i < 256; i += 2) {
    const bits: u32 = load<u8>(SEED + (i >> 3)) >> <u8>(i & 7);
    const low = subtractQ(get(SUM, i) + (0 - (bits & 1) & 1665));
    const high = subtractQ(get(SUM, i + 1) + (0 - ((bits >> 1) & 1) & 1665));
    store<u8>(out + 960 + (i >> 1), <u8>(compress(low, 4) | (compress(high, 4) << 4)));
  }
  return good;
}

// FIPS 203 algorithm 15: the message of the ciphertext to SEED.
function decrypt(): void {
  memory.fill(SUM, 0, POLYNOMIAL);
  for (let i: usize = 0; i < 3; i++) {
    decode10(CIPHERTEXT + i * 320, VECTOR);
    transform(VECTOR);
    decode12(SECRET + i * ENCODED, OTHER);
    multiplyAdd(SUM, OTHER, VECTOR);
  }
  transformBack(SUM);
  memory.fill(SEED, 0, 32);
  for (let i: usize = 0; i < 256; i++) {
    const nibble: u32 = (load<u8>(CIPHERTEXT + 960 + (i >> 1)) >> <u8>((i & 1) << 2)) & 15;
    const w = subtractQ(((nibble * Q + 8) >> 4) + Q - get(SUM, i));
    const at = SEED + (i >> 3);
    store<u8>(at, load<u8>(at) | <u8>(compress(w, 1) << <u32>(i & 7)));
  }
}

/**
 * FIPS 203 algorithm 17 for the public key in its place in keyAddress() and 32 bytes at seedAddress(); false for a key that
 * fails the modulus check.
 */
export function encapsulate(): bool {
  hash(PUBLIC, 1184, PUBLIC_HASH);
  derive();
  return encrypt(CIPHERTEXT);
}

/** FIPS 203 algorithm 18 for the key at keyAddress() and the ciphertext at its address. */
export function decapsulate(): void {
  decrypt();
  derive();
  encrypt(SECOND);
  let different: u64 = 0;
  for (let i: usize = 0; i < CIPHERTEXT_BYTES; i += 8) different |= load<u64>(CIPHERTEXT + i) ^ load<u64>(SECOND + i);
  memory.copy(MESSAGE, REJECTION, 32);
  memory.copy(MESSAGE + 32, CIPHERTEXT, CIPHERTEXT_BYTES);
  sponge(136, 0x1f, MESSAGE, 32 + CIPHERTEXT_BYTES);
  // All ones when the ciphertexts differ.
  const reject = 0 - ((different | (0 - different)) >> 63);
  for (let i: usize = 0; i < 32; i += 8) {
    store<u64>(SHARED + i, (load<u64>(SHARED + i) & ~reject) | (load<u64>(STATE + i) & reject));
  }
}
