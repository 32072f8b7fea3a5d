// The service: takes connections on a local socket, asks the system who is at the other end, and starts a process of
// its own for each request, a few at a time (admission.ts). It reads nothing from anybody and holds no key. A process
// that takes too long is ended.

import { openSync, unlinkSync } from 'node:fs';
import type { LogSink } from '@sallyport/protocol/log/log';
import { onExit } from '@sallyport/system/child-exit';
import { closeDescriptor } from '@sallyport/system/descriptors';
import { withoutRuntimeVariables } from '@sallyport/system/environment';
import { acceptDescriptors } from '@sallyport/system/listening-socket';
import { peerUser } from '@sallyport/system/local-listener';
import { ownProgram } from '@sallyport/system/own-program';
import type { Exit } from '@sallyport/system/spawn';
import { spawnProcess } from '@sallyport/system/spawn';
import { Admission } from './admission.ts';
import { lines } from './messages.ts';
import type { RequestSettings } from './request-main.ts';

/** For a request and its answer, looking up the host's name included. */
const requestLimitMs = 30_000;
const requestProgram = 'ssh-keysign-request';

export interface ServiceOptions {
  readonly log: LogSink;
  readonly settings: Omit<RequestSettings, 'parentPid'>;
  /** Listening; without a path it was given to us and is not ours to remove. */
  readonly socket: { readonly fd: number; readonly path: string | undefined };
}

export class KeysignDaemon {
  readonly #options: ServiceOptions;
  readonly #admission = new Admission<number>();
  readonly #program = ownProgram();
  readonly #nullFd = openSync('/dev/null', 'r+');
  #isEnding = false;

  constructor(options: ServiceOptions) {
    this.#options = options;
  }

  /** Serves until a signal; resolves to the exit status. */
  async serve(): Promise<number> {
    const { socket, log } = this.#options;
    const ended = new Promise<void>((resolve) => {
      for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => resolve());
    });
    const listener = await acceptDescriptors(socket.fd, (fd) => this.#accept(fd));
    log('info', socket.path === undefined ? lines.listeningActivated : lines.listening(socket.path));
    await ended;
    this.#isEnding = true;
    listener.close();
    for (const fd of this.#admission.drain()) closeDescriptor(fd);
    if (socket.path !== undefined) unlinkSync(socket.path);
    log('info', lines.stopped);
    return 0;
  }

  #accept(fd: number): void {
    const uid = this.#isEnding ? undefined : peerUser(fd);
    const added = uid === undefined ? undefined : this.#admission.add(uid, fd);
    if (uid !== undefined && added === 'turned-away') this.#options.log('error', lines.tooMany(uid));
    if (added !== 'taken') return closeDescriptor(fd);
    this.#advance();
  }

  #advance(): void {
    for (let next = this.#admission.next(); next !== undefined; next = this.#admission.next()) {
      const { uid, client } = next;
      const pid = this.#start(client);
      if (pid === undefined) {
        this.#admission.ended(uid);
        continue;
      }
      const timer = setTimeout(() => {
        this.#options.log('error', lines.slow(uid));
        process.kill(pid, 'SIGKILL');
      }, requestLimitMs);
      onExit(pid, (exit) => {
        clearTimeout(timer);
        this.#ended(uid, exit);
      });
    }
  }

  /** The process that answers; the client is closed here in any case. */
  #start(client: number): number | undefined {
    const settings: RequestSettings = { ...this.#options.settings, parentPid: process.pid };
    try {
      return spawnProcess({
        path: this.#program.path,
        argv: [...this.#program.argv(requestProgram), JSON.stringify(settings)],
        env: withoutRuntimeVariables(process.env),
        stdio: { 0: client, 1: this.#nullFd, 2: 2 },
      });
    } catch (error) {
      this.#options.log('error', lines.cannotStart(error instanceof Error ? error.message : String(error)));
      return undefined;
    } finally {
      closeDescriptor(client);
    }
  }

  #ended(uid: number, exit: Exit): void {
    if ('signal' in exit) this.#options.log('error', lines.broken(uid, `signal ${exit.signal}`));
    this.#admission.ended(uid);
    this.#advance();
  }
}
