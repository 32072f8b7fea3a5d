// From an invocation to what one connection needs: its log, its plan, and the refusal of what we cannot do yet. The
// programs that connect in their own process (in-process.ts) and ssh itself begin here.

import { createCryptoProvider } from '@sallyport/crypto';
import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import { passedOver } from '@sallyport/protocol/config/keyword';
import { sshKeywords } from '@sallyport/protocol/config/ssh-keywords';
import { errorText } from '@sallyport/system/system-error';
import { versionLine } from 'sallyport/version';
import { OptionError, UsageError } from '../shared/option-table.ts';
import { writeError } from '../shared/standard-streams.ts';
import { ConfigFailure, codeOf } from './config-files.ts';
import type { ProgramLog } from './log.ts';
import { verboseLevel } from './log.ts';
import { optionMessages, usage } from './messages.ts';
import type { Invocation } from './options.ts';
import type { ConnectionPlan } from './read-config.ts';
import { readConfig } from './read-config.ts';
import { ownSurroundings } from './surroundings.ts';

export interface Prepared {
  readonly plan: ConnectionPlan;
  readonly invocation: Invocation;
  readonly crypto: CryptoProvider;
  readonly log: ProgramLog;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Opens the log and reads the configuration. @throws OptionError @throws ConfigFailure */
export function prepare(invocation: Invocation, log: ProgramLog): Prepared {
  const crypto = createCryptoProvider();
  openLog(invocation, log);
  const surroundings = ownSurroundings(crypto);
  if (surroundings === undefined) throw new OptionError(optionMessages.noAccount(process.getuid?.() ?? 0));
  if (invocation.verbosity > 0) log.log('info', versionLine);
  const plan = readConfig({ invocation, surroundings, log: log.log });
  if (!invocation.quiet && invocation.verbosity === 0) log.level = plan.options.LogLevel;
  return { plan, invocation, crypto, log, environment: surroundings.environment };
}

/** What we cannot do yet is refused where going on would do something else than was asked for, and told elsewhere. */
export function checkConnectable({ plan, invocation, log }: Prepared): void {
  const { RefuseConnection } = plan.options;
  if (RefuseConnection !== undefined) throw new OptionError(optionMessages.refused(RefuseConnection));
  const { weakening, harmless } = passedOver(sshKeywords, plan.mentioned);
  const [missing] = [...invocation.missing, ...weakening];
  if (missing !== undefined) throw new OptionError(optionMessages.notYet(missing));
  for (const letter of invocation.passedOver) log.log('info', optionMessages.passedOver(letter));
  for (const name of harmless) log.log('debug1', optionMessages.passedOver(name));
}

/** Tells the user what one of our own errors says; anything else is thrown on. */
export function reportProblem(error: unknown, log: ProgramLog): void {
  if (error instanceof UsageError) {
    writeError(`${error.message === '' ? '' : `${error.message}\n`}${usage}`);
  } else if (error instanceof OptionError) {
    log.log('fatal', error.message);
  } else if (error instanceof ConfigFailure) {
    for (const line of error.lines) log.log('error', line);
  } else {
    throw error;
  }
}

function openLog({ verbosity, quiet, logFile }: Invocation, log: ProgramLog): void {
  log.level = verboseLevel(verbosity) ?? (quiet ? 'quiet' : 'info');
  if (logFile === undefined) return;
  try {
    log.appendTo(logFile);
  } catch (error) {
    throw new OptionError(optionMessages.logFileFailed(logFile, errorText(codeOf(error))));
  }
}
