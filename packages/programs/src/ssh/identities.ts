// Which keys are offered, in which order (ssh_config(5), IdentityFile, IdentitiesOnly, IdentityAgent): keys of the
// agent that are named by a file, other keys of the agent, keys that only files have. A file's key is opened when
// it has to sign, and its passphrase is asked for then.

import { existsSync, readFileSync } from 'node:fs';
import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import { isProblem } from '@sallyport/protocol/config/config-error';
import { expandValue } from '@sallyport/protocol/config/ssh-tokens';
import type { SealedPrivateKey } from '@sallyport/protocol/keys/formats/private-key-format';
import { parsePublicLine } from '@sallyport/protocol/keys/formats/public-line';
import type { PrivateKey } from '@sallyport/protocol/keys/private-key';
import type { LogSink } from '@sallyport/protocol/log/log';
import { DecodeError } from '@sallyport/protocol/wire/decode-error';
import { AgentClient } from 'sallyport/agent/agent-client';
import type { Identity } from 'sallyport/keys/identity';
import { loadKeyFailed } from '../shared/messages.ts';
import { KeyFileError, readPrivateKeyFile, unlockPrivateKey } from '../shared/private-key-file.ts';
import { loginMessages } from './messages.ts';
import type { ConnectionPlan } from './read-config.ts';

/** A key to offer. */
export interface OfferedIdentity extends Identity {
  /** File name or the agent's comment, for the log. */
  readonly name: string;
  readonly source: 'agent' | 'file';
  /** Whether the user named the file. */
  readonly isExplicit: boolean;
}

export interface IdentityOptions {
  readonly plan: Pick<ConnectionPlan, 'options' | 'expansion' | 'mentioned'>;
  readonly crypto: CryptoProvider;
  readonly log: LogSink;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Asks for a passphrase; undefined when nobody answers. The caller of ask wipes the answer. */
  readonly askPassphrase: (prompt: string) => Promise<Uint8Array | undefined>;
}

/** Milliseconds that an agent has to list its keys. */
const agentPatienceMs = 10_000;

/** The keys to offer, in order; agents and files that cannot be used are passed over with a line in the log. */
export async function listIdentities(given: IdentityOptions): Promise<OfferedIdentity[]> {
  const { IdentitiesOnly } = given.plan.options;
  const files = fileIdentities(given);
  const agent = await agentIdentities(given);
  const offered: OfferedIdentity[] = [];
  const others: OfferedIdentity[] = [];
  for (const key of agent) {
    const file = files.find(({ identity }) => sameKey(identity.publicKey, key.publicKey))?.identity;
    if (file !== undefined) offered.push({ ...key, name: file.name, isExplicit: file.isExplicit });
    else if (!IdentitiesOnly) others.push(key);
  }
  const rest = files
    .filter(({ publicOnly }) => !publicOnly)
    .map(({ identity }) => identity)
    .filter((identity) => !agent.some(({ publicKey }) => sameKey(publicKey, identity.publicKey)));
  return [...offered, ...others, ...rest];
}

interface FileIdentity {
  readonly identity: OfferedIdentity;
  /** Only the public half is there: of use if an agent has the other one. */
  readonly publicOnly: boolean;
}

