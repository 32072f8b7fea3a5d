// What a client proves who it is with: a public key, and something that signs with its private half. Private keys in
// memory, in files and in an agent all become one.

import { homedir } from 'node:os';
import { join } from 'node:path';

import { createCryptoProvider } from '@sallyport/crypto';
import { type Certificate, isCertificate } from '@sallyport/protocol/keys/certificate';
import type { PrivateKey } from '@sallyport/protocol/keys/private-key';
import { equalBytes } from '@sallyport/protocol/wire/bytes';

import { AgentClient } from '../agent/agent-client.ts';
import { AgentSession, type SessionBinding } from '../agent/agent-session.ts';
import { readPrivateKey } from './private-keys.ts';
import { readPublicKey } from './public-keys.ts';

/** How long an agent has for what needs no user. */
const agentPatienceMs = 10_000;

export interface Identity {
  /** The blob of a public key (RFC 4253 section 6.6) or of a certificate. */
  readonly publicKey: Uint8Array;
  readonly comment: string;
  /**
   * A signature blob over `data` by that algorithm, a plain key's even for a certificate; undefined when it is refused
   * (an agent's user said no). `session` tells an agent whose login it is for.
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

/** A private key, the path of an unencrypted file with one, or whatever signs. */
export type KeyOfUser = Identity | PrivateKey | string;

/** A key with a certificate that was issued for it. */
export interface CertifiedKey {
  readonly key: KeyOfUser;
  /** The certificate, or the path of its file. */
  readonly certificate: Certificate | string;
}

/**
 * What a client may offer with that, in order. A path is taken as ssh takes one: the certificate in `PATH-cert.pub`
 * comes behind its key. A certificate that was named comes first. Rejects with KeyError for files that are not usable,
 * with TypeError for a certificate of another key or for hosts.
 */
export async function identitiesOf(given: KeyOfUser | CertifiedKey): Promise<Identity[]> {
  if (typeof given !== 'string' && 'certificate' in given) {
    const identity = await identityOfKey(given.key);
    return [certified(identity, await certificateOf(given.certificate)), identity];
  }
  const identity = await identityOfKey(given);
  return typeof given === 'string' ? [identity, ...(await certifiedBeside(identity, given))] : [identity];
}

async function identityOfKey(key: KeyOfUser): Promise<Identity> {
  if (typeof key === 'string') return identityOf(await readPrivateKey(key));
  return isPrivateKey(key) ? identityOf(key) : key;
}

async function certificateOf(given: Certificate | string): Promise<Certificate> {
  if (typeof given !== 'string') return given;
  const { key } = await readPublicKey(given);
  if (!isCertificate(key)) throw new TypeError(`${given} is not a certificate`);
  return key;
}

/** The identity with its certificate instead of its plain key. @throws TypeError */
function certified(identity: Identity, certificate: Certificate): Identity {
  if (certificate.kind !== 'user') throw new TypeError('a certificate for a host is none of a user');
  if (!equalBytes(certificate.key.blob, identity.publicKey)) throw new TypeError('the certificate is for another key');
  return { ...identity, publicKey: certificate.blob, sign: (...request) => identity.sign(...request) };
}

/** A file beside the key that is not there or not usable is none, as for ssh. */
async function certifiedBeside(identity: Identity, path: string): Promise<Identity[]> {
  const found = await readPublicKey(`${path}-cert.pub`).catch(() => undefined);
  if (found === undefined || !isCertificate(found.key) || found.key.kind !== 'user') return [];
  return equalBytes(found.key.key.blob, identity.publicKey) ? [certified(identity, found.key)] : [];
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
    found.push(...(await identitiesOf(join(homedir(), '.ssh', name)).catch(() => [])));
  }
  return found;
}
