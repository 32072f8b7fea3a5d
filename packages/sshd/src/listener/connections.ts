// The monitor of all connections: gives each accepted descriptor to a warm auth process, answers it, and hands the
// authenticated transport to the account's process. It never reads a byte that a peer has sent.

import * as fs from 'node:fs';
import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import type { LogLine, PeerAddress } from '@sallyport/protocol/log/stable-lines';
import { stableLines } from '@sallyport/protocol/log/stable-lines';
import { closeDescriptor } from '@sallyport/system/descriptors';
import type { Grant } from '../authentication/grant.ts';
import type { AccountRecord } from '../authentication/login-policy.ts';
import { messages } from '../messages.ts';
import type { Login, MonitorPorts } from '../monitor/monitor.ts';
import { Monitor } from '../monitor/monitor.ts';
import { ownLines } from '../own-lines.ts';
import type { AccountIdentity, Adoption } from './account-worker.ts';
import { AccountWorker } from './account-worker.ts';
import type { AuthWorker } from './auth-worker.ts';
import type { HostKeys } from './host-keys.ts';
import { PendingConnection } from './pending-connection.ts';
import type { StartupLimits } from './startups.ts';
import { dropsStartup } from './startups.ts';
import type { WorkerPool } from './worker-pool.ts';

/** Both ends of a connection. */
export interface Ends {
  readonly peer: PeerAddress;
  readonly local: PeerAddress;
}

export interface Accepted extends Ends {
  /** The socket; closed here when others have it. */
  readonly fd: number;
}

export interface ConnectionsOptions {
  readonly crypto: CryptoProvider;
  readonly pool: WorkerPool;
  readonly hostKeys: HostKeys;
  readonly startups: StartupLimits;
  readonly graceMs: number;
  /** How long an account's process stays when its last connection has ended. */
  readonly accountIdleMs: number;
  /** What the configuration says, as the processes are told it. */
  readonly settings: string;
  /** The system as the monitor of a connection sees it. */
  readonly ports: (ends: Ends) => Omit<MonitorPorts, 'sign' | 'log'>;
  readonly grant: (login: Login, ends: Ends) => Grant;
  /** Whom the account's process becomes, or why it cannot. */
  readonly identity: (account: AccountRecord, ends: Ends) => AccountIdentity | LogLine;
  readonly log: (line: LogLine) => void;
  /** A connection has ended, authenticated or not. */
  readonly onEnded: () => void;
}

