// Runs AuthorizedKeysCommand and AuthorizedPrincipalsCommand: a program that only root can have put there, as the
// account that the configuration names, with nothing but its output taken. What it says counts only when it ends with
// 0 in time and says no more than fits (sshd_config(5)).

import * as fs from 'node:fs';
import { visible } from '@sallyport/protocol/log/log';
import type { LogLine } from '@sallyport/protocol/log/stable-lines';
import { concatBytes } from '@sallyport/protocol/wire/bytes';
import { utf8DecodeReversibly } from '@sallyport/protocol/wire/utf8';
import { onExit } from '@sallyport/system/child-exit';
import { openDescriptor } from '@sallyport/system/descriptor-stream';
import { closeDescriptor, makePipe } from '@sallyport/system/descriptors';
import type { OwnProgram } from '@sallyport/system/own-program';
import type { Exit } from '@sallyport/system/spawn';
import { spawnProcess } from '@sallyport/system/spawn';
import { errorText } from '@sallyport/system/system-error';
import { maximumFileBytes } from '../authentication/account-file.ts';
import { unsafePart } from '../authentication/safe-path.ts';
import type { RunAs } from './question.ts';

export interface CommandRun {
  /** The keyword, for the log. */
  readonly what: string;
  /** Tokens replaced; the first is the absolute path. */
  readonly argv: readonly string[];
  readonly runAs: RunAs;
}

export interface CommandHost {
  readonly program: OwnProgram;
  readonly log: (line: LogLine) => void;
  /** Milliseconds until the program is ended. */
  readonly commandMs?: number;
}

const usualMs = 60_000;
/** open(2): only a handle, so that a program that we may not read can be judged. */
const pathOnly = 0o10000000;
const killed = 'SIGKILL';

/** What the program wrote; undefined when it does not count, which has been said. */
export async function runCommand(run: CommandRun, host: CommandHost): Promise<string | undefined> {
  const { what, argv } = run;
  const [file = ''] = argv;
  const error = (text: string): undefined => {
    host.log({ level: 'error', text });
  };
  const unsafe = judgeProgram(file);
  if (unsafe !== undefined) return error(unsafe.replace('WHAT', what));
  const { output, exit } = await capture(run, host);
  const name = `${what} ${visible(file)}`;
  if ('signal' in exit) return error(`${name} exited on signal ${exit.signal}`);
  if (exit.code !== 0) return error(`${name} failed, status ${exit.code}`);
  return output === undefined ? error(`${name} said too much`) : output;
}

function judgeProgram(file: string): string | undefined {
  if (!file.startsWith('/')) return `WHAT path is not absolute`;
  let descriptor: number;
  try {
    descriptor = fs.openSync(file, pathOnly);
  } catch (error) {
    return `Could not stat WHAT "${visible(file)}": ${errorText((error as NodeJS.ErrnoException).code ?? '')}`;
  }
  try {
    if (!fs.fstatSync(descriptor).isFile()) return `Unsafe WHAT "${visible(file)}": not a regular file`;
    const unsafe = unsafePart(descriptor, file, { uid: 0, home: '/' });
    if (unsafe === undefined) return undefined;
    const why = `bad ownership or modes for ${unsafe.what} ${visible(unsafe.path)}`;
    return `Unsafe WHAT "${visible(file)}": ${why}`;
  } finally {
    fs.closeSync(descriptor);
  }
}

interface Captured {
  readonly output: string | undefined;
  readonly exit: Exit;
}

async function capture({ argv, runAs }: CommandRun, { program, commandMs = usualMs }: CommandHost): Promise<Captured> {
  const pipe = makePipe();
  const nullFd = fs.openSync('/dev/null', 'r+');
  let pid: number;
  try {
    pid = spawnProcess({
      path: program.path,
      argv: [...program.argv('sshd-command'), JSON.stringify({ argv, runAs })],
      env: {},
      cwd: '/',
      stdio: { 0: nullFd, 1: pipe.writeFd, 2: nullFd },
      newSession: true,
    });
  } catch (error) {
    closeDescriptor(pipe.readFd);
    throw error;
  } finally {
    for (const fd of [nullFd, pipe.writeFd]) closeDescriptor(fd);
  }
  let alive = true;
  const exited = new Promise<Exit>((resolve) => {
    onExit(pid, (exit) => {
      alive = false;
      resolve(exit);
    });
  });
  const end = (): void => {
    if (alive) process.kill(-pid, killed);
  };
  const timer = setTimeout(end, commandMs);
  const output = await readBounded(pipe.readFd, end);
  const exit = await exited;
  clearTimeout(timer);
  return { output, exit };
}

/** Everything up to the end; undefined, after `tooMuch()`, when there is more than a file might hold. */
function readBounded(fd: number, tooMuch: () => void): Promise<string | undefined> {
  const stream = openDescriptor(fd, { writable: false });
  const chunks: Uint8Array[] = [];
  let total = 0;
  return new Promise((resolve) => {
    stream.onData = (chunk) => {
      total += chunk.length;
      if (total <= maximumFileBytes) chunks.push(chunk);
      else {
        tooMuch();
        stream.destroy();
      }
    };
    stream.onEnd = () => stream.destroy();
    stream.onClose = () => {
      resolve(total > maximumFileBytes ? undefined : utf8DecodeReversibly(concatBytes(...chunks)));
    };
    stream.resume();
  });
}
