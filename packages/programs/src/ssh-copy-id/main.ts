// ssh-copy-id: lets a key log in to another host, by adding it to authorized_keys there. Keys that are let in already
// are left out; the file is replaced whole or not at all. Exit status 0, or 1.

import { accountById } from '@sallyport/system/accounts';
import { SshError } from 'sallyport/errors';
import { SftpClient } from 'sallyport/sftp/sftp-client';
import { UsageError } from '../shared/option-table.ts';
import { escapeControls } from '../shared/printable.ts';
import { ProgramExit } from '../shared/program-exit.ts';
import { writeError, writeOut } from '../shared/standard-streams.ts';
import { openRemoteProgram } from '../ssh/in-process.ts';
import { installCommand, quote } from './authorized-keys.ts';
import { type ChosenKeys, chooseKeys } from './chosen-keys.ts';
import { installBySftp } from './install-by-sftp.ts';
import { added, allInstalled, dryRun, messages, programName, usage } from './messages.ts';
import { type CopyIdOptions, parseOptions } from './options.ts';
import { Trials } from './trial.ts';

const usualTarget = '.ssh/authorized_keys';
/** Where dropbear looks for the keys of root. */
const dropbearTarget = '/etc/dropbear/authorized_keys';

/** Runs the program; the arguments are those after its name. */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    return await run(parseOptions(argv));
  } catch (error) {
    if (error instanceof UsageError) {
      if (error.message !== '') say(error.message);
      writeError(usage);
      return 1;
    }
    if (!(error instanceof ProgramExit)) throw error;
    if (error.message !== '') say(error.message);
    return error.status;
  }
}

async function run(options: CopyIdOptions): Promise<number> {
  const home = accountById(process.getuid?.() ?? 0)?.home ?? process.env['HOME'] ?? '/';
  const chosen = await chooseKeys(options, { home, agent: process.env['SSH_AUTH_SOCK'] });
  if (chosen.publicPath !== undefined) say(messages.source(chosen.publicPath));
  using trials = new Trials(options);
  const software = await trials.remoteSoftware();
  const lines = options.isForced ? chosen.lines : await newKeys(chosen, trials);
  if (lines.length === 0) {
    writeError(allInstalled);
    return 0;
  }
  if (options.isDryRun) {
    writeOut(dryRun(lines.join('\n')));
    return 0;
  }
  const target = options.target ?? (software.startsWith('dropbear') ? dropbearTarget : usualTarget);
  await (options.usesSftp ? installWithoutShell : installByShell)(lines, target, options);
  writeOut(added(lines.length, commandLine(chosen, options)));
  return 0;
}

/** The keys that do not let us in yet. */
async function newKeys({ lines, privatePath }: ChosenKeys, trials: Trials): Promise<readonly string[]> {
  say(messages.trying);
  const wanted: string[] = [];
  for (const line of lines) {
    const outcome = await trials.withKey(line, privatePath);
    if (outcome.kind === 'failed') {
      for (const told of outcome.lines) say(messages.trialFailed(told));
      throw new ProgramExit('', 1);
    }
    if (outcome.kind === 'denied') wanted.push(line);
  }
  if (wanted.length > 0) say(messages.remaining(wanted.length));
  return wanted;
}

type Install = (lines: readonly string[], target: string, options: CopyIdOptions) => Promise<void>;

const connectionArguments = ({ sshArguments, isVerbose }: CopyIdOptions): readonly string[] => [
  ...['-a', '-x', ...(isVerbose ? ['-v'] : [])],
  ...sshArguments,
];

const installByShell: Install = async (lines, target, options) => {
  const input = Buffer.from(lines.map((line) => `${line}\n`).join(''), 'utf8');
  const program = await openRemoteProgram({
    sshArguments: connectionArguments(options),
    host: options.host,
    program: { command: installCommand(target, input.length) },
  });
  if (program === undefined) throw new ProgramExit('', 1);
  program.stream.onData = writeOut;
  program.stream.write([input]);
  program.stream.end();
  program.stream.resume();
  if ((await program.exit) !== 0) throw new ProgramExit(messages.notInstalled(target), 1);
};

const installWithoutShell: Install = async (lines, target, options) => {
  const program = await openRemoteProgram({
    sshArguments: connectionArguments(options),
    host: options.host,
    program: { subsystem: 'sftp' },
  });
  if (program === undefined) throw new ProgramExit('', 1);
  try {
    await using client = await SftpClient.over(program.stream);
    await installBySftp(client, target, lines);
  } catch (error) {
    program.close();
    if (!(error instanceof SshError)) throw error;
    throw new ProgramExit(messages.notInstalled(target, error.message), 1);
  }
  await program.exit;
};

/** How the user would log in now. */
function commandLine({ privatePath }: ChosenKeys, { usesSftp, identity, sshArguments, host }: CopyIdOptions): string {
  const words = sshArguments.map((word, index) => (index % 2 === 0 ? word : quote(word)));
  const key = identity === undefined || privatePath === undefined ? [] : ['-i', privatePath];
  return [usesSftp ? 'sftp' : 'ssh', ...key, ...words, quote(host)].join(' ');
}

function say(sentence: string): void {
  for (const line of sentence.split('\n')) {
    writeError(line.startsWith('\t') ? `${line}\n` : `${programName}: ${escapeControls(line)}\n`);
  }
}
