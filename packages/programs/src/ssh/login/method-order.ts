// Which authentication method comes next (PreferredAuthentications): the first that the user prefers, the server takes
// and that has not run out; from the beginning again when the server's list changes, as after a partial success.

import type { LogSink } from '@sallyport/protocol/log/log';
import { visible } from '@sallyport/protocol/log/log';

export class MethodOrder<Name extends string> {
  readonly #preferred: readonly string[];
  readonly #enabled: Set<Name>;
  readonly #log: LogSink;
  #taken: readonly string[] = [];
  #left: readonly string[] = [];
  #current: Name | undefined;

  /** `enabled` are those that we can do; names of `preferred` beyond them are passed over. */
  constructor(options: {
    readonly preferred: readonly string[];
    readonly enabled: readonly Name[];
    readonly log: LogSink;
  }) {
    this.#preferred = options.preferred;
    this.#enabled = new Set(options.enabled);
    this.#log = options.log;
  }

  /** The method that next() gave last. */
  get current(): Name | undefined {
    return this.#current;
  }

  /** The method that is tried or none, whatever the server takes; undefined when there are several. */
  get only(): Name | undefined {
    const possible = this.#preferred.filter((name): name is Name => this.#enabled.has(name as Name));
    return possible.length === 1 ? possible[0] : undefined;
  }

  /** The method to go on with; undefined when there is none left. */
  next(taken: readonly string[]): Name | undefined {
    if (taken.join(',') !== this.#taken.join(',')) {
      this.#taken = taken;
      this.#left = this.#preferred;
      this.#current = undefined;
    }
    if (this.#current !== undefined && this.#enabled.has(this.#current)) return this.#current;
    for (const [index, name] of this.#left.entries()) {
      if (!taken.includes(name) || !this.#enabled.has(name as Name)) continue;
      this.#left = this.#left.slice(index + 1);
      this.#current = name as Name;
      this.#log('debug1', `Next authentication method: ${visible(name)}`);
      return this.#current;
    }
    this.#log('debug1', 'No more authentication methods to try.');
    this.#current = undefined;
    return undefined;
  }

  /** The method has nothing more to try. */
  disable(name: Name): void {
    this.#enabled.delete(name);
  }
}
