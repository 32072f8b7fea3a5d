// What both ways of serving are made of and what comes of it: the configuration and the keys, the monitor of all
// connections, and how many processes are kept for how long.

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import type { SshdConfig } from '@sallyport/protocol/config/resolve-sshd';
import type { LogLine } from '@sallyport/protocol/log/stable-lines';
import type { CommandLine } from '../configuration/command-line.ts';
import type { KeyChecking } from '../keys/key-checking.ts';
import type { Connections } from '../listener/connections.ts';
import type { HostKeySet } from '../listener/host-keys.ts';
import type { WorkerPool } from '../listener/worker-pool.ts';

export interface ServeOptions {
  readonly crypto: CryptoProvider;
  readonly config: SshdConfig;
  readonly hostKeys: HostKeySet;
  readonly line: CommandLine;
  /** The soft limit of open files that sshd was started with, for the programs of sessions; undefined for ours. */
  readonly openFiles: number | undefined;
}

export interface Serving {
  readonly connections: Connections;
  readonly pool: WorkerPool;
  readonly keyChecking: KeyChecking;
  readonly log: (line: LogLine) => void;
}

export interface ServingPlan {
  /** Connections come again and again. */
  readonly isLasting: boolean;
  readonly accountIdleMs: number;
  readonly onEnded: () => void;
  /** Whether key files are read by other processes; with one connection only itself waits for them. */
  readonly hasKeyProcesses: boolean;
}
