// chacha20-poly1305@openssh.com (PROTOCOL.chacha20poly1305; RFC 8439 sections 2.3 and 2.5) in AssemblyScript with SIMD.
// One call seals or opens one packet in place. ChaCha20 runs on the vector unit, three blocks side by side (what fits
// sixteen registers), and Poly1305 on the integer unit in the same loop, so that the processor does both at once.
// tools/generate.ts compiles it into src/wasm/chacha-poly.ts.

// Memory: a packet's first three blocks, spare key stream, the MAC's state, then the packet, then the key slots.
const STASH: usize = 1024;
const SPARE: usize = STASH + 192;
const PARTIAL: usize = SPARE + 192;
const HASH: usize = PARTIAL + 32;
const POWER: usize = HASH + 48;
const WORK_END: usize = POWER + 72;
const PACKET: usize = 4096 - 4;
const CAPACITY: u32 = 266240;
const SLOTS: usize = PACKET + 4 + CAPACITY;
const SLOT_BYTES: u32 = 64;

const GROUP: u32 = 192;
const STASHED_BODY: u32 = 64;
const LIMB: u64 = 0x3ffffff;

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
    memory.fill(STASH, 0, WORK_END - STASH);
  }
}

@inline
function rotate16(x: v128): v128 {
  return i8x16.swizzle(x, i8x16(2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));
}

@inline
function rotate12(x: v128): v128 {
  return v128.or(i32x4.shl(x, 12), i32x4.shr_u(x, 20));
}

@inline
function rotate8(x: v128): v128 {
  return i8x16.swizzle(x, i8x16(3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14));
}

@inline
function rotate7(x: v128): v128 {
  return v128.or(i32x4.shl(x, 7), i32x4.shr_u(x, 25));
}

@inline
function lanes1(x: v128): v128 {
  return i8x16.shuffle(x, x, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3);
}