function sameKey(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

function fileIdentities(given: IdentityOptions): FileIdentity[] {
  const { options, expansion } = given.plan;
  const found: FileIdentity[] = [];
  for (const name of options.IdentityFile ?? []) {
    if (name.toLowerCase() === 'none') continue;
    const path = expandValue('IdentityFile', name, expansion);
    if (isProblem(path)) {
      given.log('error', loadKeyFailed(name, path.problem));
      continue;
    }
    const file = fileIdentity(path, given);
    if (file === undefined) continue;
    const { publicKey } = file.identity;
    if (!found.some(({ identity }) => sameKey(identity.publicKey, publicKey))) found.push(file);
  }
  return found;
}

// A name may be that of the private key, or of the public one whose private half lies beside it or in the agent.
function fileIdentity(path: string, given: IdentityOptions): FileIdentity | undefined {
  const privatePath = path.replace(/\.pub$/, '');
  const fromPublic = publicKeyOf(`${privatePath}.pub`) ?? publicKeyOf(path);
  const hasPrivate = existsSync(privatePath);
  if (fromPublic === undefined && !hasPrivate) {
    given.log('debug1', `identity file ${path} type -1`);
    return undefined;
  }
  const opener = new FileKey(privatePath, given);
  const publicKey = fromPublic ?? opener.publicKey();
  if (publicKey === undefined) return undefined;
  const identity: OfferedIdentity = {
    publicKey,
    comment: path,
    name: path,
    source: 'file',
    isExplicit: given.plan.mentioned.some((one) => one.name === 'IdentityFile'),
    sign: (algorithm, data) => opener.sign(algorithm, data),
  };
  return { identity, publicOnly: !hasPrivate };
}

function publicKeyOf(path: string): Uint8Array | undefined {
  try {
    const [line = ''] = readFileSync(path, 'utf8').split('\n', 1);
    return parsePublicLine(line).key.blob;
  } catch (error) {
    if (error instanceof DecodeError || (error instanceof Error && 'code' in error)) return undefined;
    throw error;
  }
}

/** A private key file that is read once and opened when it has to sign. */
class FileKey {
  readonly #path: string;
  readonly #given: IdentityOptions;
  #sealed: SealedPrivateKey | undefined;
  #key: PrivateKey | undefined;
  #failed = false;

  constructor(path: string, given: IdentityOptions) {
    this.#path = path;
    this.#given = given;
  }

  publicKey(): Uint8Array | undefined {
    return this.#read()?.publicKey?.blob;
  }

  async sign(algorithm: string, data: Uint8Array): Promise<Uint8Array | undefined> {
    const key = await this.#open();
    return key?.sign(this.#given.crypto, algorithm, data);
  }

  #read(): SealedPrivateKey | undefined {
    if (this.#sealed !== undefined || this.#failed) return this.#sealed;
    try {
      this.#sealed = readPrivateKeyFile(this.#path);
    } catch (error) {
      this.#complain(error);
    }
    return this.#sealed;
  }

  async #open(): Promise<PrivateKey | undefined> {
    const sealed = this.#read();
    if (this.#key !== undefined || sealed === undefined || this.#failed) return this.#key;
    const { crypto, askPassphrase, plan } = this.#given;
    const { BatchMode, NumberOfPasswordPrompts } = plan.options;
    try {
      this.#key = await unlockPrivateKey(sealed, {
        crypto,
        attempts: Math.max(NumberOfPasswordPrompts, 1),
        ask: () => (BatchMode ? undefined : this.#ask(askPassphrase)),
      });
    } catch (error) {
      this.#complain(error);
    }
    return this.#key;
  }

  // An empty answer gives up, as in OpenSSH.
  async #ask(askPassphrase: IdentityOptions['askPassphrase']): Promise<Uint8Array | undefined> {
    const answer = await askPassphrase(loginMessages.passphrase(this.#path));
    return answer === undefined || answer.length === 0 ? undefined : answer;
  }

  #complain(error: unknown): void {
    this.#failed = true;
    if (!(error instanceof KeyFileError)) throw error;
    const { log } = this.#given;
    for (const line of error.box) log('error', line);
    log(error.problem === 'missing' ? 'debug1' : 'error', loadKeyFailed(this.#path, error.message));
  }
}

/** The socket of the agent to ask; undefined for none. */
export function agentSocket(
  identityAgent: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const fromEnvironment = (name: string): string | undefined => environment[name] || undefined;
  if (identityAgent === undefined || identityAgent === 'SSH_AUTH_SOCK') return fromEnvironment('SSH_AUTH_SOCK');
  if (identityAgent.toLowerCase() === 'none') return undefined;
  return identityAgent.startsWith('$') ? fromEnvironment(identityAgent.slice(1)) : identityAgent;
}

async function agentIdentities(given: IdentityOptions): Promise<OfferedIdentity[]> {
  const { plan, environment, log } = given;
  const path = agentSocket(plan.options.IdentityAgent, environment);
  if (path === undefined) return [];
  const agent = new AgentClient(path);
  try {
    const found = await agent.identities({ timeoutMs: agentPatienceMs });
    return found.map(({ key, comment }) => ({
      publicKey: key,
      comment,
      name: comment,
      source: 'agent',
      isExplicit: false,
      sign: (algorithm, data) => agent.sign(key, { algorithm, data }),
    }));
  } catch (error) {
    log('debug1', `agent ${path}: ${error instanceof Error ? error.message : String(error)}`);
    return [];
  }
}
