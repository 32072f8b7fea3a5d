// AddKeysToAgent: a key that was just opened to log in is given to the agent, after a question or with constraints if
// so configured. What does not work out is no reason not to log in.

import type { SshOptions } from '@sallyport/protocol/config/ssh-keywords';
import type { PrivateKey } from '@sallyport/protocol/keys/private-key';
import { type LogSink, visible } from '@sallyport/protocol/log/log';
import { AgentClient } from 'sallyport/agent/agent-client';
import { askPermission } from '../shared/prompt.ts';
import { agentSocket } from './agent-socket.ts';
import { loginMessages } from './messages.ts';

/** Gives the agent the key of that file. Never rejects. */
export type KeepKey = (key: PrivateKey, path: string) => Promise<void>;

const patienceMs = 10_000;

interface Around {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: LogSink;
}

/** undefined when keys are not to be kept, or there is no agent. */
export function keyKeeper(
  { AddKeysToAgent, IdentityAgent }: Pick<SshOptions, 'AddKeysToAgent' | 'IdentityAgent'>,
  { environment, log }: Around,
): KeepKey | undefined {
  const { add, seconds } = AddKeysToAgent;
  const agent = agentSocket(IdentityAgent, environment);
  if (add === 'no' || agent === undefined) return undefined;
  return async (key, path) => {
    const comment = key.comment === '' ? path : key.comment;
    if (add === 'ask' && !(await askPermission(loginMessages.mayAddKey(path, visible(comment)), environment))) {
      log('debug1', 'user denied adding this key');
      return;
    }
    const constraints = { lifetimeSeconds: seconds === 0 ? undefined : seconds, confirm: add === 'confirm' };
    const adding = new AgentClient(agent).add(key, { comment, constraints }, { timeoutMs: patienceMs });
    const isAdded = await adding.catch(() => false);
    log('debug1', isAdded ? `identity added to agent: ${path}` : `could not add identity to agent: ${path}`);
  };
}
