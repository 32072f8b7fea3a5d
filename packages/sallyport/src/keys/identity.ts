// What a client proves who it is with: a public key, and something that signs with its private half. Private keys in
// memory, in files and in an agent all become one.

import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

import { createCryptoProvider } from '@sallyport/crypto';
import { decodePrivateKeyFile } from '@sallyport/protocol/keys/formats/private-key-file';
import { PrivateKey } from '@sallyport/protocol/keys/private-key';
import { isForConversion } from '@sallyport/protocol/keys/types/table';
import { utf8Encode } from '@sallyport/protocol/wire/utf8';

import { AgentClient } from '../agent/agent-client.ts';
import { AgentSession, type SessionBinding } from '../agent/agent-session.ts';

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

/**
 * Reads a private key file. Rejects when it cannot be read, is no private key, or is encrypted and the passphrase is
 * missing or wrong; also for DSA keys, which are converted by ssh-keygen and used for nothing.
 */
export async function readPrivateKey(path: string, passphrase?: string): Promise<PrivateKey> {
  const sealed = decodePrivateKeyFile(await readFile(path));
  if (sealed.encrypted && passphrase === undefined) throw new Error(`${path} needs a passphrase`);
  const crypto = createCryptoProvider();
  await sealed.prepare?.(crypto);
  const key = sealed.open(crypto, utf8Encode(passphrase ?? ''));
  if (key === undefined) throw new Error(`wrong passphrase for ${path}`);
  if (isForConversion(key.publicKey.type)) throw new Error(`${path} is of an unsupported key type`);
  return key;
}

/** A new Ed25519 key, for a server or a client that is made for the moment. */
export function generatePrivateKey(): PrivateKey {
  return new PrivateKey(createCryptoProvider().generateKey('ed25519'));
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
