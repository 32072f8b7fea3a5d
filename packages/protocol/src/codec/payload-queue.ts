// Payloads that wait to be taken by the stack, in order, and how many bytes they are. Whoever fills it bounds it: by
// stopping to receive while much is pending (PayloadEngine.pendingBytes).

export class PayloadQueue {
  #payloads: Uint8Array[] = [];
  #bytes = 0;

  get pendingBytes(): number {
    return this.#bytes;
  }

  push(payload: Uint8Array): void {
    this.#payloads.push(payload);
    this.#bytes += payload.length;
  }

  /** Everything, or the first payloads that make up `limitBytes`. */
  take(limitBytes = Infinity): Uint8Array[] {
    if (this.#bytes <= limitBytes) {
      const all = this.#payloads;
      this.#payloads = [];
      this.#bytes = 0;
      return all;
    }
    let count = 0;
    let bytes = 0;
    while (bytes < limitBytes) bytes += (this.#payloads[count++] as Uint8Array).length;
    this.#bytes -= bytes;
    return this.#payloads.splice(0, count);
  }
}
