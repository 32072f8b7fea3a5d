// The whole scan: so many connections at once, each type of key of each target one of them, addresses of a target
// tried in turn. What is found is printed as it comes; nothing waits for a slow host but the end.

import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import type { LogSink } from '@sallyport/protocol/log/log';
import { hostKeyAlgorithms, type ScanTypeName } from './key-types.ts';
import { messages } from './messages.ts';
import type { KeyscanOptions } from './options.ts';
import { scanConnection } from './scan-connection.ts';
import type { Target } from './targets.ts';

export interface ScanReport {
  readonly log: LogSink;
  identified(name: string, identification: string): void;
  found(target: Target, blob: Uint8Array): void;
}

export interface ScanSettings {
  readonly crypto: CryptoProvider;
  readonly options: KeyscanOptions;
  /** Most connections at a time. */
  readonly atOnce: number;
}

interface Job {
  readonly target: Target;
  readonly algorithms: readonly string[];
}

/** Resolves to whether any key was found. */
export async function scan(targets: Iterable<Target>, settings: ScanSettings, report: ScanReport): Promise<boolean> {
  const jobs = jobsOf(targets, settings.options);
  let hasFound = false;
  const work = async (): Promise<void> => {
    for (const job of jobs) {
      const blob = await scanTarget(job, settings, report);
      if (blob === undefined) continue;
      hasFound = true;
      report.found(job.target, blob);
    }
  };
  // The workers share one generator: each takes the next job when it has none.
  await Promise.all(Array.from({ length: settings.atOnce }, work));
  return hasFound;
}

function* jobsOf(targets: Iterable<Target>, { types, certificates }: KeyscanOptions): Generator<Job, void, undefined> {
  const wanted = types.map((type: ScanTypeName) => hostKeyAlgorithms(type, certificates));
  for (const target of targets) {
    for (const algorithms of wanted) if (algorithms.length > 0) yield { target, algorithms };
  }
}

/** The key that the first address which answers shows. */
async function scanTarget(job: Job, settings: ScanSettings, report: ScanReport): Promise<Uint8Array | undefined> {
  const { options, crypto } = settings;
  const { port, timeoutMs } = options;
  for (const name of job.target.addresses) {
    for (const address of await addressesOf(name, options.family, report.log)) {
      const outcome = await scanConnection({
        ...{ crypto, address, port, timeoutMs, log: report.log, hostKeyAlgorithms: job.algorithms },
        identified: (identification) => report.identified(name, identification),
      });
      if (outcome.type === 'key') return outcome.blob;
      if (outcome.closed) report.log('error', messages.closed(name));
      else report.log('debug1', messages.failed(name, outcome.reason));
      if (outcome.connected) return undefined;
    }
  }
  return undefined;
}

async function addressesOf(name: string, family: 4 | 6 | undefined, log: LogSink): Promise<string[]> {
  if (isIP(name) !== 0) return [name];
  try {
    return (await lookup(name, { all: true, verbatim: true, family: family ?? 0 })).map(({ address }) => address);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    log('error', messages.notResolved(name, resolverReasons[code] ?? code));
    return [];
  }
}

/** What getaddrinfo(3) says for the codes that the runtime gives instead. */
const resolverReasons: Readonly<Record<string, string>> = {
  ENOTFOUND: 'Name or service not known',
  EAI_AGAIN: 'Temporary failure in name resolution',
  EAI_FAIL: 'Non-recoverable failure in name resolution',
  EAI_NODATA: 'No address associated with hostname',
};
