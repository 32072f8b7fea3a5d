// Which keys are offered, in which order (ssh_config(5), IdentityFile, IdentitiesOnly, IdentityAgent): keys of the
// agent that are named by a file, other keys of the agent, keys of tokens, keys that only files have. A file's key is
// opened when it has to sign, and its passphrase is asked for then.

import { isProblem } from '@sallyport/protocol/config/config-error';
import { expandValue } from '@sallyport/protocol/config/ssh-tokens';
import { AgentClient } from 'sallyport/agent/agent-client';
import { loadKeyFailed } from '../shared/messages.ts';
import type { IdentityOptions } from './identity-options.ts';
import { KeyFile } from './key-file.ts';
import type { CandidateKey } from './login/candidate-key.ts';
import { tokenKeys } from './token-keys.ts';

/** Milliseconds that an agent has to list its keys. */
const agentPatienceMs = 10_000;

/** The keys to offer, in order; agents and files that cannot be used are passed over with a line in the log. */
export async function listIdentities(given: IdentityOptions): Promise<CandidateKey[]> {
  const { IdentitiesOnly } = given.plan.options;
  const files = keyFiles(given);
  const agent = await agentKeys(given);
  const named: CandidateKey[] = [];
  const others: CandidateKey[] = [];
  for (const key of agent) {
    const file = files.find((one) => one.matches(key.publicKey));
    if (file !== undefined) named.push({ ...key, name: file.path, isExplicit: file.isExplicit });
    else if (!IdentitiesOnly) others.push(key);
  }
  const rest = files.filter((file) => file.hasPrivateHalf && !agent.some(({ publicKey }) => file.matches(publicKey)));
  const tokens = await tokenKeys(given);
  return [...named, ...others, ...tokens, ...rest.flatMap((file) => file.candidate() ?? [])];
}

function keyFiles(given: IdentityOptions): KeyFile[] {
  const { options, expansion, mentioned } = given.plan;
  const isExplicit = mentioned.some(({ name }) => name === 'IdentityFile');
  const found: KeyFile[] = [];
  for (const name of options.IdentityFile ?? []) {
    if (name.toLowerCase() === 'none') continue;
    const path = expandValue('IdentityFile', name, expansion);
    if (isProblem(path)) {
      given.log('error', loadKeyFailed(name, path.problem));
      continue;
    }
    const file = new KeyFile(path, { given: { ...given, options }, isExplicit });
    given.log('debug1', `identity file ${path} type ${file.publicKey === undefined ? -1 : 0}`);
    if (file.publicKey !== undefined && !found.some((one) => one.matches(file.publicKey))) found.push(file);
  }
  return found;
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

async function agentKeys({ plan, environment, log }: IdentityOptions): Promise<CandidateKey[]> {
  const path = agentSocket(plan.options.IdentityAgent, environment);
  if (path === undefined) return [];
  const agent = new AgentClient(path);
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
    log('debug1', `agent ${path}: ${error instanceof Error ? error.message : String(error)}`);
    return [];
  }
}
