// The login of one client (RFC 4252, RFC 4256) against a LoginPolicy: verifies signatures, asks the policy's
// functions, and lets in when the methods of one list are complete. Any throw, and any answer that is not a decision,
// is a refusal.

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import { decodeOfferedKey, examineOffered, fitsAlgorithm } from '@sallyport/protocol/keys/offered-key';
import type { Prompt, UserauthServerCommand, UserauthServerEvent } from '@sallyport/protocol/userauth/events';
import { utf8Decode } from '@sallyport/protocol/wire/utf8';

import { AbortedError } from '../errors.ts';
import type { LoginAttempt, LoginMethod, LoginPolicy, SucceededMethod } from './policy.ts';
import type { Judgement, UserKeys } from './user-keys.ts';

export interface LoginOptions {
  readonly crypto: CryptoProvider;
  readonly policy: LoginPolicy;
  readonly userKeys: UserKeys;
  readonly remoteAddress: string | undefined;
  perform(command: UserauthServerCommand): void;
  /** Something the application's function threw; nobody else sees it. */
  reportError(error: unknown): void;
}

type Requested = Extract<UserauthServerEvent, { readonly type: 'authentication-requested' }>;

/** A keyboard-interactive exchange that waits for the client. */
interface Conversation {
  readonly answered: (responses: string[]) => void;
  readonly abandoned: (error: Error) => void;
}

export class Login {
  readonly #options: LoginOptions;
  readonly #lists: readonly (readonly LoginMethod[])[];
  readonly #succeeded: SucceededMethod[] = [];
  #conversation: Conversation | undefined;
  /** The request that is judged now: an answer to any other comes too late. */
  #current: object = {};

  constructor(options: LoginOptions) {
    this.#options = options;
    this.#lists = listsOf(options.policy);
  }

  /** The methods that have succeeded so far, in order. */
  get succeeded(): readonly SucceededMethod[] {
    return this.#succeeded;
  }