export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #pending = new Set<PendingConnection>();
  readonly #accounts = new Map<string, AccountWorker>();
  #established = 0;
  #nextConnection = 1;
  #failed = false;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  /** Whether a connection has ended without a login. */
  get failed(): boolean {
    return this.#failed;
  }

  /** Connections that have not authenticated, and those that have. */
  get counts(): { readonly pending: number; readonly established: number } {
    return { pending: this.#pending.size, established: this.#established };
  }

  /** Takes over the descriptors of a connection. */
  accept(accepted: Accepted): void {
    const { startups, crypto, log } = this.#options;
    const dice = (crypto.random(new Uint8Array(1))[0] as number) * (100 / 256);
    if (dropsStartup(startups, this.#pending.size, dice)) {
      log(stableLines.dropped(this.#pending.size, accepted.peer, accepted.local));
      drop(accepted.fd);
      return;
    }
    log(stableLines.connectionFrom(accepted.peer, accepted.local));
    this.#authenticate(accepted);
  }

  /** Ends everything: sshd was told to stop. */
  stop(): void {
    for (const pending of this.#pending) pending.end();
    for (const account of this.#accounts.values()) account.stopWhenIdle();
    this.#options.pool.stop();
  }

  #authenticate(accepted: Accepted): void {
    const { graceMs, log } = this.#options;
    const { peer, local } = accepted;
    const worker = this.#startAuth(accepted);
    if (worker === undefined) {
      closeDescriptor(accepted.fd);
      this.#options.onEnded();
      return;
    }
    const pending: PendingConnection = new PendingConnection({
      get pid() {
        return worker.pid;
      },
      kill: () => worker.kill(),
      calls: worker.calls,
      monitor: this.#monitorFor(accepted),
      peer,
      local,
      graceMs,
      log,
      onHandOver: (login, snapshot) => this.#establish(accepted, login, snapshot),
      onEnded: (handedOver) => {
        this.#pending.delete(pending);
        closeDescriptor(accepted.fd);
        if (handedOver) return;
        this.#failed = true;
        this.#options.onEnded();
      },
    });
    this.#pending.add(pending);
  }

  /** An auth process that has the connection; undefined when there is none to be had. */
  #startAuth({ fd, peer }: Accepted): AuthWorker | undefined {
    const { pool, log } = this.#options;
    try {
      return pool.serve(fd, peer);
    } catch (error) {
      log(ownLines.cannotStart('sshd-auth', error));
      return undefined;
    }
  }

  #monitorFor(accepted: Accepted): Monitor {
    const { crypto, hostKeys, log, ports } = this.#options;
    const { peer, local } = accepted;
    return new Monitor({
      crypto,
      peer,
      ports: {
        ...ports({ peer, local }),
        log,
        sign: (algorithm, hostKey, data) => hostKeys.sign(algorithm, hostKey, data),
      },
    });
  }

  #establish(accepted: Accepted, login: Login, snapshot: Uint8Array): void {
    const { peer, local, fd } = accepted;
    const identity = this.#options.identity(login.account, { peer, local });
    if ('text' in identity) {
      this.#options.log(identity);
      this.#failed = true;
      this.#options.onEnded();
      return;
    }
    if (identity.chroot !== undefined) this.#options.log(stableLines.changedRoot(identity.chroot));
    const grant = JSON.stringify(this.#options.grant(login, { peer, local }));
    const connection = this.#nextConnection;
    this.#nextConnection += 1;
    this.#adopt(identity, { connection, fd, sessionId: login.sessionId, snapshot, grant });
    this.#established += 1;
  }

  /** By the account's process; by a new one when that has just ended or takes no more. */
  #adopt(identity: AccountIdentity, adoption: Adoption): void {
    const key = keyOf(identity);
    const running = this.#accounts.get(key);
    if (running !== undefined) {
      try {
        running.adopt(adoption);
        return;
      } catch {
        this.#accounts.delete(key);
      }
    }
    this.#startAccount(key, identity).adopt(adoption);
  }

  #startAccount(key: string, identity: AccountIdentity): AccountWorker {
    const { pool, hostKeys, settings, accountIdleMs, log, onEnded } = this.#options;
    const { calls, pass, pid, kill } = pool.startAccount();
    const worker: AccountWorker = new AccountWorker({
      pid,
      kill,
      calls,
      pass,
      identity,
      settings,
      idleMs: accountIdleMs,
      sign: (algorithm, hostKey, data) => hostKeys.sign(algorithm, hostKey, data),
      prove: (hostKey, sessionId) => hostKeys.prove(hostKey, sessionId),
      log,
      onConnectionEnded: () => {
        this.#established -= 1;
        onEnded();
      },
      onGone: () => {
        if (this.#accounts.get(key) === worker) this.#accounts.delete(key);
      },
    });
    this.#accounts.set(key, worker);
    return worker;
  }
}

/** Says why to who listens; a peer that is gone already need not know. */
function drop(fd: number): void {
  try {
    fs.writeSync(fd, messages.dropped);
  } catch {
    // It is gone.
  } finally {
    closeDescriptor(fd);
  }
}

/** Accounts that share a process are alike in all of it. */
function keyOf({ uid, gid, groups, name, chroot }: AccountIdentity): string {
  return JSON.stringify([uid, gid, groups, name, chroot]);
}
