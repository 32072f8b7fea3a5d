// LocalCommand (ssh_config(5)): a command of the user's that runs on this side once the server has let us in. Its
// outcome does not matter; the session begins when it is over.

import { expandValue } from '@sallyport/protocol/config/ssh-tokens';
import { withoutRuntimeVariables } from '@sallyport/system/environment';
import { withStartingOpenFileLimit } from '@sallyport/system/open-file-limit';
import { expanded } from './config-files.ts';
import type { ConnectionPlan } from './read-config.ts';

/** Does nothing unless PermitLocalCommand is set. @throws ConfigFailure for wrong tokens */
export function runLocalCommand(plan: ConnectionPlan, environment: Readonly<Record<string, string | undefined>>): void {
  const { LocalCommand, PermitLocalCommand } = plan.options;
  if (!PermitLocalCommand || LocalCommand === undefined || LocalCommand.toLowerCase() === 'none') return;
  const tokens = { ...plan.expansion.tokens, T: 'NONE' };
  const command = expanded(expandValue('LocalCommand', LocalCommand, { ...plan.expansion, tokens }));
  const env = withoutRuntimeVariables(environment);
  // Loaded here and not before: hardly anybody has such a command.
  const { spawnSync } = process.getBuiltinModule('node:child_process');
  const shell = environment['SHELL'] || '/bin/sh';
  withStartingOpenFileLimit(() => spawnSync(shell, ['-c', command], { stdio: 'inherit', env }));
}
