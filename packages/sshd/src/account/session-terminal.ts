// The pseudo-terminal of a session: opened by the user's own process, with the modes and the size that the client
// sent.

import type { PtyRequest, WindowSize } from '@sallyport/protocol/messages/channel-requests';
import { decodeTerminalModes } from '@sallyport/protocol/terminal/terminal-modes';
import { closeDescriptor } from '@sallyport/system/descriptors';
import type { Pty } from '@sallyport/system/pty';
import { openPty, setWindowSize } from '@sallyport/system/pty';
import { SystemError } from '@sallyport/system/system-error';
import { setTerminalSettings, terminalSettings, withModes } from '@sallyport/system/terminal';

export class SessionTerminal {
  readonly term: string;
  readonly #pty: Pty;
  #slaveOpen = true;
  #masterGiven = false;

  private constructor(term: string, pty: Pty) {
    this.term = term;
    this.#pty = pty;
  }

  /** undefined when the system has no terminal to give. */
  static open(request: PtyRequest): SessionTerminal | undefined {
    try {
      const pty = openPty(request);
      const modes = decodeTerminalModes(request.modes);
      setTerminalSettings(pty.slaveFd, withModes(terminalSettings(pty.slaveFd), modes), 'now');
      return new SessionTerminal(request.term, pty);
    } catch (error) {
      if (error instanceof SystemError) return undefined;
      throw error;
    }
  }

  get path(): string {
    return this.#pty.path;
  }

  /** The master, which is closed by who takes it. */
  takeMaster(): number {
    this.#masterGiven = true;
    return this.#pty.masterFd;
  }

  resize(size: WindowSize): void {
    setWindowSize(this.#pty.masterFd, size);
  }

  /** The program has the terminal, or has ended: our slave is not needed to keep the master alive. */
  closeSlave(): void {
    if (!this.#slaveOpen) return;
    this.#slaveOpen = false;
    closeDescriptor(this.#pty.slaveFd);
  }

  close(): void {
    this.closeSlave();
    if (!this.#masterGiven) closeDescriptor(this.#pty.masterFd);
  }
}
