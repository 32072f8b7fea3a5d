// sshd as a daemon or in the foreground: listens, accepts, writes the pid file, and ends on SIGTERM, SIGINT or
// SIGQUIT. With -d it serves one connection and ends.

import * as fs from 'node:fs';
import { listeners } from '@sallyport/protocol/config/dump';
import type { SshdOptions } from '@sallyport/protocol/config/sshd-keywords';
import type { LogLine } from '@sallyport/protocol/log/stable-lines';
import { stableLines } from '@sallyport/protocol/log/stable-lines';
import type { Listener } from '@sallyport/system/accepting';
import { listenForDescriptors } from '@sallyport/system/accepting';
import { messages } from '../messages.ts';
import type { ServeOptions } from './serve-options.ts';
import { startServing } from './serve-options.ts';

const endingSignals = { SIGTERM: 15, SIGINT: 2, SIGQUIT: 3 } as const;
const spares = 2;
const accountIdleMs = 5000;
/** Time that account processes have to say goodbye to their clients. */
const farewellMs = 500;

export async function serveListening(options: ServeOptions): Promise<number> {
  const global = options.config.globalOptions();
  const isDebugging = options.line.debugLevel > 0;
  const finished = new Finish();
  const serving = startServing(options, {
    spares: isDebugging ? 1 : spares,
    accountIdleMs,
    onEnded: () => {
      if (isDebugging) finished.with(0);
    },
  });
  const { connections, pool, log } = serving;
  const open: Listener[] = [];
  for (const { host, port } of addressesOf(global)) {
    const listener = await bind({ address: host, port }, log, (accepted) => {
      if (isDebugging) for (const one of open) one.close();
      connections.accept({ fd: accepted.fd, peer: accepted.peer, local: accepted.local });
    });
    if (listener !== undefined) open.push(listener);
  }
  if (open.length === 0) {
    log({ level: 'fatal', text: messages.cannotBind });
    return 255;
  }
  pool.fill();
  const pidFile = isDebugging || global.PidFile === 'none' ? undefined : global.PidFile;
  if (pidFile !== undefined) writePidFile(pidFile, log);
  for (const [name, number] of Object.entries(endingSignals)) {
    process.once(name, () => {
      log(stableLines.terminating(number));
      finished.with(0);
    });
  }
  const status = await finished.wait();
  for (const one of open) one.close();
  if (pidFile !== undefined) fs.rmSync(pidFile, { force: true });
  connections.stop();
  if (connections.counts.established > 0) await new Promise((resolve) => setTimeout(resolve, farewellMs));
  return status;
}

/** Something that is over once, with a status. */
class Finish {
  #resolve: (status: number) => void = () => undefined;
  readonly #promise = new Promise<number>((resolve) => {
    this.#resolve = resolve;
  });

  with(status: number): void {
    this.#resolve(status);
  }

  wait(): Promise<number> {
    return this.#promise;
  }
}

function addressesOf(options: SshdOptions): readonly { readonly host: string; readonly port: number }[] {
  const { Port, ListenAddress, AddressFamily } = options;
  const wildcards = [
    ...(AddressFamily === 'inet6' ? [] : ['0.0.0.0']),
    ...(AddressFamily === 'inet' ? [] : ['::']),
  ].map((host) => ({ host }));
  return listeners(ListenAddress.length > 0 ? ListenAddress : wildcards, Port);
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

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'Address already in use',
  EACCES: 'Permission denied',
  EADDRNOTAVAIL: 'Cannot assign requested address',
  EAFNOSUPPORT: 'Address family not supported by protocol',
};

function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return reasons[code] ?? String(error);
}

function writePidFile(file: string, log: (line: LogLine) => void): void {
  try {
    fs.writeFileSync(file, `${process.pid}\n`, { mode: 0o644 });
  } catch {
    log({ level: 'error', text: `Couldn't create pid file "${file}": Permission denied` });
  }
}
