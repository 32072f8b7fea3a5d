// The agent behind its socket: lets in who may come, keeps the time, asks the user, and ends by signal or with the
// process that it was started for.

import { AgentEngine } from '@sallyport/protocol/agent/agent-engine';
import type { CryptoProvider, DigestName } from '@sallyport/protocol/algorithms/crypto-provider';
import type { LogSink } from '@sallyport/protocol/log/log';
import { type AgentSocket, removeAgentSocket } from '@sallyport/system/agent-socket';
import { bootMilliseconds } from '@sallyport/system/boot-clock';
import { openDescriptor } from '@sallyport/system/descriptor-stream';
import { closeDescriptor } from '@sallyport/system/descriptors';
import { forbidTracing, limitResource, setProcessName } from '@sallyport/system/identity';
import { acceptDescriptors } from '@sallyport/system/listening-socket';
import { peerUser } from '@sallyport/system/local-listener';
import { Confirmations } from './confirm.ts';
import { messages } from './messages.ts';
import type { TokenPolicy } from './options.ts';
import { ServedClient } from './served-client.ts';
import { TokenAccess } from './tokens.ts';

/** Clients at a time; who comes later is sent away. */
const maximumClients = 256;
/** Timers of the runtime stand still while the machine sleeps, so the clock is looked at now and then. */
const longestSleepMs = 10_000;
const parentCheckMs = 5000;
const rootUser = 0;

export interface AgentServerOptions {
  readonly crypto: CryptoProvider;
  readonly log: LogSink;
  readonly digest: DigestName;
  readonly lifetimeSeconds: number | undefined;
  readonly tokens: TokenPolicy;
  readonly socket: Pick<AgentSocket, 'fd' | 'folder'> & {
    /** undefined: the socket was given to us and is not ours to remove. */
    readonly path: string | undefined;
  };
  /** The agent ends when this is no longer its parent. */
  readonly parentPid?: number | undefined;
  /** Ctrl-C ends it; otherwise it is ignored. */
  readonly endsOnInterrupt: boolean;
  /** Nobody can look into it any more, and signals end it in order. */
  readonly onReady?: () => void;
}

export class AgentServer {
  readonly #options: AgentServerOptions;
  readonly #engine: AgentEngine;
  readonly #confirmations = new Confirmations();
  readonly #tokens: TokenAccess;
  readonly #clients = new Set<ServedClient>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: AgentServerOptions) {
    this.#options = options;
    const { crypto, log, lifetimeSeconds, digest, tokens } = options;
    const unixTime = (): number => Date.now() / 1000;
    this.#engine = new AgentEngine({ crypto, log, unixTime, lifetimeSeconds, fingerprintDigest: digest, ...tokens });
    const { allowedProviders } = tokens;
    this.#tokens = new TokenAccess({ crypto, log, allowedProviders, environment: process.env });
  }

  /** Serves until a signal or its parent's end; resolves to the exit status. */
  async serve(): Promise<number> {
    forbidTracing();
    limitResource('coreBytes', 0);
    setProcessName('ssh-agent');
    const { socket } = this.#options;
    const ended = this.#untilEnd();
    const listener = await acceptDescriptors(socket.fd, (fd) => this.#accept(fd));
    this.#options.onReady?.();
    const status = await ended;
    clearTimeout(this.#timer);
    listener.close();
    this.#engine.removeAll();
    this.#tokens.end();
    if (socket.path !== undefined) removeAgentSocket({ ...socket, path: socket.path });
    return status;
  }

  #untilEnd(): Promise<number> {
    const { parentPid, endsOnInterrupt } = this.#options;
    return new Promise((resolve) => {
      for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(2));
      process.on('SIGINT', () => endsOnInterrupt && resolve(2));
      process.on('SIGUSR1', () => this.#engine.removeAll());
      if (parentPid === undefined) return;
      const check = (): void => void (process.ppid !== parentPid && resolve(2));
      setInterval(check, parentCheckMs);
      check();
    });
  }

  #accept(fd: number): void {
    const own = process.getuid?.();
    const peer = peerUser(fd);
    const { log } = this.#options;
    if (peer === undefined || (peer !== own && peer !== rootUser)) {
      log('error', messages.foreignUser(peer ?? -1, own ?? -1));
      return closeDescriptor(fd);
    }
    if (this.#clients.size >= maximumClients) {
      log('error', messages.tooManyClients);
      return closeDescriptor(fd);
    }
    const client = new ServedClient({
      stream: openDescriptor(fd, { readChunkBytes: 64 * 1024 }),
      connection: this.#engine.connect(),
      tellTime: () => this.#tellTime(),
      confirm: (question, isWanted) => this.#confirmations.ask(question, isWanted),
      useToken: (task) => this.#tokens.perform(task),
      onViolation: (reason) => log('debug1', reason),
      onClose: () => this.#clients.delete(client),
    });
    this.#clients.add(client);
  }

  /** Lets what is due happen, and sees to it that the next thing will. */
  #tellTime(): void {
    const now = bootMilliseconds();
    const due = this.#engine.deadline;
    this.#engine.expire(now);
    if (due !== undefined && due <= now) for (const client of this.#clients) client.advance();
    clearTimeout(this.#timer);
    const next = this.#engine.deadline;
    if (next === undefined) return;
    const delay = Math.min(Math.max(next - now, 0), longestSleepMs);
    this.#timer = setTimeout(() => this.#tellTime(), delay);
  }
}
