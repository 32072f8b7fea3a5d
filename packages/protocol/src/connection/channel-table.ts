// The channels of a connection by our number. A number is given out again only when the owner has been told that its
// channel is gone, so that no command can reach another channel than the owner means.

import type { Channel } from './channel.ts';

export class ChannelTable {
  readonly #channels: (Channel | undefined)[] = [];
  readonly #free: number[] = [];
  /** Numbers whose channel is gone but whose owner has not been told. */
  readonly #leaving = new Set<number>();
  readonly #reserved = new Set<number>();
  #size = 0;

  /** Channels in any phase. */
  get size(): number {
    return this.#size;
  }

  get(number: number): Channel | undefined {
    return this.#channels[number];
  }

  isLeaving(number: number): boolean {
    return this.#leaving.has(number);
  }

  reserve(): number {
    const number = this.#free.pop() ?? this.#channels.push(undefined) - 1;
    this.#reserved.add(number);
    return number;
  }

  add(channel: Channel): void {
    if (!this.#reserved.delete(channel.number)) throw new Error(`channel number ${channel.number} is not reserved`);
    this.#channels[channel.number] = channel;
    this.#size++;
  }

  /** The channel is gone; its number stays taken until release(). */
  remove(number: number): void {
    if (this.#channels[number] === undefined) return;
    this.#channels[number] = undefined;
    this.#size--;
    this.#leaving.add(number);
  }

  /** The reserved number of a channel that was not to be. */
  cancel(number: number): void {
    if (this.#reserved.delete(number)) this.#leaving.add(number);
  }

  /** The owner knows: the number may be given out again. */
  release(number: number): void {
    if (this.#leaving.delete(number)) this.#free.push(number);
  }
}
