// A ClientStack and a ServerStack in memory whose owners answer as little as a login needs: the host key is accepted,
// the exchange hash signed, the method `none` let in. A test takes over what it is about.

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import { signatureAlgorithmsOf } from '@sallyport/protocol/algorithms/signatures';
import { PrivateKey } from '@sallyport/protocol/keys/private-key';
import type { ClientStackOptions } from '@sallyport/protocol/stack/client-stack';
import { ClientStack } from '@sallyport/protocol/stack/client-stack';
import type {
  ClientStackCommand,
  ClientStackEvent,
  ServerStackCommand,
  ServerStackEvent,
} from '@sallyport/protocol/stack/events';
import type { ServerStackOptions } from '@sallyport/protocol/stack/server-stack';
import { ServerStack } from '@sallyport/protocol/stack/server-stack';
import type { OfferedHostKey } from '@sallyport/protocol/transport/options';
import type { Chunking } from './pair.ts';
import { Pair } from './pair.ts';
import { testPreferences } from './transport-pair.ts';

export interface StackPairOptions {
  readonly crypto: CryptoProvider;
  readonly chunking?: Chunking;
  /** Handles an event before the pair's own answers; true when it has. */
  readonly onClient?: (event: ClientStackEvent, stack: ClientStack) => boolean;
  readonly onServer?: (event: ServerStackEvent, stack: ServerStack) => boolean;
  readonly client?: Partial<Omit<ClientStackOptions, 'transport'>> & Partial<ClientStackOptions['transport']>;
  readonly server?: Partial<Omit<ServerStackOptions, 'transport'>> & Partial<ServerStackOptions['transport']>;
}

export class StackPair {
  readonly client: ClientStack;
  readonly server: ServerStack;
  readonly pair: Pair<ClientStackEvent, ClientStackCommand, ServerStackEvent, ServerStackCommand>;

  constructor(options: StackPairOptions) {
    const hostKey = new PrivateKey(options.crypto.generateKey('ed25519'));
    this.client = new ClientStack(clientOptions(options));
    this.server = new ServerStack(serverOptions(options, hostKey));
    this.pair = new Pair(this.client, this.server, {
      ...(options.chunking === undefined ? {} : { chunking: options.chunking }),
      onLeft: (event) => {
        if (options.onClient?.(event, this.client) !== true) answerAsClient(event, this.client);
      },
      onRight: (event) => {
        if (options.onServer?.(event, this.server) !== true) {
          answerAsServer(event, this.server, { crypto: options.crypto, hostKey });
        }
      },
    });
  }

  /** Pumps until both sides are quiet; throws when they are not authenticated then. */
  login(): this {
    this.pair.pump();
    const authenticated = [...this.pair.leftEvents, ...this.pair.rightEvents].filter(
      (event) => event.protocol === 'userauth' && event.type === 'authenticated',
    );
    if (authenticated.length !== 2) throw new Error('the two stacks did not authenticate');
    return this;
  }
}

/** Options of a client's stack for tests; what is given goes to the transport or the stack, by its name. */
export function clientOptions({
  crypto,
  client = {},
}: Pick<StackPairOptions, 'crypto' | 'client'>): ClientStackOptions {
  const { user = 'somebody', connection, ...transport } = client;
  return {
    user,
    ...(connection === undefined ? {} : { connection }),
    transport: {
      crypto,
      identification: 'SSH-2.0-Sallyport_client',
      preferences: testPreferences('client'),
      now: 0,
      ...transport,
    },
  };
}

/** Options of a server's stack for tests, with that host key. */
export function serverOptions(
  { crypto, server = {} }: Pick<StackPairOptions, 'crypto' | 'server'>,
  hostKey: PrivateKey,
): ServerStackOptions {
  const {
    signatureAlgorithms = ['ssh-ed25519'],
    maximumAttempts = 6,
    connection,
    handsOver = false,
    ...transport
  } = server;
  return {
    signatureAlgorithms,
    maximumAttempts,
    handsOver,
    ...(connection === undefined ? {} : { connection }),
    transport: {
      crypto,
      identification: 'SSH-2.0-Sallyport_server',
      preferences: testPreferences('server'),
      now: 0,
      hostKeys: [offeredHostKey(hostKey)],
      ...transport,
    },
  };
}

/** A key as a server offers it. */
export function offeredHostKey({ publicKey }: PrivateKey): OfferedHostKey {
  return { algorithms: signatureAlgorithmsOf(publicKey.type).map(({ name }) => name), blob: publicKey.blob };
}

/** What a client's owner answers who trusts every host and tries `none`. */
export function answerAsClient(event: ClientStackEvent, stack: ClientStack): void {
  if (event.type === 'host-key-offered') stack.perform({ protocol: 'transport', type: 'accept-host-key' });
  if (event.type === 'attempt-wanted') {
    stack.perform({ protocol: 'userauth', type: 'attempt', attempt: { method: 'none' } });
  }
}

/** What a server's owner answers who lets everybody in. */
export function answerAsServer(
  event: ServerStackEvent,
  stack: ServerStack,
  { crypto, hostKey }: { readonly crypto: CryptoProvider; readonly hostKey: PrivateKey },
): void {
  if (event.type === 'signature-wanted') {
    const signature = hostKey.sign(crypto, event.algorithm, event.data);
    stack.perform({ protocol: 'transport', type: 'provide-signature', signature });
  }
  if (event.type === 'authentication-requested') stack.perform({ protocol: 'userauth', type: 'accept' });
}
