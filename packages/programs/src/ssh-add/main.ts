// ssh-add: gives keys to an agent and asks it about them. Chooses the mode; exit statuses are OpenSSH's: 0, 1 when
// something failed, 2 without an agent.

import { createCryptoProvider } from '@sallyport/crypto';
import { AgentClient } from 'sallyport/agent/agent-client';
import { AgentSession } from 'sallyport/agent/agent-session';
import { reasonOf } from '../shared/failure-reason.ts';
import { UsageError } from '../shared/option-table.ts';
import { ProgramExit } from '../shared/program-exit.ts';
import { addKeys } from './add-keys.ts';
import { type AddContext, logLine, sayError } from './context.ts';
import { listIdentities, listKeys, queryExtensions } from './list-keys.ts';
import { lockAgent, unlockAgent } from './lock.ts';
import { messages, usage } from './messages.ts';
import { type AddOptions, parseOptions } from './options.ts';
import { removeAllKeys, removeKeys } from './remove-keys.ts';
import { testKeys } from './test-keys.ts';

const modes: Readonly<Record<AddOptions['mode'], (context: AddContext) => Promise<number> | number>> = {
  query: queryExtensions,
  list: listIdentities,
  'list-keys': listKeys,
  lock: lockAgent,
  unlock: unlockAgent,
  test: testKeys,
  'remove-all': removeAllKeys,
  remove: removeKeys,
  'add-token': async (context) => (await import('./tokens.ts')).addToken(context),
  'remove-token': async (context) => (await import('./tokens.ts')).removeToken(context),
  'load-resident': async (context) => (await import('./tokens.ts')).loadResidentKeys(context),
  add: addKeys,
};

/** Runs the program; the arguments are those after its name. */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    await using session = await openAgent(process.env['SSH_AUTH_SOCK']);
    const options = parseOptions(argv, process.env);
    return await modes[options.mode]({ options, crypto: createCryptoProvider(), agent: new AgentClient(session) });
  } catch (error) {
    if (error instanceof UsageError) {
      if (error.message !== '') sayError(error.message);
      sayError(usage.trimEnd());
      return 1;
    }
    if (!(error instanceof ProgramExit)) throw error;
    if (error.message !== '') (error.status === 255 ? logLine : sayError)(error.message);
    return error.status;
  }
}

/** @throws ProgramExit with status 2 */
async function openAgent(path: string | undefined): Promise<AgentSession> {
  if (path === undefined || path === '') throw new ProgramExit(messages.noAgent, 2);
  const session = new AgentSession(path);
  try {
    await session.open();
    return session;
  } catch (error) {
    throw new ProgramExit(messages.agentUnreachable(reasonOf(error)), 2);
  }
}
