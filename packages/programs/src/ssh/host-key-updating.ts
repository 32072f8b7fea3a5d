// When UpdateHostKeys does its work: the server may tell its keys before the login is over or after, once counts, and a
// session that is over waits a moment for what has begun.

import { namesOfList } from '@sallyport/protocol/config/algorithm-list';
import type { SshOptions } from '@sallyport/protocol/config/ssh-keywords';
import type { ConnectOptions } from './connect-options.ts';
import { updateHostKeys } from './host-key-update.ts';
import type { HostKeyCheck } from './known-hosts-check.ts';
import { hostKeyUpdateMessages } from './messages.ts';
import type { OpenedConnection } from './open-connection.ts';

/** The longest that a session waits for the server's proof. */
const patienceMs = 2000;

export class HostKeyUpdating {
  readonly #given: ConnectOptions;
  readonly #check: HostKeyCheck;
  /** The host key is one that the user has on record or confirmed. */
  #mayUpdate = false;
  #announced: Uint8Array | undefined;
  #begun: { readonly opened: OpenedConnection; readonly options: SshOptions } | undefined;
  #work: Promise<void> | undefined;

  constructor(given: ConnectOptions, check: HostKeyCheck) {
    this.#given = given;
    this.#check = check;
  }

  /** The host key was judged. */
  judged(isTrusted: boolean): void {
    this.#mayUpdate = isTrusted;
  }

  /** The server told its keys. */
  hear(fields: Uint8Array): void {
    this.#announced ??= fields;
    this.#start();
  }

  /** The login is over. */
  begin(opened: OpenedConnection, options: SshOptions): void {
    this.#begun = { opened, options };
    this.#start();
  }

  /** Resolves when nothing is under way any more, or has been for too long. */
  async settled(): Promise<void> {
    if (this.#work === undefined) return;
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, patienceMs);
    });
    await Promise.race([this.#work, patience]);
    clearTimeout(timer);
  }

  #start(): void {
    if (!this.#mayUpdate || this.#work !== undefined) return;
    if (this.#begun === undefined || this.#announced === undefined) return;
    const { crypto, log } = this.#given;
    const { opened, options } = this.#begun;
    const { UpdateHostKeys, UserKnownHostsFile, HostKeyAlgorithms, HashKnownHosts } = options;
    if (UpdateHostKeys === 'no') return;
    this.#work = updateHostKeys(opened.port, this.#announced, {
      crypto,
      log: log.log,
      sessionId: opened.session.sessionId,
      name: this.#check.name,
      files: UserKnownHostsFile,
      algorithms: namesOfList(HostKeyAlgorithms),
      hashNames: HashKnownHosts,
      confirm: UpdateHostKeys === 'ask' ? () => this.#confirm() : undefined,
    }).catch((error: unknown) => log.log('error', String(error)));
  }

  async #confirm(): Promise<boolean> {
    const answer = await this.#given.ask(hostKeyUpdateMessages.question, { echo: true });
    return (
      Buffer.from(answer ?? [])
        .toString('utf8')
        .trim()
        .toLowerCase() === 'yes'
    );
  }
}
