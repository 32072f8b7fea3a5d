// Our ssh-keygen and the stock one side by side: run with the same arguments in the same folder, and compared by what
// their user sees.

import { keySamples } from './key-samples.ts';
import { programPath } from './peers.ts';
import { type ProgramOptions, type ProgramResult, runProgram } from './program.ts';
import { runMain } from './program-main.ts';
import { TemporaryFolder } from './temporary-folder.ts';

/** Options of a run with clocks in UTC. */
export type KeygenRun = Pick<ProgramOptions, 'cwd' | 'env' | 'input'>;

const inUtc = ({ env, ...options }: KeygenRun): ProgramOptions => ({ ...options, env: { TZ: 'UTC', ...env } });

export function ourKeygen(argv: readonly string[], options: KeygenRun = {}): Promise<ProgramResult> {
  return runMain(import.meta.resolve('@sallyport/programs/ssh-keygen/main'), argv, inUtc(options));
}

export function stockKeygen(argv: readonly string[], options: KeygenRun = {}): Promise<ProgramResult> {
  return runProgram(programPath('ssh-keygen'), argv, inUtc(options));
}

/** Stdout, then stderr with plain line ends, with the exit status at the end. */
export function transcript({ stdout, stderr, code }: ProgramResult): string {
  return `${stdout.toString('utf8')}${stderr.replaceAll('\r\n', '\n')}[${code}]`;
}

/** A folder with the files of the key samples: `ed25519`, `ed25519.pub` and so on, and a second pair `other`. */
export async function keygenFolder(): Promise<TemporaryFolder> {
  const folder = await TemporaryFolder.create();
  for (const { name, privateFile, publicLine } of keySamples) {
    await folder.write(name, privateFile);
    await folder.write(`${name}.pub`, `${publicLine}\n`, 0o644);
  }
  return folder;
}
