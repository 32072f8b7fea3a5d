// chacha20-poly1305@openssh.com (PROTOCOL.chacha20poly1305) by our own WebAssembly module (wasm/chacha-poly.as): one
// call a packet, which is copied into the module's memory and back. Keys stay there, in slots that free() wipes.

import type { ChachaPolyCipher } from '@sallyport/protocol/algorithms/crypto-provider';
import { chachaPolyWasm } from './wasm/chacha-poly.ts';
import { instantiate, type WasmMemory } from './wasm-module.ts';

/** The same for key files. */
export { chachaPolyBlob } from './chacha-poly-blob.ts';

interface ChachaPolyExports {
  readonly memory: WasmMemory;
  packetAddress(): number;
  packetCapacity(): number;
  slotAddress(slot: number): number;
  wipeSlot(slot: number): void;
  packetLength(slot: number, sequenceNumber: number, hidden: number): number;
  seal(slot: number, sequenceNumber: number, bytes: number): void;
  open(slot: number, sequenceNumber: number, bytes: number): number;
}

const keyBytes = 64;
const tagBytes = 16;

/** One module instance and the key slots in it. */
export class ChachaPolyModule {
  readonly #exports: ChachaPolyExports;
  readonly #packetAt: number;
  readonly #longestPacketBytes: number;
  readonly #freeSlots: number[] = [];
  #slotCount = 0;
  #memory: Uint8Array;

  constructor() {
    this.#exports = instantiate(chachaPolyWasm) as ChachaPolyExports;
    this.#packetAt = this.#exports.packetAddress();
    this.#longestPacketBytes = this.#exports.packetCapacity() - tagBytes;
    this.#memory = new Uint8Array(this.#exports.memory.buffer);
  }

  cipher(key: Uint8Array): ChachaPolyCipher {
    if (key.length !== keyBytes) throw new RangeError('chacha20-poly1305@openssh.com has keys of 64 bytes');
    let slot = this.#claim(key);
    const wasm = this.#exports;
    const used = (): number => {
      if (slot < 0) throw new Error('cipher was freed');
      return slot;
    };
    return {
      packetLength: (sequenceNumber, packet) => {
        const hidden = new DataView(packet.buffer, packet.byteOffset, 4).getUint32(0, true);
        return wasm.packetLength(used(), sequenceNumber, hidden) >>> 0;
      },
      seal: (sequenceNumber, packet, tag) => {
        this.#enter(packet);
        wasm.seal(used(), sequenceNumber, packet.length);
        const end = this.#packetAt + packet.length;
        packet.set(this.#memory.subarray(this.#packetAt, end));
        tag.set(this.#memory.subarray(end, end + tagBytes));
      },
      open: (sequenceNumber, packet, tag) => {
        this.#enter(packet);
        const end = this.#packetAt + packet.length;
        this.#memory.set(tag, end);
        if (wasm.open(used(), sequenceNumber, packet.length) === 0) return false;
        packet.set(this.#memory.subarray(this.#packetAt, end));
        return true;
      },
      free: () => {
        if (slot < 0) return;
        wasm.wipeSlot(slot);
        this.#freeSlots.push(slot);
        slot = -1;
      },
    };
  }

  #claim(key: Uint8Array): number {
    const slot = this.#freeSlots.pop() ?? this.#slotCount++;
    const at = this.#exports.slotAddress(slot);
    if (this.#memory.buffer !== this.#exports.memory.buffer) this.#memory = new Uint8Array(this.#exports.memory.buffer);
    this.#memory.set(key, at);
    return slot;
  }

  #enter(packet: Uint8Array): void {
    if (packet.length < 4 || packet.length > this.#longestPacketBytes) throw new RangeError('packet length');
    this.#memory.set(packet, this.#packetAt);
  }
}
