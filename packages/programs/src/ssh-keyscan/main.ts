// ssh-keyscan: collects the host keys of many hosts, without logging in anywhere. Status 0 when at least one key was
// found, 1 when none was and for wrong use, 255 for what it cannot do (ssh-keyscan(1)).

import { createCryptoProvider } from '@sallyport/crypto';
import { type LogLevel, visible } from '@sallyport/protocol/log/log';
import { openFileLimit } from '@sallyport/system/open-file-limit';
import { UsageError } from '../shared/option-table.ts';
import { ProgramExit } from '../shared/program-exit.ts';
import { writeError, writeOut } from '../shared/standard-streams.ts';
import { foundLines } from './found-lines.ts';
import { messages, usage } from './messages.ts';
import { type KeyscanOptions, parseOptions } from './options.ts';
import { scan } from './scan.ts';
import { targets } from './targets.ts';

/** Enough for any rate that servers and links bear; more only fills queues. */
const mostAtOnce = 256;
/** Descriptors that the program itself needs. */
const ownDescriptors = 32;

/** Runs the program; the arguments are those after its name. */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    return await run(parseOptions(argv));
  } catch (error) {
    if (error instanceof UsageError) {
      writeError(`${error.message}${usage}`);
      return 1;
    }
    if (!(error instanceof ProgramExit)) throw error;
    writeError(`${error.message}\r\n`);
    return error.status;
  }
}

async function run(options: KeyscanOptions): Promise<number> {
  const crypto = createCryptoProvider();
  const atOnce = Math.min(mostAtOnce, openFileLimit() - ownDescriptors);
  if (atOnce < 1) throw new ProgramExit(messages.tooManyFiles(openFileLimit()));
  const comment = options.printsSshfp ? ';' : '#';
  const hasFound = await scan(
    targets(options.files, options.operands),
    { crypto, options, atOnce },
    {
      log: (level: LogLevel, line: string) => {
        if (level === 'error' || level === 'fatal') writeError(`${line}\r\n`);
        else if (options.verbose && level === 'debug1') writeError(`debug1: ${line}\r\n`);
      },
      identified: (name, identification) => {
        if (!options.quiet) writeOut(`${comment} ${name}:${options.port} ${visible(identification)}\n`);
      },
      found: (target, blob) => writeOut(foundLines(crypto, { options, target, blob }).join('')),
    },
  );
  return hasFound ? 0 : 1;
}
