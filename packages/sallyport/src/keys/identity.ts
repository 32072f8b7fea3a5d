// What a client proves who it is with: a public key, and something that signs with its private half. Private keys in
// memory, in files and in an agent all become one.

import { homedir } from 'node:os';
import { join } from 'node:path';

import { createCryptoProvider } from '@sallyport/crypto';
import type { PrivateKey } from '@sallyport/protocol/keys/private-key';

import { AgentClient } from '../agent/agent-client.ts';
import { AgentSession, type SessionBinding } from '../agent/agent-session.ts';
import { readPrivateKey } from './private-keys.ts';

/** How long an agent has for what needs no user. */
const agentPatienceMs = 10_000;

export interface Identity {
  /** The public key blob (RFC 4253 section 6.6). */
  readonly publicKey: Uint8Array;
  readonly comment: string;
  /**
   * A signature blob over `data` by that algorithm; undefined when it is refused (an agent's user said no). `session`
   * tells an agent whose login it is for.
   */
  sign(
    algorithm: string,
    data: Uint8Array,
    session?: LoginSession,
  ): Uint8Array | undefined | Promise<Uint8Array | undefined>;
}

/** The session that a login is for, as the server's key exchange has proved it. */
export type LoginSession = Omit<SessionBinding, 'isForwarding'>;

/** The identity of a private key in memory. */
export function identityOf(key: PrivateKey): Identity {
  const crypto = createCryptoProvider();
  return {
    publicKey: key.publicKey.blob,
    comment: key.comment,
    sign: (algorithm, data) => key.sign(crypto, algorithm, data),
  };
}

/** Whether it is a key itself and not something that signs with one. */
export function isPrivateKey(value: Identity | PrivateKey): value is PrivateKey {
  return !(value.publicKey instanceof Uint8Array);
}

/** Identities of an agent, as they are now. An agent that cannot be asked has none. */
export async function agentIdentities(path: string): Promise<Identity[]> {
  const agent = new AgentClient(path);
  const found = await agent.identities({ timeoutMs: agentPatienceMs }).catch(() => []);
  return found.map(({ key, comment }) => ({
    publicKey: key,
    comment,
    sign: (algorithm, data, session) => signByAgent(path, { key, algorithm, data, session }),
  }));
}

/** On a connection that knows the host, as far as the agent can be told (PROTOCOL.agent section 1). */
async function signByAgent(
  path: string,
  wanted: {
    readonly key: Uint8Array;
    readonly algorithm: string;
    readonly data: Uint8Array;
    readonly session: LoginSession | undefined;
  },
): Promise<Uint8Array | undefined> {
  const { key, algorithm, data, session } = wanted;
  await using connection = new AgentSession(path);
  // An agent that cannot be told is asked all the same.
  const binding = session && connection.bind({ ...session, isForwarding: false }, { timeoutMs: agentPatienceMs });
  await binding?.catch(() => false);
  return await new AgentClient(connection).sign(key, { algorithm, data });
}

const defaultFiles = ['id_ed25519', 'id_ecdsa', 'id_rsa'];

/**
 * The identities that the ssh program would try: the default files of the user's home that open without a passphrase.
 */
export async function defaultIdentities(): Promise<Identity[]> {
  const found: Identity[] = [];
  for (const name of defaultFiles) {
    const key = await readPrivateKey(join(homedir(), '.ssh', name)).catch(() => undefined);
    if (key !== undefined) found.push(identityOf(key));
  }
  return found;
}
