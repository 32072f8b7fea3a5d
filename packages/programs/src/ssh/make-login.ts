// The login of a plan: its keys, gathered when the server has proved who it is, since an agent wants to know that
// before it tells what it has; and the methods that its keywords allow by the time the server asks, which a wrong host
// key may have reduced.

import { namesOfList } from '@sallyport/protocol/config/algorithm-list';
import type { SshOptions } from '@sallyport/protocol/config/ssh-keywords';
import { AgentSession } from 'sallyport/agent/agent-session';
import { agentSocket } from './agent-socket.ts';
import type { ConnectOptions } from './connect-options.ts';
import type { HostConnection } from './host-signature.ts';
import { listIdentities } from './identities.ts';
import { keyKeeper } from './keep-key.ts';
import type { LoginMethod } from './login/authentication.ts';
import { Authentication } from './login/authentication.ts';
import type { CandidateKey } from './login/candidate-key.ts';
import { PublicKeys } from './login/public-keys.ts';
import type { VouchingKeys } from './login/vouching-keys.ts';
import type { Login, ProvedSession } from './open-connection.ts';

const usualMethods = 'gssapi-with-mic,hostbased,publickey,keyboard-interactive,password';
/** Milliseconds that an agent has to be told which host it is for. */
const bindingPatienceMs = 10_000;

/** A login with a connection to an agent that it keeps while it lasts. */
export interface PlanLogin extends Login {
  begin(session: ProvedSession): void;
  close(): void;
}

/** What a login goes by that is known when there is a connection. */
export interface LoginCircumstances {
  readonly connection: HostConnection;
  /** The keywords after the host key has been judged. */
  readonly optionsNow: () => SshOptions;
}

export function makeLogin(given: ConnectOptions, circumstances: LoginCircumstances): PlanLogin {
  return new KeyedLogin(given, circumstances);
}

class KeyedLogin implements PlanLogin {
  readonly #given: ConnectOptions;
  readonly #circumstances: LoginCircumstances;
  readonly #agent: AgentSession | undefined;
  readonly #learned: ReadonlyMap<string, Uint8Array>[] = [];
  #publicKeys: PublicKeys | undefined;
  #authentication: Promise<Authentication> | undefined;

  constructor(given: ConnectOptions, circumstances: LoginCircumstances) {
    this.#given = given;
    this.#circumstances = circumstances;
    const { plan, environment } = given;
    const { IdentityAgent, PubkeyAuthentication } = plan.options;
    const path = PubkeyAuthentication === 'no' ? undefined : agentSocket(IdentityAgent, environment);
    this.#agent = path === undefined ? undefined : new AgentSession(path);
  }

  begin(session: ProvedSession): void {
    this.#authentication = this.#prepare(session);
    // Whoever answers hears of it.
    this.#authentication.catch(() => undefined);
  }

  learn(extensions: ReadonlyMap<string, Uint8Array>): void {
    this.#learned.push(extensions);
    this.#publicKeys?.learn(extensions);
  }

  async answer(...[event]: Parameters<Login['answer']>): ReturnType<Login['answer']> {
    const authentication = await this.#authentication;
    if (authentication === undefined) throw new Error('no session has begun');
    return authentication.answer(event);
  }

  close(): void {
    this.#agent?.close();
  }

  async #prepare(session: ProvedSession): Promise<Authentication> {
    const { plan, crypto, log, ask, showBanner } = this.#given;
    const { options } = plan;
    const publicKeys = new PublicKeys({
      crypto,
      keys: await this.#keys(session),
      algorithms: namesOfList(options.PubkeyAcceptedAlgorithms),
      hostBound: options.PubkeyAuthentication !== 'unbound',
      log: log.log,
    });
    for (const extensions of this.#learned) publicKeys.learn(extensions);
    this.#publicKeys = publicKeys;
    return new Authentication({
      names: { user: plan.user, host: options.HostKeyAlias ?? plan.host },
      publicKeys,
      vouchingKeys: () => this.#vouchingKeys(),
      preferred: namesOfList(options.PreferredAuthentications ?? usualMethods),
      enabled: enabledMethods(this.#circumstances.optionsNow()),
      batchMode: options.BatchMode,
      passwordPrompts: options.NumberOfPasswordPrompts,
      devices: options.KbdInteractiveDevices ?? '',
      ask: async (prompt, { echo }) => (await ask(prompt, { echo })) ?? new Uint8Array(0),
      showBanner,
      log: log.log,
    });
  }

  async #keys(session: ProvedSession): Promise<CandidateKey[]> {
    const { plan, crypto, log, environment, ask } = this.#given;
    const { options } = plan;
    if (options.PubkeyAuthentication === 'no') return [];
    await this.#bindAgent(session);
    return await listIdentities({
      plan,
      crypto,
      log: log.log,
      environment,
      agent: this.#agent,
      askPassphrase: (prompt) => ask(prompt, { echo: false }),
      keepKey: keyKeeper(options, { environment, log: log.log }),
    });
  }

  async #vouchingKeys(): Promise<VouchingKeys> {
    // Loaded here and not before: hardly anybody logs in like this.
    const { vouchingKeys } = await import('./vouching-host-keys.ts');
    const { connection } = this.#circumstances;
    return vouchingKeys(this.#given, { connection, clientUser: this.#given.plan.localUser });
  }

  /** An agent that does not know how to be told is asked all the same. */
  async #bindAgent(session: ProvedSession): Promise<void> {
    const binding = { ...session, isForwarding: false };
    const asked = this.#agent?.bind(binding, { timeoutMs: bindingPatienceMs });
    const isBound = await asked?.catch(() => false);
    if (isBound === true) this.#given.log.log('debug1', 'bound agent to hostkey');
  }
}

function enabledMethods(options: SshOptions): readonly LoginMethod[] {
  const methods: LoginMethod[] = [];
  if (options.HostbasedAuthentication) methods.push('hostbased');
  if (options.PubkeyAuthentication !== 'no') methods.push('publickey');
  if (options.KbdInteractiveAuthentication) methods.push('keyboard-interactive');
  if (options.PasswordAuthentication) methods.push('password');
  return methods;
}
