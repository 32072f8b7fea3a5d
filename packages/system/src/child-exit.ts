// How a child of spawnProcess ended: SIGCHLD says that something did, waitpid(2) for each pid of ours says what.
// Children of the runtime are never touched. While a child is waited for, the process stays alive.

import { call } from './libc.ts';
import type { Exit } from './spawn.ts';

type Listener = (exit: Exit) => void;

const noHang = 1;
const longestDelayMs = 0x7fffffff;

/** The children that somebody waits for; the listener of SIGCHLD is there as long as there are any. */
class WaitedChildren {
  private readonly listeners = new Map<number, Listener>();
  private keepAlive: ReturnType<typeof setInterval> | undefined;

  add(pid: number, listener: Listener): void {
    this.listeners.set(pid, listener);
    if (this.keepAlive === undefined) {
      this.keepAlive = setInterval(() => undefined, longestDelayMs);
      process.on('SIGCHLD', this.collect);
    }
    setImmediate(() => this.collectOne(pid));
  }

  private readonly collect = (): void => {
    for (const pid of this.listeners.keys()) this.collectOne(pid);
  };

  private collectOne(pid: number): void {
    const listener = this.listeners.get(pid);
    if (listener === undefined) return;
    const status = Buffer.alloc(4);
    const ended = call('waitpid', pid, status, noHang);
    if (ended === 0) return;
    this.listeners.delete(pid);
    if (this.listeners.size === 0) this.rest();
    listener(ended === pid ? exitOf(status.readUInt32LE()) : { code: 255 });
  }

  private rest(): void {
    clearInterval(this.keepAlive);
    this.keepAlive = undefined;
    process.off('SIGCHLD', this.collect);
  }
}

const waited = new WaitedChildren();

/**
 * Calls back once, never before this call returns, when the child ends or if it already has. One listener for each
 * child.
 */
export function onExit(pid: number, listener: (exit: Exit) => void): void {
  waited.add(pid, listener);
}

/**
 * What a wait status means (wait(2)): the exit code in the second byte, or the signal in the first with a bit for the
 * core.
 */
function exitOf(status: number): Exit {
  const signal = status & 0x7f;
  return signal === 0 ? { code: (status >> 8) & 0xff } : { signal, coreDumped: (status & 0x80) !== 0 };
}
