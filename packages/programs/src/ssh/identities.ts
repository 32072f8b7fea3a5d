// Which keys are offered, in which order (ssh_config(5), IdentityFile, IdentitiesOnly, IdentityAgent): certificates
// that are named, keys of the agent that are named by a file, other keys of the agent, keys of tokens, keys that only
// files have. A file's key is opened when it has to sign, and its passphrase is asked for then.

import { isProblem } from '@sallyport/protocol/config/config-error';
import { expandValue } from '@sallyport/protocol/config/ssh-tokens';
import { equalBytes } from '@sallyport/protocol/wire/bytes';
import { AgentClient } from 'sallyport/agent/agent-client';
import { loadKeyFailed } from '../shared/messages.ts';
import type { IdentityOptions } from './identity-options.ts';
import { KeyFile } from './key-file.ts';
import type { CandidateKey } from './login/candidate-key.ts';
import { loginMessages } from './messages.ts';
import { tokenKeys } from './token-keys.ts';
import {
  certificateBeside,
  certificateCandidate,
  isForUsers,
  namedCertificates,
  type UserCertificate,
} from './user-certificates.ts';

/** Milliseconds that an agent has to list its keys. */
const agentPatienceMs = 10_000;

/** The keys to offer, in order; agents and files that cannot be used are passed over with a line in the log. */
export async function listIdentities(given: IdentityOptions): Promise<CandidateKey[]> {
  const { IdentitiesOnly } = given.plan.options;
  const { files, certificates } = keyFiles(given);
  const agent = await agentKeys(given);
  const named: CandidateKey[] = [];
  const others: CandidateKey[] = [];
  for (const key of agent) {
    const file = files.find((one) => one.matches(key.publicKey));
    if (file !== undefined) named.push({ ...key, name: file.path, isExplicit: file.isExplicit });
    else if (!IdentitiesOnly || certificates.some((one) => equalBytes(one.certificate.blob, key.publicKey))) {
      others.push(key);
    }
  }
  const rest = files.filter((file) => file.hasPrivateHalf && !agent.some(({ publicKey }) => file.matches(publicKey)));
  const keys = [...named, ...others, ...(await tokenKeys(given)), ...rest.flatMap((file) => file.candidate() ?? [])];
  const offered = (found: readonly UserCertificate[]): CandidateKey[] =>
    found.flatMap((certificate) => certificateCandidate(certificate, keys, given) ?? []);
  return withoutRepeats([...offered(namedCertificates(given)), ...withCertificates(keys, offered(certificates))]);
}

/** Certificates that lie beside identity files come behind their key. */
function withCertificates(keys: readonly CandidateKey[], certificates: readonly CandidateKey[]): CandidateKey[] {
  const behind = (key: CandidateKey): readonly CandidateKey[] =>
    certificates.filter(({ name, isExplicit }) => key.name === name && key.isExplicit === isExplicit);
  const placed = keys.flatMap((key) => [key, ...behind(key)]);
  return [...placed, ...certificates];
}

function withoutRepeats(keys: readonly CandidateKey[]): CandidateKey[] {
  return keys.filter(
    ({ publicKey }, index) => keys.findIndex((other) => equalBytes(other.publicKey, publicKey)) === index,
  );
}

interface IdentityFiles {
  readonly files: readonly KeyFile[];
  /** Beside them, or named instead of a key. */
  readonly certificates: readonly UserCertificate[];
}

function keyFiles(given: IdentityOptions): IdentityFiles {
  const { options, expansion, mentioned } = given.plan;
  const isExplicit = mentioned.some(({ name }) => name === 'IdentityFile');
  const files: KeyFile[] = [];
  const certificates: UserCertificate[] = [];
  for (const name of options.IdentityFile ?? []) {
    if (name.toLowerCase() === 'none') continue;
    const path = expandValue('IdentityFile', name, expansion);
    if (isProblem(path)) {
      given.log('error', loadKeyFailed(name, path.problem));
      continue;
    }
    const file = new KeyFile(path, { given: { ...given, options }, isExplicit });
    given.log('debug1', loginMessages.debugIdentityFile(path, file.publicKey !== undefined));
    const beside = certificateBeside(file, given);
    if (beside !== undefined) certificates.push(beside);
    if (file.publicKey === undefined || files.some((one) => one.matches(file.publicKey))) continue;
    if (file.certificate !== undefined && !isForUsers(file.certificate, path, given)) continue;
    files.push(file);
    if (file.certificate !== undefined && !file.hasPrivateHalf) {
      certificates.push({ name: path, isExplicit, certificate: file.certificate });
    }
  }
  return { files, certificates };
}

async function agentKeys({ agent: session, log }: IdentityOptions): Promise<CandidateKey[]> {
  if (session === undefined) return [];
  const agent = new AgentClient(session);
  try {
    const found = await agent.identities({ timeoutMs: agentPatienceMs });
    return found.map(({ key, comment }) => ({
      name: comment,
      source: 'agent',
      isExplicit: false,
      publicKey: key,
      sign: (algorithm, data) => agent.sign(key, { algorithm, data }).catch(() => undefined),
    }));
  } catch (error) {
    log('debug1', `agent: ${error instanceof Error ? error.message : String(error)}`);
    return [];
  }
}
