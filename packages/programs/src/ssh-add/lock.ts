// ssh-add -x and -X: hides the agent's keys behind a password, and shows them again. The password is wiped when it has
// been sent.

import { readPassphrase } from '../shared/prompt.ts';
import { type AddContext, problemOf, sayError } from './context.ts';
import { messages, prompts } from './messages.ts';

const ask = (prompt: string): Promise<Uint8Array> => readPassphrase(prompt, { mayUseStandardInput: true });

export async function lockAgent({ agent }: AddContext): Promise<number> {
  const password = await ask(prompts.lock);
  const again = await ask(prompts.lockAgain);
  const isSame = Buffer.compare(password, again) === 0;
  again.fill(0);
  if (!isSame) {
    password.fill(0);
    sayError(messages.passwordsDiffer);
    return 1;
  }
  return tell('lock', await problemOf(agent.lock(password)), password);
}

export async function unlockAgent({ agent }: AddContext): Promise<number> {
  const password = await ask(prompts.lock);
  return tell('unlock', await problemOf(agent.unlock(password)), password);
}

function tell(what: 'lock' | 'unlock', problem: string | undefined, password: Uint8Array): number {
  password.fill(0);
  if (problem !== undefined) sayError(messages.lockFailed(what, problem));
  else sayError(what === 'lock' ? messages.locked : messages.unlocked);
  return problem === undefined ? 0 : 1;
}
