// The auth process' part of a login: turns the server stack's questions into monitor calls and the answers into
// commands. It decides nothing about accounts and keeps no secret: host keys, files and passwords are behind the
// monitor.

import type { Failure } from '@sallyport/protocol/failure/failure';
import { failure } from '@sallyport/protocol/failure/failure';
import type { ServerStackCommand, ServerStackEvent } from '@sallyport/protocol/stack/events';
import type { UserauthServerRequest } from '@sallyport/protocol/userauth/events';
import type { AuthAnswerValue } from '../monitor/calls.ts';
import type { MonitorPort } from './monitor-client.ts';

type Verdict = AuthAnswerValue<'verdict'>;
type SignatureWanted = Extract<ServerStackEvent, { readonly type: 'signature-wanted' }>;
type AuthenticationRequested = Extract<ServerStackEvent, { readonly type: 'authentication-requested' }>;

export interface ConversationOptions {
  readonly monitor: MonitorPort;
  readonly perform: (command: ServerStackCommand) => void;
  /** The user is authenticated: hand the transport over. */
  readonly onAuthenticated: () => void;
  readonly onEnded: (ended: Extract<ServerStackEvent, { readonly type: 'ended' }>) => void;
}

/** Whom the client says it is, and whether the monitor knows such an account. */
export interface ClaimedUser {
  readonly user: string;
  readonly valid: boolean;
}

export class AuthConversation {
  readonly #options: ConversationOptions;
  #claimed: ClaimedUser | undefined;
  #methods: readonly string[] = [];
  #maximumAttempts = 0;
  #failures = 0;

  constructor(options: ConversationOptions) {
    this.#options = options;
  }

  get claimed(): ClaimedUser | undefined {
    return this.#claimed;
  }

  /** Takes one event; a question is answered by a command before this returns. */
  handle(event: ServerStackEvent): void {
    switch (event.type) {
      case 'signature-wanted':
        this.#run(() => this.#sign(event));
        break;
      case 'authentication-requested':
        this.#run(() => this.#authenticate(event));
        break;
      case 'authenticated':
        this.#options.onAuthenticated();
        break;
      case 'ended':
        this.#options.onEnded(event);
        break;
      default:
    }
  }

  #run(step: () => void): void {
    try {
      step();
    } catch {
      this.#end(failure('connection-lost', 'the monitor refused a call'));
    }
  }

  #end(reason: Failure): void {
    this.#options.perform({ protocol: 'transport', type: 'end', failure: reason });
  }

  #sign({ algorithm, hostKey, data }: SignatureWanted): void {
    const { signature } = this.#options.monitor.call('sign', { algorithm, hostKey, data });
    this.#options.perform({ protocol: 'transport', type: 'provide-signature', signature });
  }

  #authenticate({ user, request }: AuthenticationRequested): void {
    if (this.#claimed === undefined) {
      const found = this.#options.monitor.call('lookUpUser', { user });
      this.#claimed = { user, valid: found.valid };
      this.#methods = found.methods;
      this.#maximumAttempts = found.maximumAttempts;
      if (found.banner !== '') this.#perform({ type: 'send-banner', text: found.banner });
    }
    this.#judge(request);
  }

  #judge(request: UserauthServerRequest): void {
    const { monitor } = this.#options;
    switch (request.method) {
      case 'none':
        return this.#answer(monitor.call('checkNone', {}));
      case 'publickey-query': {
        const { algorithm, key } = request;
        const { acceptable } = monitor.call('checkKey', { algorithm, key });
        return acceptable ? this.#perform({ type: 'accept-key' }) : this.#refuse(true);
      }
      case 'publickey': {
        const { algorithm, key, hostBound, signature } = request;
        return this.#answer(monitor.call('verifyKey', { algorithm, key, hostBound, signature }));
      }
      case 'hostbased': {
        const { algorithm, key, clientHost, clientUser, signature } = request;
        return this.#answer(monitor.call('verifyHost', { algorithm, key, clientHost, clientUser, signature }));
      }
      case 'password': {
        const { password, newPassword } = request;
        try {
          return this.#answer(monitor.call('checkPassword', { password }));
        } finally {
          for (const secret of [password, newPassword]) secret?.fill(0);
        }
      }
      default:
        return this.#refuse(true);
    }
  }

  /** MaxAuthTries of the user: the last failure ends the connection (RFC 4252 section 4). */
  #refuse(counts: boolean): void {
    if (counts) this.#failures += 1;
    if (this.#failures < this.#maximumAttempts) this.#perform({ type: 'refuse', methods: this.#methods, counts });
    else this.#end(failure('too-many-authentication-failures'));
  }

  #answer(verdict: Verdict): void {
    this.#methods = verdict.methods;
    if (!verdict.accepted) return this.#refuse(verdict.counts);
    return this.#perform(
      verdict.remaining.length > 0 ? { type: 'accept', remaining: verdict.remaining } : { type: 'accept' },
    );
  }

  #perform(
    command: Extract<ServerStackCommand, { readonly protocol: 'userauth' }> extends infer C ? OmitProtocol<C> : never,
  ): void {
    this.#options.perform({ protocol: 'userauth', ...command });
  }
}

type OmitProtocol<C> = C extends unknown ? Omit<C, 'protocol'> : never;
