// chacha20-poly1305@openssh.com (PROTOCOL.chacha20poly1305; RFC 8439 sections 2.3 and 2.5) in AssemblyScript with SIMD.
// One call seals or opens one packet in place. Keys live in slots behind the packet buffer; the caller sets and wipes them.
// tools/generate/wasm.ts compiles it into src/wasm/chacha-poly.ts.

// Memory: stash of a packet's first four blocks, stash owner, one-time key, then the packet, then the key slots.
const STASH: usize = 1024;
const BLOCK: usize = STASH + 256;
const PARTIAL: usize = BLOCK + 256;
const PACKET: usize = 4096 - 4;
const CAPACITY: u32 = 266240;
const SLOTS: usize = PACKET + 4 + CAPACITY;
const SLOT_BYTES: u32 = 64;

let stashSlot: u32 = 0xffffffff;
let stashSequence: u32 = 0;

export function packetAddress(): u32 {
  return <u32>PACKET;
}

/** Longest packet with its tag. */
export function packetCapacity(): u32 {
  return CAPACITY;
}

/** Where the 64-byte key of a slot belongs; memory grows as needed. */
export function slotAddress(slot: u32): u32 {
  const at = SLOTS + <usize>(slot * SLOT_BYTES);
  const pages = <i32>((at + SLOT_BYTES + 0xffff) >> 16);
  if (pages > memory.size()) memory.grow(pages - memory.size());
  return <u32>at;
}

/** Wipes a slot and what was derived from it. */
export function wipeSlot(slot: u32): void {
  memory.fill(SLOTS + <usize>(slot * SLOT_BYTES), 0, SLOT_BYTES);
  if (slot == stashSlot) {
    stashSlot = 0xffffffff;
    memory.fill(STASH, 0, PACKET - STASH);
  }
}

