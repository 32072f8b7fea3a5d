// What the tests of the program sshd share: the compiled executable in the two ways in which it runs (as the account
// that it serves, and as root for another account), and stock clients for it.

import { accessSync, constants } from 'node:fs';
import type {
  Account,
  ProgramResult,
  StockClientOptions,
  StockServer,
  StockServerOptions,
  TemporaryAccountOptions,
} from '@sallyport/testing';
import { OpensshFixture, ourProgram, ownAccount, skipUnless, TemporaryAccount } from '@sallyport/testing';
import type { Client, ConnectOptions } from 'sallyport';
import { connect } from 'sallyport';

export const ourSshd = ourProgram('sshd');

/** `account`: sshd runs as the account that logs in. `root`: it runs as root and changes to that account. */
export type RunningAs = 'account' | 'root';

const isRoot = process.getuid?.() === 0;

/** Both ways, with what the test of one needs. */
export const waysToRun: readonly { readonly as: RunningAs; readonly needs: { readonly skip: string | false } }[] = [
  { as: 'account', needs: skipUnless('openssh-client') },
  { as: 'root', needs: skipUnless('openssh-client', 'root') },
];

/** For looking into processes of sshd, the listener's included, which are traceable for nobody else. */
export const needsRoot = skipUnless('root', 'openssh-client');

export type SshdOptions = Omit<StockServerOptions, 'runAs' | 'user'>;

/** A client's run, with text where a test compares text. */
export interface ClientResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | undefined;
}

export class SshdFixture implements AsyncDisposable {
  readonly openssh: OpensshFixture;
  /** Who logs in: ourselves, or an account made for the test when we are root. */
  readonly account: Account;
  readonly #made: TemporaryAccount | undefined;

  private constructor(openssh: OpensshFixture, account: Account, made: TemporaryAccount | undefined) {
    this.openssh = openssh;
    this.account = account;
    this.#made = made;
  }

  /** `options` are of the account, and only for root. */
  static async create(options?: TemporaryAccountOptions): Promise<SshdFixture> {
    accessSync(ourSshd, constants.X_OK);
    const made = isRoot ? await TemporaryAccount.create(options) : undefined;
    return new SshdFixture(await OpensshFixture.create(), made ?? ownAccount(), made);
  }

  /** Starts our sshd, or another with the same arguments. */
  start(as: RunningAs, options: SshdOptions = {}): Promise<StockServer> {
    const { account } = this;
    const who = as === 'account' ? { runAs: account } : { user: account.name };
    return this.openssh.startServer({ program: ourSshd, ...who, ...options });
  }

  /** Runs the stock ssh to its end. */
  async ssh(server: StockServer, args: readonly string[], options: StockClientOptions = {}): Promise<ClientResult> {
    return textOf(await this.openssh.runClient(server, args, options));
  }

  /** A client of the library, for what the stock one does not show. */
  connect({ host, port, user, knownHosts }: StockServer, options: Partial<ConnectOptions> = {}): Promise<Client> {
    const identities = [this.openssh.userKey.path];
    return connect({ host, port, user, knownHosts, identities, agent: false, timeoutMs: 20_000, ...options });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.openssh[Symbol.asyncDispose]();
    await this.#made?.[Symbol.asyncDispose]();
  }
}

export function textOf({ stdout, stderr, code }: ProgramResult): ClientResult {
  return { stdout: stdout.toString(), stderr, code };
}