@inline
function lanes2(x: v128): v128 {
  return i8x16.shuffle(x, x, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
}

@inline
function lanes3(x: v128): v128 {
  return i8x16.shuffle(x, x, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
}

// Row 3 of a block's state: the low word of the counter and the sequence number as a big-endian nonce.
@inline
function counterRow(counter: i32, sequence: u32): v128 {
  return i32x4.replace_lane(i32x4.replace_lane(i32x4.splat(0), 0, counter), 3, bswap<u32>(sequence));
}

@inline
function mixRow(at: usize, row: v128): void {
  v128.store(at, v128.xor(v128.load(at), row));
}

// Takes 16 bytes and `top` (2^128 in the uppermost limb) into the MAC. State and key stay in memory: constant addresses
// need no registers, and nothing here is faster than the vector code beside it.
@inline
function absorb(at: usize, top: u64): void {
  const h0 = load<u64>(HASH) + (load<u32>(at) & LIMB);
  const h1 = load<u64>(HASH, 8) + ((load<u32>(at, 3) >> 2) & LIMB);
  const h2 = load<u64>(HASH, 16) + ((load<u32>(at, 6) >> 4) & LIMB);
  const h3 = load<u64>(HASH, 24) + ((load<u32>(at, 9) >> 6) & LIMB);
  const h4 = load<u64>(HASH, 32) + ((load<u32>(at, 12) >> 8) | top);
  const r0 = load<u64>(POWER), r1 = load<u64>(POWER, 8), r2 = load<u64>(POWER, 16), r3 = load<u64>(POWER, 24), r4 = load<u64>(POWER, 32);
  const s1 = load<u64>(POWER, 40), s2 = load<u64>(POWER, 48), s3 = load<u64>(POWER, 56), s4 = load<u64>(POWER, 64);
  const d0 = h0 * r0 + h1 * s4 + h2 * s3 + h3 * s2 + h4 * s1;
  const d1 = h0 * r1 + h1 * r0 + h2 * s4 + h3 * s3 + h4 * s2 + (d0 >> 26);
  const d2 = h0 * r2 + h1 * r1 + h2 * r0 + h3 * s4 + h4 * s3 + (d1 >> 26);
  const d3 = h0 * r3 + h1 * r2 + h2 * r1 + h3 * r0 + h4 * s4 + (d2 >> 26);
  const d4 = h0 * r4 + h1 * r3 + h2 * r2 + h3 * r1 + h4 * r0 + (d3 >> 26);
  const low = (d0 & LIMB) + (d4 >> 26) * 5;
  store<u64>(HASH, low & LIMB);
  store<u64>(HASH, (d1 & LIMB) + (low >> 26), 8);
  store<u64>(HASH, d2 & LIMB, 16);
  store<u64>(HASH, d3 & LIMB, 24);
  store<u64>(HASH, d4 & LIMB, 32);
}

// XORs `count` groups of three key stream blocks into `out`, and takes as many bytes from `mac` into the MAC if that is not 0.
// Block 0 has the key at `firstKey`, the others the one at `key`; `counter` is that of block 1.
function groups(firstKey: usize, key: usize, sequence: u32, counter: i32, count: u32, out: usize, mac: usize): void {
  const constants = i32x4(0x61707865, 0x3320646e, 0x79622d32, 0x6b206574);
  for (; count > 0; count--) {
    let a0 = constants, b0 = v128.load(firstKey), c0 = v128.load(firstKey, 16), d0 = counterRow(max(counter - 1, 0), sequence);
    let a1 = constants, b1 = v128.load(key), c1 = v128.load(key, 16), d1 = counterRow(counter, sequence);
    let a2 = constants, b2 = b1, c2 = c1, d2 = counterRow(counter + 1, sequence);
    for (let round = 0; round < 10; round++) {
      a0 = i32x4.add(a0, b0); d0 = rotate16(v128.xor(d0, a0)); a1 = i32x4.add(a1, b1); d1 = rotate16(v128.xor(d1, a1)); a2 = i32x4.add(a2, b2); d2 = rotate16(v128.xor(d2, a2));
      c0 = i32x4.add(c0, d0); b0 = rotate12(v128.xor(b0, c0)); c1 = i32x4.add(c1, d1); b1 = rotate12(v128.xor(b1, c1)); c2 = i32x4.add(c2, d2); b2 = rotate12(v128.xor(b2, c2));
      a0 = i32x4.add(a0, b0); d0 = rotate8(v128.xor(d0, a0)); a1 = i32x4.add(a1, b1); d1 = rotate8(v128.xor(d1, a1)); a2 = i32x4.add(a2, b2); d2 = rotate8(v128.xor(d2, a2));
      c0 = i32x4.add(c0, d0); b0 = rotate7(v128.xor(b0, c0)); c1 = i32x4.add(c1, d1); b1 = rotate7(v128.xor(b1, c1)); c2 = i32x4.add(c2, d2); b2 = rotate7(v128.xor(b2, c2));
      a0 = lanes3(a0); d0 = lanes2(d0); c0 = lanes1(c0); a1 = lanes3(a1); d1 = lanes2(d1); c1 = lanes1(c1); a2 = lanes3(a2); d2 = lanes2(d2); c2 = lanes1(c2);
      a0 = i32x4.add(a0, b0); d0 = rotate16(v128.xor(d0, a0)); a1 = i32x4.add(a1, b1); d1 = rotate16(v128.xor(d1, a1)); a2 = i32x4.add(a2, b2); d2 = rotate16(v128.xor(d2, a2));
      c0 = i32x4.add(c0, d0); b0 = rotate12(v128.xor(b0, c0)); c1 = i32x4.add(c1, d1); b1 = rotate12(v128.xor(b1, c1)); c2 = i32x4.add(c2, d2); b2 = rotate12(v128.xor(b2, c2));
      a0 = i32x4.add(a0, b0); d0 = rotate8(v128.xor(d0, a0)); a1 = i32x4.add(a1, b1); d1 = rotate8(v128.xor(d1, a1)); a2 = i32x4.add(a2, b2); d2 = rotate8(v128.xor(d2, a2));
      c0 = i32x4.add(c0, d0); b0 = rotate7(v128.xor(b0, c0)); c1 = i32x4.add(c1, d1); b1 = rotate7(v128.xor(b1, c1)); c2 = i32x4.add(c2, d2); b2 = rotate7(v128.xor(b2, c2));
      a0 = lanes1(a0); d0 = lanes2(d0); c0 = lanes3(c0); a1 = lanes1(a1); d1 = lanes2(d1); c1 = lanes3(c1); a2 = lanes1(a2); d2 = lanes2(d2); c2 = lanes3(c2);
      if (mac) {
        absorb(mac, 1 << 24);
        mac += 16;
      }
    }
    if (mac) {
      absorb(mac, 1 << 24);
      absorb(mac + 16, 1 << 24);
      mac += 32;
    }
    mixRow(out, i32x4.add(a0, constants));
    mixRow(out + 16, i32x4.add(b0, v128.load(firstKey)));
    mixRow(out + 32, i32x4.add(c0, v128.load(firstKey, 16)));
    mixRow(out + 48, i32x4.add(d0, counterRow(max(counter - 1, 0), sequence)));
    mixRow(out + 64, i32x4.add(a1, constants));
    mixRow(out + 80, i32x4.add(b1, v128.load(key)));
    mixRow(out + 96, i32x4.add(c1, v128.load(key, 16)));
    mixRow(out + 112, i32x4.add(d1, counterRow(counter, sequence)));
    mixRow(out + 128, i32x4.add(a2, constants));
    mixRow(out + 144, i32x4.add(b2, v128.load(key)));
    mixRow(out + 160, i32x4.add(c2, v128.load(key, 16)));
    mixRow(out + 176, i32x4.add(d2, counterRow(counter + 1, sequence)));
    out += GROUP;
    counter += 3;
  }
}

// The packet's first three blocks: header key stream, one-time MAC key, the first 64 bytes of body key stream.
function prepare(slot: u32, sequence: u32): void {
  if (slot == stashSlot && sequence == stashSequence) return;
  const key = SLOTS + <usize>(slot * SLOT_BYTES);
  memory.fill(STASH, 0, GROUP);
  groups(key + 32, key, sequence, 0, 1, STASH, 0);
  stashSlot = slot;
  stashSequence = sequence;
}

// Sets the MAC to its start: clamped r in limbs of 26 bits, and five times each for the reduction.
function startMac(): void {
  const key = STASH + 64;
  const r1: u64 = (load<u32>(key, 3) >> 2) & 0x3ffff03, r2: u64 = (load<u32>(key, 6) >> 4) & 0x3ffc0ff;
  const r3: u64 = (load<u32>(key, 9) >> 6) & 0x3f03fff, r4: u64 = (load<u32>(key, 12) >> 8) & 0x00fffff;
  store<u64>(POWER, load<u32>(key) & LIMB);
  store<u64>(POWER, r1, 8);
  store<u64>(POWER, r2, 16);
  store<u64>(POWER, r3, 24);
  store<u64>(POWER, r4, 32);
  store<u64>(POWER, r1 * 5, 40);
  store<u64>(POWER, r2 * 5, 48);
  store<u64>(POWER, r3 * 5, 56);
  store<u64>(POWER, r4 * 5, 64);
  memory.fill(HASH, 0, 40);
}

// Takes the rest of the packet, from `at` to `end`, into the MAC and stores the tag at `out`.
function finishMac(at: usize, end: usize, out: usize): void {
  for (; at + 16 <= end; at += 16) absorb(at, 1 << 24);
  if (at < end) {
    const left = end - at;
    memory.fill(PARTIAL, 0, 16);
    memory.copy(PARTIAL, at, left);
    store<u8>(PARTIAL + left, 1);
    absorb(PARTIAL, 0);
  }
  storeTag(out);
}

// Reduces modulo 2^130 - 5 without a branch, adds the second half of the one-time key, stores 16 bytes.
function storeTag(out: usize): void {
  let h0 = load<u64>(HASH), h1 = load<u64>(HASH, 8), h2 = load<u64>(HASH, 16), h3 = load<u64>(HASH, 24), h4 = load<u64>(HASH, 32);
  h2 += h1 >> 26; h1 &= LIMB;
  h3 += h2 >> 26; h2 &= LIMB;
  h4 += h3 >> 26; h3 &= LIMB;
  h0 += (h4 >> 26) * 5; h4 &= LIMB;
  h1 += h0 >> 26; h0 &= LIMB;
  let g0 = h0 + 5;
  let g1 = h1 + (g0 >> 26); g0 &= LIMB;
  let g2 = h2 + (g1 >> 26); g1 &= LIMB;
  let g3 = h3 + (g2 >> 26); g2 &= LIMB;
  let g4 = h4 + (g3 >> 26); g3 &= LIMB;
  const keep = (g4 >> 26) - 1;
  g4 &= LIMB;
  h0 = (h0 & keep) | (g0 & ~keep);
  h1 = (h1 & keep) | (g1 & ~keep);
  h2 = (h2 & keep) | (g2 & ~keep);
  h3 = (h3 & keep) | (g3 & ~keep);
  h4 = (h4 & keep) | (g4 & ~keep);
  const pad = STASH + 80;
  let sum = ((h0 | (h1 << 26)) & 0xffffffff) + load<u32>(pad);
  store<u32>(out, <u32>sum);
  sum = (((h1 >> 6) | (h2 << 20)) & 0xffffffff) + load<u32>(pad, 4) + (sum >> 32);
  store<u32>(out, <u32>sum, 4);
  sum = (((h2 >> 12) | (h3 << 14)) & 0xffffffff) + load<u32>(pad, 8) + (sum >> 32);
  store<u32>(out, <u32>sum, 8);
  sum = (((h3 >> 18) | (h4 << 8)) & 0xffffffff) + load<u32>(pad, 12) + (sum >> 32);
  store<u32>(out, <u32>sum, 12);
}

// XORs `bytes` of key stream at `stream` into `at`.
function mix(at: usize, stream: usize, bytes: u32): void {
  let done: u32 = 0;
  for (; done + 16 <= bytes; done += 16) mixRow(at + done, v128.load(stream + done));
  for (; done < bytes; done++) store<u8>(at + done, load<u8>(at + done) ^ load<u8>(stream + done));
}

// The length field and what the stash has for the body.
function mixStart(body: u32): void {
  store<u32>(PACKET, load<u32>(PACKET) ^ load<u32>(STASH));
  mix(PACKET + 4, STASH + 128, min<u32>(body, STASHED_BODY));
}

// The body from `done` on, up to a group, by way of spare key stream.
function mixEnd(key: usize, sequence: u32, done: u32, bytes: u32, mac: usize): void {
  memory.fill(SPARE, 0, GROUP);
  groups(key, key, sequence, 3 + <i32>((done - STASHED_BODY) >> 6), 1, SPARE, mac);
  mix(PACKET + 4 + done, SPARE, bytes);
}

/** The packet length that `hidden` (the first four bytes, read as little endian) stands for. */
export function packetLength(slot: u32, sequence: u32, hidden: u32): u32 {
  prepare(slot, sequence);
  return bswap<u32>(hidden ^ load<u32>(STASH));
}

/** Encrypts the packet of `bytes` at packetAddress() and appends its tag. The MAC runs one group behind. */
export function seal(slot: u32, sequence: u32, bytes: u32): void {
  prepare(slot, sequence);
  startMac();
  const key = SLOTS + <usize>(slot * SLOT_BYTES);
  const body = bytes - 4;
  mixStart(body);
  let mac = PACKET;
  if (body > STASHED_BODY) {
    const whole = (body - STASHED_BODY) / GROUP;
    const done = STASHED_BODY + whole * GROUP;
    if (whole > 0) {
      groups(key, key, sequence, 3, 1, PACKET + 4 + STASHED_BODY, 0);
      groups(key, key, sequence, 6, whole - 1, PACKET + 4 + STASHED_BODY + GROUP, mac);
      mac += GROUP * (whole - 1);
    }
    if (done < body) {
      mixEnd(key, sequence, done, body - done, whole > 0 ? mac : 0);
      if (whole > 0) mac += GROUP;
    }
  }
  finishMac(mac, PACKET + bytes, PACKET + bytes);
}

/**
 * Checks the tag behind the packet and decrypts it; 0 when the tag is wrong, and then what the packet holds is of no use.
 * The MAC runs ahead: five blocks before the first 68 bytes are decrypted, then a group before each group.
 */
export function open(slot: u32, sequence: u32, bytes: u32): u32 {
  prepare(slot, sequence);
  startMac();
  const key = SLOTS + <usize>(slot * SLOT_BYTES);
  const body = bytes - 4;
  const whole: u32 = bytes < 80 ? 0 : (bytes - 80) / GROUP;
  let mac = PACKET;
  if (whole > 0) {
    for (; mac < PACKET + 80; mac += 16) absorb(mac, 1 << 24);
    mixStart(body);
    groups(key, key, sequence, 3, whole, PACKET + 4 + STASHED_BODY, mac);
    mac += GROUP * whole;
  }
  finishMac(mac, PACKET + bytes, SPARE);
  if (v128.any_true(v128.xor(v128.load(SPARE), v128.load(PACKET + bytes)))) return 0;
  if (whole == 0) mixStart(body);
  for (let done = STASHED_BODY + whole * GROUP; done < body; done += GROUP) {
    mixEnd(key, sequence, done, min<u32>(body - done, GROUP), 0);
  }
  return 1;
}
