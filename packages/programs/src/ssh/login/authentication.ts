// Answers the authentication protocol (RFC 4252) as OpenSSH's client does: `none` first, then the methods in the user's
// order as long as the server takes them; keys one by one, passwords and questions asked of the user. Everything that
// is said on the way goes to the log; the last line says what the server would still have taken.

import type { LogSink } from '@sallyport/protocol/log/log';
import { visible } from '@sallyport/protocol/log/log';
import type { UserauthAttempt, UserauthClientCommand, UserauthClientEvent } from '@sallyport/protocol/userauth/events';
import { equalBytes } from '@sallyport/protocol/wire/bytes';
import type { LoginNames } from '../messages.ts';
import { loginMessages } from '../messages.ts';
import type { Login, UserauthQuestion } from '../open-connection.ts';
import { escapeBanner } from './banner.ts';
import { MethodOrder } from './method-order.ts';
import type { PublicKeys } from './public-keys.ts';
import type { VouchingKeys } from './vouching-keys.ts';

export interface AuthenticationOptions {
  readonly names: LoginNames;
  readonly publicKeys: PublicKeys;
  /** The host keys of this machine, gathered when they are needed. */
  readonly vouchingKeys: () => Promise<VouchingKeys>;
  /** PreferredAuthentications. */
  readonly preferred: readonly string[];
  /** Methods that the configuration allows. */
  readonly enabled: readonly LoginMethod[];
  /** Asks nobody anything. */
  readonly batchMode: boolean;
  /** NumberOfPasswordPrompts. */
  readonly passwordPrompts: number;
  /** KbdInteractiveDevices, separated by commas. */
  readonly devices: string;
  /** One line from the user, empty when there is none; it is wiped after use. */
  readonly ask: (prompt: string, options: { readonly echo: boolean }) => Promise<Uint8Array>;
  /** Gets the server's banner, harmless to a terminal. */
  readonly showBanner: (text: string) => void;
  readonly log: LogSink;
}

export type LoginMethod = 'hostbased' | 'publickey' | 'keyboard-interactive' | 'password';

type Event<Type extends UserauthClientEvent['type']> = Extract<UserauthClientEvent, { readonly type: Type }>;

const asking: readonly LoginMethod[] = ['keyboard-interactive', 'password'];

export class Authentication implements Login {
  readonly #options: AuthenticationOptions;
  readonly #order: MethodOrder<LoginMethod>;
  /** What the user typed for the running answer; wiped once that has been performed. */
  readonly #secrets: Uint8Array[] = [];
  #methods: readonly string[] = [];
  #passwordsTried = 0;
  #interactionsTried = 0;
  /** Whether the server has asked anything in keyboard-interactive: else another try would be the same. */
  #wasQuestioned = false;
  #isSkipping = false;
  #vouchingKeys: VouchingKeys | undefined;

  constructor(options: AuthenticationOptions) {
    this.#options = options;
    const { preferred, log, batchMode } = options;
    const enabled = options.enabled.filter((method) => !batchMode || !asking.includes(method));
    this.#order = new MethodOrder({ preferred, enabled, log });
  }

  learn(extensions: ReadonlyMap<string, Uint8Array>): void {
    this.#options.publicKeys.learn(extensions);
  }

  async answer(event: UserauthQuestion): Promise<UserauthClientCommand | undefined> {
    try {
      return await this.#answer(event);
    } finally {
      const secrets = this.#secrets.splice(0);
      // Whoever gets the answer performs it before the next task.
      setImmediate(() => {
        for (const secret of secrets) secret.fill(0);
      });
    }
  }

  async #answer(event: UserauthQuestion): Promise<UserauthClientCommand | undefined> {
    switch (event.type) {
      case 'attempt-wanted':
        return this.#attemptNext(event);
      case 'signature-wanted': {
        const signature = await this.#sign(event);
        return signature === undefined ? this.#skip() : { type: 'provide-signature', signature };
      }
      case 'responses-wanted':
        return { type: 'provide-responses', responses: await this.#respond(event) };
      case 'password-change-wanted':
        return this.#changePassword(event.prompt);
      case 'banner-received':
        this.#options.showBanner(escapeBanner(event.text));
        return undefined;
    }
  }

  /** While host keys are tried they are what signs, else the user's. */
  #sign({ key, algorithm, data }: Event<'signature-wanted'>): Promise<Uint8Array | undefined> {
    if (this.#order.current === 'hostbased') return (this.#vouchingKeys as VouchingKeys).sign(data);
    return this.#options.publicKeys.sign(key, algorithm, data);
  }