@inline
function rotate16(x: v128): v128 {
  return i8x16.shuffle(x, x, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
}

@inline
function rotate8(x: v128): v128 {
  return i8x16.shuffle(x, x, 3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14);
}

@inline
function rotate12(x: v128): v128 {
  return v128.or(i32x4.shl(x, 12), i32x4.shr_u(x, 20));
}

@inline
function rotate7(x: v128): v128 {
  return v128.or(i32x4.shl(x, 7), i32x4.shr_u(x, 25));
}

// Writes four words of four blocks that are spread over lanes: row r of block b goes to out + 64 b + at.
@inline
function store4(out: usize, at: usize, a: v128, b: v128, c: v128, d: v128): void {
  const ab0 = i8x16.shuffle(a, b, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23);
  const ab1 = i8x16.shuffle(a, b, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31);
  const cd0 = i8x16.shuffle(c, d, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23);
  const cd1 = i8x16.shuffle(c, d, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31);
  v128.store(out + at, i8x16.shuffle(ab0, cd0, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23));
  v128.store(out + at + 64, i8x16.shuffle(ab0, cd0, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31));
  v128.store(out + at + 128, i8x16.shuffle(ab1, cd1, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23));
  v128.store(out + at + 192, i8x16.shuffle(ab1, cd1, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31));
}

// Four key stream blocks to `out`. `first` mixes the header key into lane 0 (the packet's first group); otherwise every
// lane has the main key and counters run from `counter`.
function fourBlocks(key: usize, sequence: u32, counters: v128, first: bool, out: usize): void {
  let a0 = i32x4.splat(0x61707865), a1 = i32x4.splat(0x3320646e), a2 = i32x4.splat(0x79622d32), a3 = i32x4.splat(0x6b206574);
  let b0 = v128.load32_splat(key), b1 = v128.load32_splat(key + 4), b2 = v128.load32_splat(key + 8), b3 = v128.load32_splat(key + 12);
  let c0 = v128.load32_splat(key + 16), c1 = v128.load32_splat(key + 20), c2 = v128.load32_splat(key + 24), c3 = v128.load32_splat(key + 28);
  if (first) {
    b0 = i32x4.replace_lane(b0, 0, load<i32>(key + 32));
    b1 = i32x4.replace_lane(b1, 0, load<i32>(key + 36));
    b2 = i32x4.replace_lane(b2, 0, load<i32>(key + 40));
    b3 = i32x4.replace_lane(b3, 0, load<i32>(key + 44));
    c0 = i32x4.replace_lane(c0, 0, load<i32>(key + 48));
    c1 = i32x4.replace_lane(c1, 0, load<i32>(key + 52));
    c2 = i32x4.replace_lane(c2, 0, load<i32>(key + 56));
    c3 = i32x4.replace_lane(c3, 0, load<i32>(key + 60));
  }
  let d0 = counters, d1 = i32x4.splat(0), d2 = i32x4.splat(0), d3 = i32x4.splat(bswap<u32>(sequence));
  const i0 = b0, i1 = b1, i2 = b2, i3 = b3, i4 = c0, i5 = c1, i6 = c2, i7 = c3, i8 = d3;
  for (let round = 0; round < 10; round++) {
    a0 = i32x4.add(a0, b0); a1 = i32x4.add(a1, b1); a2 = i32x4.add(a2, b2); a3 = i32x4.add(a3, b3);
    d0 = rotate16(v128.xor(d0, a0)); d1 = rotate16(v128.xor(d1, a1)); d2 = rotate16(v128.xor(d2, a2)); d3 = rotate16(v128.xor(d3, a3));
    c0 = i32x4.add(c0, d0); c1 = i32x4.add(c1, d1); c2 = i32x4.add(c2, d2); c3 = i32x4.add(c3, d3);
    b0 = rotate12(v128.xor(b0, c0)); b1 = rotate12(v128.xor(b1, c1)); b2 = rotate12(v128.xor(b2, c2)); b3 = rotate12(v128.xor(b3, c3));
    a0 = i32x4.add(a0, b0); a1 = i32x4.add(a1, b1); a2 = i32x4.add(a2, b2); a3 = i32x4.add(a3, b3);
    d0 = rotate8(v128.xor(d0, a0)); d1 = rotate8(v128.xor(d1, a1)); d2 = rotate8(v128.xor(d2, a2)); d3 = rotate8(v128.xor(d3, a3));
    c0 = i32x4.add(c0, d0); c1 = i32x4.add(c1, d1); c2 = i32x4.add(c2, d2); c3 = i32x4.add(c3, d3);
    b0 = rotate7(v128.xor(b0, c0)); b1 = rotate7(v128.xor(b1, c1)); b2 = rotate7(v128.xor(b2, c2)); b3 = rotate7(v128.xor(b3, c3));
    a0 = i32x4.add(a0, b1); a1 = i32x4.add(a1, b2); a2 = i32x4.add(a2, b3); a3 = i32x4.add(a3, b0);
    d3 = rotate16(v128.xor(d3, a0)); d0 = rotate16(v128.xor(d0, a1)); d1 = rotate16(v128.xor(d1, a2)); d2 = rotate16(v128.xor(d2, a3));
    c2 = i32x4.add(c2, d3); c3 = i32x4.add(c3, d0); c0 = i32x4.add(c0, d1); c1 = i32x4.add(c1, d2);
    b1 = rotate12(v128.xor(b1, c2)); b2 = rotate12(v128.xor(b2, c3)); b3 = rotate12(v128.xor(b3, c0)); b0 = rotate12(v128.xor(b0, c1));
    a0 = i32x4.add(a0, b1); a1 = i32x4.add(a1, b2); a2 = i32x4.add(a2, b3); a3 = i32x4.add(a3, b0);
    d3 = rotate8(v128.xor(d3, a0)); d0 = rotate8(v128.xor(d0, a1)); d1 = rotate8(v128.xor(d1, a2)); d2 = rotate8(v128.xor(d2, a3));
    c2 = i32x4.add(c2, d3); c3 = i32x4.add(c3, d0); c0 = i32x4.add(c0, d1); c1 = i32x4.add(c1, d2);
    b1 = rotate7(v128.xor(b1, c2)); b2 = rotate7(v128.xor(b2, c3)); b3 = rotate7(v128.xor(b3, c0)); b0 = rotate7(v128.xor(b0, c1));
  }
  store4(out, 0, i32x4.add(a0, i32x4.splat(0x61707865)), i32x4.add(a1, i32x4.splat(0x3320646e)),
    i32x4.add(a2, i32x4.splat(0x79622d32)), i32x4.add(a3, i32x4.splat(0x6b206574)));
  store4(out, 16, i32x4.add(b0, i0), i32x4.add(b1, i1), i32x4.add(b2, i2), i32x4.add(b3, i3));
  store4(out, 32, i32x4.add(c0, i4), i32x4.add(c1, i5), i32x4.add(c2, i6), i32x4.add(c3, i7));
  store4(out, 48, i32x4.add(d0, counters), d1, d2, i32x4.add(d3, i8));
}

// The packet's first four blocks: header key stream, one-time Poly1305 key, the first 128 bytes of body key stream.
function prepare(slot: u32, sequence: u32): void {
  if (slot == stashSlot && sequence == stashSequence) return;
  fourBlocks(SLOTS + <usize>(slot * SLOT_BYTES), sequence, i32x4(0, 0, 1, 2), true, STASH);
  stashSlot = slot;
  stashSequence = sequence;
}

// XORs `bytes` of key stream at `stream` into `at`.
function mix(at: usize, stream: usize, bytes: u32): void {
  let done: u32 = 0;
  for (; done + 16 <= bytes; done += 16) v128.store(at + done, v128.xor(v128.load(at + done), v128.load(stream + done)));
  for (; done < bytes; done++) store<u8>(at + done, load<u8>(at + done) ^ load<u8>(stream + done));
}

// En- or decrypts the whole packet of `bytes`, length field included.
function applyStream(slot: u32, sequence: u32, bytes: u32): void {
  store<u32>(PACKET, load<u32>(PACKET) ^ load<u32>(STASH));
  const body = bytes - 4;
  mix(PACKET + 4, STASH + 128, min<u32>(body, 128));
  let counter: i32 = 3;
  for (let done: u32 = 128; done < body; done += 256) {
    fourBlocks(SLOTS + <usize>(slot * SLOT_BYTES), sequence, i32x4.add(i32x4.splat(counter), i32x4(0, 1, 2, 3)), false, BLOCK);
    mix(PACKET + 4 + done, BLOCK, min<u32>(body - done, 256));
    counter += 4;
  }
}

// Poly1305 over `bytes` at PACKET with the one-time key at `key`; the tag goes to `out`.
function authenticate(key: usize, bytes: u32, out: usize): void {
  const r0: u64 = load<u32>(key) & 0x3ffffff, r1: u64 = (load<u32>(key, 3) >> 2) & 0x3ffff03;
  const r2: u64 = (load<u32>(key, 6) >> 4) & 0x3ffc0ff, r3: u64 = (load<u32>(key, 9) >> 6) & 0x3f03fff;
  const r4: u64 = (load<u32>(key, 12) >> 8) & 0x00fffff;
  const s1 = r1 * 5, s2 = r2 * 5, s3 = r3 * 5, s4 = r4 * 5;
  let h0: u64 = 0, h1: u64 = 0, h2: u64 = 0, h3: u64 = 0, h4: u64 = 0;
  let at = PACKET;
  let left = bytes;
  let top: u64 = 1 << 24;
  while (left > 0) {
    if (left < 16) {
      memory.fill(PARTIAL, 0, 16);
      memory.copy(PARTIAL, at, left);
      store<u8>(PARTIAL + left, 1);
      at = PARTIAL;
      left = 16;
      top = 0;
    }
    h0 += load<u32>(at) & 0x3ffffff;
    h1 += (load<u32>(at, 3) >> 2) & 0x3ffffff;
    h2 += (load<u32>(at, 6) >> 4) & 0x3ffffff;
    h3 += (load<u32>(at, 9) >> 6) & 0x3ffffff;
    h4 += (load<u32>(at, 12) >> 8) | top;
    let d0 = h0 * r0 + h1 * s4 + h2 * s3 + h3 * s2 + h4 * s1;
    let d1 = h0 * r1 + h1 * r0 + h2 * s4 + h3 * s3 + h4 * s2;
    let d2 = h0 * r2 + h1 * r1 + h2 * r0 + h3 * s4 + h4 * s3;
    let d3 = h0 * r3 + h1 * r2 + h2 * r1 + h3 * r0 + h4 * s4;
    let d4 = h0 * r4 + h1 * r3 + h2 * r2 + h3 * r1 + h4 * r0;
    d1 += d0 >> 26; h0 = d0 & 0x3ffffff;
    d2 += d1 >> 26; h1 = d1 & 0x3ffffff;
    d3 += d2 >> 26; h2 = d2 & 0x3ffffff;
    d4 += d3 >> 26; h3 = d3 & 0x3ffffff;
    h0 += (d4 >> 26) * 5; h4 = d4 & 0x3ffffff;
    h1 += h0 >> 26; h0 &= 0x3ffffff;
    at += 16;
    left -= 16;
  }
  finish(key, out, h0, h1, h2, h3, h4);
}

// Reduces modulo 2^130 - 5 without a branch, adds the second half of the key, stores 16 bytes.
function finish(key: usize, out: usize, a0: u64, a1: u64, a2: u64, a3: u64, a4: u64): void {
  let h0 = a0, h1 = a1, h2 = a2, h3 = a3, h4 = a4;
  h2 += h1 >> 26; h1 &= 0x3ffffff;
  h3 += h2 >> 26; h2 &= 0x3ffffff;
  h4 += h3 >> 26; h3 &= 0x3ffffff;
  h0 += (h4 >> 26) * 5; h4 &= 0x3ffffff;
  h1 += h0 >> 26; h0 &= 0x3ffffff;
  let g0 = h0 + 5;
  let g1 = h1 + (g0 >> 26); g0 &= 0x3ffffff;
  let g2 = h2 + (g1 >> 26); g1 &= 0x3ffffff;
  let g3 = h3 + (g2 >> 26); g2 &= 0x3ffffff;
  let g4 = h4 + (g3 >> 26); g3 &= 0x3ffffff;
  const keep = (g4 >> 26) - 1;
  g4 &= 0x3ffffff;
  h0 = (h0 & keep) | (g0 & ~keep);
  h1 = (h1 & keep) | (g1 & ~keep);
  h2 = (h2 & keep) | (g2 & ~keep);
  h3 = (h3 & keep) | (g3 & ~keep);
  h4 = (h4 & keep) | (g4 & ~keep);
  let sum = ((h0 | (h1 << 26)) & 0xffffffff) + load<u32>(key, 16);
  store<u32>(out, <u32>sum);
  sum = (((h1 >> 6) | (h2 << 20)) & 0xffffffff) + load<u32>(key, 20) + (sum >> 32);
  store<u32>(out, <u32>sum, 4);
  sum = (((h2 >> 12) | (h3 << 14)) & 0xffffffff) + load<u32>(key, 24) + (sum >> 32);
  store<u32>(out, <u32>sum, 8);
  sum = (((h3 >> 18) | (h4 << 8)) & 0xffffffff) + load<u32>(key, 28) + (sum >> 32);
  store<u32>(out, <u32>sum, 12);
}

/** The packet length that `hidden` (the first four bytes, read as little endian) stands for. */
export function packetLength(slot: u32, sequence: u32, hidden: u32): u32 {
  prepare(slot, sequence);
  return bswap<u32>(hidden ^ load<u32>(STASH));
}

/** Encrypts the packet of `bytes` at packetAddress() and appends its tag. */
export function seal(slot: u32, sequence: u32, bytes: u32): void {
  prepare(slot, sequence);
  applyStream(slot, sequence, bytes);
  authenticate(STASH + 64, bytes, PACKET + bytes);
}

/** Checks the tag behind the packet, then decrypts it; 0 when the tag is wrong. */
export function open(slot: u32, sequence: u32, bytes: u32): u32 {
  prepare(slot, sequence);
  authenticate(STASH + 64, bytes, BLOCK);
  const wrong = v128.any_true(v128.xor(v128.load(BLOCK), v128.load(PACKET + bytes)));
  if (wrong) return 0;
  applyStream(slot, sequence, bytes);
  return 1;
}
