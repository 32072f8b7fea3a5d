// ssh, the client: options, configuration, then whatever was asked for. Everything it decides lies in its parts;
// here is the order, and the exit status: that of the remote command, or 255 for errors of our own (ssh(1), EXIT
// STATUS).

import { createCryptoProvider } from '@sallyport/crypto';
import { dumpSshOptions } from '@sallyport/protocol/config/dump';
import { passedOver } from '@sallyport/protocol/config/keyword';
import { queryNames } from '@sallyport/protocol/config/own-algorithms';
import { sshKeywords } from '@sallyport/protocol/config/ssh-keywords';
import { errorText } from '@sallyport/system/system-error';
import { versionLine } from 'sallyport/version';
import { writeError, writeOut } from '../shared/standard-streams.ts';
import { ConfigFailure, codeOf } from './config-files.ts';
import { ProgramLog, verboseLevel } from './log.ts';
import { optionMessages, usage } from './messages.ts';
import type { Invocation } from './options.ts';
import { OptionError, parseArguments, UsageError } from './options.ts';
import type { ConnectionPlan } from './read-config.ts';
import { readConfig } from './read-config.ts';
import { runConnection } from './run-connection.ts';
import { ownSurroundings } from './surroundings.ts';

const failed = 255;

/** Runs the program; the arguments are those after its name. */
export async function main(argv: readonly string[]): Promise<number> {
  const log = new ProgramLog();
  try {
    return await run(parseArguments(argv), log);
  } catch (error) {
    if (error instanceof UsageError) {
      writeError(`${error.message === '' ? '' : `${error.message}\n`}${usage}`);
    } else if (error instanceof OptionError) {
      log.log('fatal', error.message);
    } else if (error instanceof ConfigFailure) {
      for (const line of error.lines) log.log('error', line);
    } else {
      throw error;
    }
    return failed;
  }
}

function run(invocation: Invocation, log: ProgramLog): Promise<number> | number {
  switch (invocation.action) {
    case 'version':
      writeError(`${versionLine}\n`);
      return 0;
    case 'query':
      return query(invocation.query);
    default:
      return configured(invocation, log);
  }
}

function query(name: string): number {
  const names = queryNames(name);
  if (names === undefined) throw new OptionError(optionMessages.badQuery(name));
  writeOut(names.map((one) => `${one}\n`).join(''));
  return 0;
}

function configured(invocation: Invocation, log: ProgramLog): Promise<number> | number {
  const crypto = createCryptoProvider();
  openLog(invocation, log);
  const surroundings = ownSurroundings(crypto);
  if (surroundings === undefined) throw new OptionError(optionMessages.noAccount(process.getuid?.() ?? 0));
  if (invocation.verbosity > 0) log.log('info', versionLine);
  const plan = readConfig({ invocation, surroundings, log: log.log });
  if (!invocation.quiet && invocation.verbosity === 0) log.level = plan.options.LogLevel;
  if (invocation.action === 'print-configuration') {
    writeOut(
      dumpSshOptions(plan.options, { host: plan.originalHost })
        .map((line) => `${line}\n`)
        .join(''),
    );
    return 0;
  }
  const { RefuseConnection } = plan.options;
  if (RefuseConnection !== undefined) throw new OptionError(optionMessages.refused(RefuseConnection));
  checkSupport(plan, { invocation, log });
  return runConnection({ plan, invocation, crypto, log, environment: surroundings.environment });
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

/** What we cannot do yet is refused where going on would do something else than was asked for, and told elsewhere. */
function checkSupport(
  plan: ConnectionPlan,
  { invocation, log }: { readonly invocation: Invocation; readonly log: ProgramLog },
): void {
  const { weakening, harmless } = passedOver(sshKeywords, plan.mentioned);
  const [missing] = [...invocation.missing, ...weakening];
  if (missing !== undefined) throw new OptionError(optionMessages.notYet(missing));
  for (const letter of invocation.passedOver) log.log('info', optionMessages.passedOver(letter));
  for (const name of harmless) log.log('debug1', optionMessages.passedOver(name));
}
