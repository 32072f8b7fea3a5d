// ssh-agent -k: ends the agent that SSH_AGENT_PID names, and tells the shell to forget it. Whether it was an agent is
// not looked at, as in OpenSSH.

import { reasonOf } from '../shared/failure-reason.ts';
import { parseNumber } from '../shared/parse-number.ts';
import { ProgramExit } from '../shared/program-exit.ts';
import { writeOut } from '../shared/standard-streams.ts';
import { killedScript, messages } from './messages.ts';
import { type AgentOptions, shellFor } from './options.ts';

export function killAgent(options: AgentOptions): number {
  const text = process.env['SSH_AGENT_PID'];
  if (text === undefined) throw new ProgramExit(messages.noPid, 1);
  const pid = parseNumber(text, 2, 0x7fffffff);
  if (typeof pid === 'string') throw new ProgramExit(messages.badPid(text, pid), 1);
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    throw new ProgramExit(messages.killFailed(reasonOf(error)), 1);
  }
  writeOut(killedScript(shellFor(options, process.env), pid));
  return 0;
}
