// sshd as a daemon or in the foreground: listens, accepts, writes the pid file, and ends on SIGTERM, SIGINT or
// SIGQUIT. SIGHUP reads the configuration again. With -d it serves one connection and ends.

import * as fs from 'node:fs';
import type { LogLine } from '@sallyport/protocol/log/stable-lines';
import { stableLines } from '@sallyport/protocol/log/stable-lines';
import type { Listener } from '@sallyport/system/accepting';
import { listenForDescriptors } from '@sallyport/system/accepting';
import { errorText } from '@sallyport/system/system-error';
import { listenAddresses } from '../configuration/listen-addresses.ts';
import { messages } from '../messages.ts';
import { announceReady } from './detach.ts';
import type { ServeOptions, Serving } from './serve-options.ts';
import { startServing } from './start-serving.ts';

const endingSignals = { SIGTERM: 15, SIGINT: 2, SIGQUIT: 3 } as const;
/** OpenSSH's fatal(), and every end but SIGTERM. */
const fatal = 255;
const accountIdleMs = 5000;

/** Reads configuration and keys again; undefined when they are not usable, which has been logged. */
export type Reread = () => ServeOptions | undefined;

export async function serveListening(options: ServeOptions, reread: Reread): Promise<number> {
  const daemon = new Daemon(options, reread);
  return (await daemon.start()) ? daemon.finished : fatal;
}

class Daemon {
  readonly finished: Promise<number>;
  readonly #reread: Reread;
  readonly #isDebugging: boolean;
  #options: ServeOptions;
  #serving: Serving;
  #listeners: Listener[] = [];
  #pidFile: string | undefined;
  /** The addresses of the last configuration are bound: the next one may come. */
  #settled: Promise<void> = Promise.resolve();
  #finish: (status: number) => void = () => undefined;

  constructor(options: ServeOptions, reread: Reread) {
    this.#options = options;
    this.#reread = reread;
    this.#isDebugging = options.line.debugLevel > 0;
    this.finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
    this.#serving = this.#serve();
  }

  /** False when no address could be bound. */
  async start(): Promise<boolean> {
    for (const [name, number] of Object.entries(endingSignals)) process.once(name, () => this.#end(number));
    process.on('SIGHUP', () => {
      this.#settled = this.#settled.then(() => this.#reload());
    });
    this.#settled = this.#listen();
    await this.#settled;
    if (this.#listeners.length === 0) {
      this.#serving.log({ level: 'fatal', text: messages.cannotBind });
      return false;
    }
    this.#writePidFile();
    announceReady(this.#options.line);
    // Not before: they would hold the terminal that is let go of.
    this.#fill();
    return true;
  }

  #serve(): Serving {
    return startServing(this.#options, {
      isLasting: !this.#isDebugging,
      accountIdleMs,
      hasKeyProcesses: !this.#isDebugging,
      onEnded: () => {
        if (this.#isDebugging) this.#finish(0);
      },
    });
  }

  #fill(): void {
    this.#serving.pool.prepare();
    this.#serving.keyChecking.fill();
  }

  async #listen(): Promise<void> {
    const addresses = listenAddresses(this.#options.config.globalOptions());
    // A name that has lost its addresses since the configuration was read.
    if ('problem' in addresses) return this.#serving.log({ level: 'error', text: addresses.problem });
    const bound = addresses.map((where) =>
      bind(where, this.#serving.log, (accepted) => {
        if (this.#isDebugging) this.#closeListeners();
        this.#serving.connections.accept(accepted);
      }),
    );
    this.#listeners = (await Promise.all(bound)).filter((listener) => listener !== undefined);
  }

  #closeListeners(): void {
    for (const listener of this.#listeners) listener.close();
    this.#listeners = [];
  }

  /** New connections get the new configuration; those that stand keep the one that they came with. */
  async #reload(): Promise<void> {
    this.#serving.log(stableLines.restarting());
    const options = this.#reread();
    if (options === undefined) return;
    const before = this.#serving;
    this.#options = options;
    this.#closeListeners();
    this.#removePidFile();
    before.pool.stop();
    before.keyChecking.stop();
    this.#serving = this.#serve();
    await this.#listen();
    this.#fill();
    this.#writePidFile();
  }

  /** Sessions that stand go on without their monitor, as they do with OpenSSH. */
  #end(signal: number): void {
    this.#serving.log(stableLines.terminating(signal));
    this.#closeListeners();
    this.#removePidFile();
    this.#serving.connections.stop();
    this.#finish(signal === endingSignals.SIGTERM ? 0 : fatal);
  }

  #writePidFile(): void {
    const { PidFile } = this.#options.config.globalOptions();
    if (this.#isDebugging || PidFile === 'none') return;
    this.#pidFile = PidFile;
    try {
      fs.writeFileSync(PidFile, `${process.pid}\n`, { mode: 0o644 });
    } catch (error) {
      this.#serving.log({ level: 'error', text: `Couldn't create pid file "${PidFile}": ${reasonOf(error)}` });
    }
  }

  #removePidFile(): void {
    if (this.#pidFile !== undefined) fs.rmSync(this.#pidFile, { force: true });
  }
}

async function bind(
  where: { readonly address: string; readonly port: number },
  log: (line: LogLine) => void,
  onAccepted: Parameters<typeof listenForDescriptors>[1],
): Promise<Listener | undefined> {
  try {
    const listener = await listenForDescriptors(where, onAccepted);
    log(stableLines.listening(listener));
    return listener;
  } catch (error) {
    log(stableLines.bindFailed(where, reasonOf(error)));
    return undefined;
  }
}

function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return code === undefined ? String(error) : errorText(code);
}
