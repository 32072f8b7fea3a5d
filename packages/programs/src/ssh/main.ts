// ssh, the client: options, configuration, then whatever was asked for. Everything it decides lies in its parts;
// here is the order, and the exit status: that of the remote command, or 255 for errors of our own (ssh(1), EXIT
// STATUS).

import { dumpSshOptions } from '@sallyport/protocol/config/dump';
import { queryNames } from '@sallyport/protocol/config/own-algorithms';
import { versionLine } from 'sallyport/version';
import { OptionError } from '../shared/option-table.ts';
import { writeError, writeOut } from '../shared/standard-streams.ts';
import { ProgramLog } from './log.ts';
import { optionMessages } from './messages.ts';
import type { Invocation } from './options.ts';
import { parseArguments } from './options.ts';
import { checkConnectable, prepare, reportProblem } from './prepare.ts';
import { runConnection } from './run-connection.ts';

const failed = 255;

/** Runs the program; the arguments are those after its name. */
export async function main(argv: readonly string[]): Promise<number> {
  const log = new ProgramLog();
  try {
    return await run(parseArguments(argv), log);
  } catch (error) {
    reportProblem(error, log);
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
  const prepared = prepare(invocation, log);
  const { plan } = prepared;
  if (invocation.action === 'print-configuration') {
    writeOut(
      dumpSshOptions(plan.options, { host: plan.originalHost })
        .map((line) => `${line}\n`)
        .join(''),
    );
    return 0;
  }
  checkConnectable(prepared);
  return runConnection(prepared);
}