  /** Decides about a request; the answer is performed when it is known. */
  handle({ user, request }: Requested): void {
    const attempt: LoginAttempt = { user, remoteAddress: this.#options.remoteAddress };
    const conversation = this.#conversation;
    this.#conversation = undefined;
    if (request.method === 'keyboard-interactive-responses' && conversation !== undefined) {
      conversation.answered(request.responses.map(utf8Decode));
      return;
    }
    this.#current = {};
    conversation?.abandoned(new AbortedError('aborted', 'the client went on to another method'));
    switch (request.method) {
      case 'none':
        this.#decide('none', async (policy) => ({ decision: await policy.none?.(attempt) }));
        break;
      case 'password': {
        const password = utf8Decode(request.password);
        // Nobody has asked for a change of password.
        const change = request.newPassword !== undefined;
        this.#decide('password', async (policy) => ({
          decision: change ? undefined : await policy.password?.({ ...attempt, password }),
        }));
        break;
      }
      case 'keyboard-interactive':
        this.#decide('keyboard-interactive', async (policy) => ({
          decision: await policy.keyboardInteractive?.({
            ...attempt,
            ask: (prompts, about) => this.#ask(prompts, about),
          }),
        }));
        break;
      case 'publickey-query':
      case 'publickey':
        this.#judgeKey(attempt, request);
        break;
      default:
        this.#refuse(true);
    }
  }

  /** The client is gone: a function that waits for it is told. */
  abandon(): void {
    this.#current = {};
    this.#conversation?.abandoned(new AbortedError('aborted', 'the client is gone'));
    this.#conversation = undefined;
  }

  #judgeKey(
    attempt: LoginAttempt,
    request: Extract<Requested['request'], { readonly method: `publickey${string}` }>,
  ): void {
    const { crypto, userKeys } = this.#options;
    const { algorithm } = request;
    const key = decodeOfferedKey(request.key);
    const fits = userKeys.algorithms.includes(algorithm) && key !== undefined && fitsAlgorithm(key, algorithm, 0);
    if (!fits) {
      this.#refuse(true);
      return;
    }
    if (request.method === 'publickey-query') {
      this.#decide('query', () => userKeys.judge(attempt, { key, facts: undefined }));
      return;
    }
    const { signedData: data, signature } = request;
    const facts = examineOffered(crypto, key, { algorithm, data, signature });
    if (facts === undefined) this.#refuse(true);
    else this.#decide({ method: 'publickey', key: key.blob }, () => userKeys.judge(attempt, { key, facts }));
  }

  /** Has the policy judge and performs the answer. A method that no list still needs is refused unasked. */
  #decide(
    what: Exclude<LoginMethod, 'publickey'> | 'query' | { readonly method: 'publickey'; readonly key: Uint8Array },
    judge: (policy: LoginPolicy) => Promise<Judgement>,
  ): void {
    const method: LoginMethod = typeof what === 'object' || what === 'query' ? 'publickey' : what;
    const counts = method !== 'none';
    if (!this.#remaining().includes(method)) {
      this.#refuse(counts);
      return;
    }
    const current = this.#current;
    const judged = Promise.resolve().then(() => judge(this.#options.policy));
    judged.then(
      ({ decision, certificate }) => {
        if (current !== this.#current) return;
        if (!isAllowed(decision)) this.#refuse(counts);
        else if (what === 'query') this.#options.perform({ type: 'accept-key' });
        else {
          const key = typeof what === 'object' ? what.key : undefined;
          this.#succeed({ method, identity: decision.identity, key, certificate });
        }
      },
      (error: unknown) => {
        if (current !== this.#current) return;
        this.#options.reportError(error);
        this.#refuse(counts);
      },
    );
  }

  #succeed(succeeded: SucceededMethod): void {
    this.#succeeded.push(succeeded);
    const done = this.#openLists().some((list) => list.length === this.#succeeded.length);
    this.#options.perform(done ? { type: 'accept' } : { type: 'accept', remaining: this.#remaining() });
  }

  #refuse(counts: boolean): void {
    this.#options.perform({ type: 'refuse', methods: this.#remaining().filter((name) => name !== 'none'), counts });
  }

  /** The next method of each list that can still be completed. */
  #remaining(): LoginMethod[] {
    const done = this.#succeeded.length;
    return [...new Set(this.#openLists().flatMap((list) => list.slice(done, done + 1)))];
  }

  /** The lists that begin with what has succeeded, in order. */
  #openLists(): (readonly LoginMethod[])[] {
    return this.#lists.filter((list) => this.#succeeded.every(({ method }, index) => list[index] === method));
  }

  #ask(
    prompts: readonly Prompt[],
    about: { readonly name?: string; readonly instruction?: string } = {},
  ): Promise<string[]> {
    if (this.#conversation !== undefined) return Promise.reject(new Error('a question is open already'));
    const { name = '', instruction = '' } = about;
    return new Promise((answered, abandoned) => {
      this.#conversation = { answered, abandoned };
      this.#options.perform({ type: 'ask-responses', name, instruction, prompts });
    });
  }
}

/**
 * The lists of methods that a policy needs. Throws TypeError for a list that is empty or names a method twice:
 * neither could mean what it says.
 */
export function listsOf(policy: LoginPolicy): readonly (readonly LoginMethod[])[] {
  if (policy.required === undefined) return methodsOf(policy).map((method) => [method]);
  for (const list of policy.required) {
    if (list.length === 0 || new Set(list).size !== list.length) {
      throw new TypeError('a list of required methods is empty or names one twice');
    }
  }
  return policy.required;
}

/** The methods that the policy has a function for. */
function methodsOf(policy: LoginPolicy): LoginMethod[] {
  const methods: LoginMethod[] = [];
  if (policy.none !== undefined) methods.push('none');
  const { userAuthorities = [] } = policy;
  if (policy.publicKey !== undefined || userAuthorities.length > 0) methods.push('publickey');
  if (policy.password !== undefined) methods.push('password');
  if (policy.keyboardInteractive !== undefined) methods.push('keyboard-interactive');
  return methods;
}

/** Anything but an object that says true is a refusal, whatever its type promises. */
function isAllowed(decision: unknown): decision is { readonly allow: true; readonly identity?: unknown } {
  return typeof decision === 'object' && decision !== null && Reflect.get(decision, 'allow') === true;
}
