// The user's terminal while a remote one is attached to it: raw mode in, the user's own settings back on every way out
// of the process, size, and suspension (termios(3), ioctl_tty(2)).

import type { TerminalMode } from '@sallyport/protocol/terminal/terminal-modes';
import type { WindowSize } from '@sallyport/system/pty';
import { windowSize } from '@sallyport/system/pty';
import { SystemError } from '@sallyport/system/system-error';
import type { TerminalSettings } from '@sallyport/system/terminal';
import { modesOf, rawSettings, setTerminalSettings, terminalSettings } from '@sallyport/system/terminal';

const noSize: WindowSize = { columns: 0, rows: 0, widthPixels: 0, heightPixels: 0 };

export class LocalTerminal {
  readonly #fd: number;
  readonly #rawOf: (settings: TerminalSettings) => TerminalSettings;
  readonly #settings: TerminalSettings | undefined;
  #isRaw = false;
  readonly #leaveAtExit = (): void => this.leaveRaw();

  /**
   * A descriptor that is no terminal has no size and no modes, and raw mode changes nothing. `rawOf` makes the settings
   * of raw mode from the user's; those of a remote terminal unless told.
   */
  constructor(fd: number, rawOf: (settings: TerminalSettings) => TerminalSettings = rawSettings) {
    this.#fd = fd;
    this.#rawOf = rawOf;
    this.#settings = unlessNoTerminal(() => terminalSettings(fd));
  }

  /** As they were when this object was made. */
  get modes(): readonly TerminalMode[] {
    return this.#settings === undefined ? [] : modesOf(this.#settings);
  }

  get size(): WindowSize {
    return unlessNoTerminal(() => windowSize(this.#fd)) ?? noSize;
  }

  enterRaw(): void {
    if (this.#isRaw || this.#settings === undefined) return;
    this.#isRaw = true;
    process.on('exit', this.#leaveAtExit);
    this.#set(this.#rawOf(this.#settings));
  }

  leaveRaw(): void {
    if (!this.#isRaw || this.#settings === undefined) return;
    this.#isRaw = false;
    process.off('exit', this.#leaveAtExit);
    this.#set(this.#settings);
  }

  /** Stops the process as the shell's job control does; returns when it goes on. */
  suspend(): void {
    const wasRaw = this.#isRaw;
    this.leaveRaw();
    process.kill(process.pid, 'SIGTSTP');
    if (wasRaw) this.enterRaw();
  }

  /** A terminal that has hung up cannot be set, and need not be. */
  #set(settings: TerminalSettings): void {
    unlessNoTerminal(() => setTerminalSettings(this.#fd, settings, 'when-written'));
  }
}

function unlessNoTerminal<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (error instanceof SystemError) return undefined;
    throw error;
  }
}