  #skip(): UserauthClientCommand {
    this.#isSkipping = true;
    return { type: 'skip-attempt' };
  }

  #attemptNext(event: Event<'attempt-wanted'>): Promise<UserauthClientCommand> | UserauthClientCommand {
    const { failed, methods, partialSuccess } = event;
    const { log, publicKeys } = this.#options;
    if (failed === undefined) return this.#attemptFirst();
    if (this.#isSkipping) {
      this.#isSkipping = false;
      return this.#try();
    }
    if (partialSuccess) {
      log('verbose', `Authenticated using "${failed.method}" with partial success.`);
      publicKeys.reset();
    }
    this.#methods = methods;
    log('debug1', `Authentications that can continue: ${visible(methods.join(','))}`);
    return this.#try();
  }

  /**
   * `none`, and with it the question about the first key where there is nothing but keys: a server that takes no keys
   * counts that as a failure (MaxAuthTries), which a password would lack.
   */
  #attemptFirst(): UserauthClientCommand {
    const ahead = this.#order.only === 'publickey' ? this.#options.publicKeys.peek() : undefined;
    return { type: 'attempt', attempt: { method: 'none' }, ...(ahead === undefined ? {} : { ahead }) };
  }

  /** Goes from method to method until one has something to try. */
  async #try(): Promise<UserauthClientCommand> {
    const { names, publicKeys, log } = this.#options;
    const begin = {
      hostbased: () => this.#hostbased(),
      publickey: () => publicKeys.next(),
      'keyboard-interactive': () => this.#interaction(),
      password: () => this.#password(),
    } as const;
    for (;;) {
      const method = this.#order.next(this.#methods);
      if (method === undefined) {
        log('fatal', loginMessages.deniedFinally(names, this.#methods.map(visible)));
        return { type: 'give-up' };
      }
      const attempt = await begin[method]();
      if (attempt !== undefined) return { type: 'attempt', attempt };
      this.#order.disable(method);
    }
  }

  async #hostbased(): Promise<UserauthAttempt | undefined> {
    this.#vouchingKeys ??= await this.#options.vouchingKeys();
    return this.#vouchingKeys.next();
  }

  async #password(): Promise<{ readonly method: 'password'; readonly password: Uint8Array } | undefined> {
    const { passwordPrompts, names, log } = this.#options;
    if (this.#passwordsTried >= passwordPrompts) return undefined;
    if (this.#passwordsTried++ > 0) log('error', loginMessages.denied);
    return { method: 'password', password: await this.#askSecret(loginMessages.password(names)) };
  }

  #interaction(): { readonly method: 'keyboard-interactive'; readonly submethods: string } | undefined {
    if (this.#interactionsTried >= this.#options.passwordPrompts) return undefined;
    if (this.#interactionsTried++ > 0 && !this.#wasQuestioned) return undefined;
    return { method: 'keyboard-interactive', submethods: this.#options.devices };
  }

  /** RFC 4256 section 3.3: the server's text is shown as it cannot harm the terminal. */
  async #respond(event: Event<'responses-wanted'>): Promise<readonly Uint8Array[]> {
    const { names, log } = this.#options;
    this.#wasQuestioned = true;
    for (const text of [event.name, event.instruction]) if (text !== '') log('info', escapeBanner(text));
    const responses: Uint8Array[] = [];
    for (const { text, echo } of event.prompts) {
      responses.push(await this.#askSecret(loginMessages.question(names, escapeBanner(text)), echo));
    }
    return responses;
  }

  async #changePassword(prompt: string): Promise<UserauthClientCommand> {
    const { names, log } = this.#options;
    if (prompt !== '') log('info', escapeBanner(prompt));
    const password = await this.#askSecret(loginMessages.oldPassword(names));
    for (;;) {
      const newPassword = await this.#askSecret(loginMessages.newPassword(names));
      if (newPassword.length === 0) return this.#skip();
      const repeated = await this.#askSecret(loginMessages.repeatPassword(names));
      if (equalBytes(newPassword, repeated)) return { type: 'change-password', password, newPassword };
      log('info', loginMessages.passwordsDiffer);
    }
  }

  async #askSecret(prompt: string, echo = false): Promise<Uint8Array> {
    const secret = await this.#options.ask(prompt, { echo });
    this.#secrets.push(secret);
    return secret;
  }
}
