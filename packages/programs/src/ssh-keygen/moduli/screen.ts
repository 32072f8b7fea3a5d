// ssh-keygen -M screen: which candidates are safe primes. They are appended to the output one by one, in the order of
// the input, and a checkpoint says up to which line that is done, so that the work may be interrupted at any time.

import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import type { ModuliLine } from '@sallyport/protocol/algorithms/moduli';
import { formatModuliLine } from '@sallyport/protocol/algorithms/moduli';
import { bytesFromBigint } from '@sallyport/protocol/wire/mpint';
import { reasonOf } from '../../shared/failure-reason.ts';
import { ProgramExit } from '../../shared/program-exit.ts';
import { replaceFile } from '../../shared/replace-file.ts';
import { readRest } from '../../shared/standard-streams.ts';
import { allPassed, screenAnswer, screenRequest } from '../../ssh-keygen-moduli/messages.ts';
import { type KeygenContext, logLine } from '../context.ts';
import { moduliMessages } from '../messages.ts';
import { candidateOf } from './candidates.ts';
import { outputFile, timeStamp } from './files.ts';
import { clockText, Progress } from './progress.ts';
import { type ScreenSettings, screenSettings } from './screen-settings.ts';
import { Workers } from './workers.ts';

/** Between two checkpoints, unless something was found. */
const checkpointIntervalMs = 1000;

interface Task {
  /** Lines of the input up to this one. */
  readonly number: number;
  /** The group that it makes if the tests say so; undefined: the line is none, or of no use. */
  readonly candidate: ModuliLine | undefined;
}

export async function screenModuli({ options }: KeygenContext): Promise<number> {
  const path = outputFile(options.operands);
  const settings = screenSettings(options.settings);
  const lines = readLines(options.file);
  const fd = open(path);
  const workers = new Workers(process.env);
  try {
    await screen({ lines, settings, fd, workers });
  } finally {
    workers.end();
    if (path !== '-') closeSync(fd);
  }
  return 0;
}

interface Screening {
  readonly lines: readonly string[];
  readonly settings: ScreenSettings;
  readonly fd: number;
  readonly workers: Workers;
}

async function screen({ lines, settings, fd, workers }: Screening): Promise<void> {
  const { checkpoint, trials, generator } = settings;
  const skipped = Math.max(settings.startLine, checkpoint === undefined ? 0 : loadCheckpoint(checkpoint));
  const end = settings.lines === 0 ? lines.length : Math.min(lines.length, skipped + settings.lines);
  logLine(moduliMessages.screening(clockText(), trials, generator));
  const tasks = lines.slice(skipped, end).map((line, index): Task => {
    return { number: skipped + index + 1, candidate: candidateOf(line, { trials, generator }) };
  });
  const progress = new Progress(tasks.length);
  let [possible, found, savedMs] = [0, 0, performance.now()];
  for await (const { task, answer } of workers.answers(tasks, (one) => questionOf(one, trials))) {
    const { candidate, number } = task;
    if (candidate !== undefined) possible++;
    const isSafe = answer !== undefined && screenAnswer.decode(answer).passed === allPassed;
    if (isSafe && candidate !== undefined) {
      found++;
      writeSync(fd, `${formatModuliLine({ ...candidate, time: timeStamp() })}\n`);
    }
    if (checkpoint !== undefined && (isSafe || performance.now() - savedMs > checkpointIntervalMs)) {
      savedMs = performance.now();
      replaceFile(checkpoint, `${number}\n`, { mode: 0o644, mustEndure: false });
    }
    progress.done(number - skipped);
  }
  if (checkpoint !== undefined) rmSync(checkpoint, { force: true });
  const seconds = Math.round(progress.seconds);
  logLine(moduliMessages.foundPrimes({ time: clockText(), found, possible, seconds }));
}

function questionOf({ candidate }: Task, trials: number): Uint8Array | undefined {
  return candidate && screenRequest.encode({ q: bytesFromBigint(candidate.modulus >> 1n), trials });
}

/** The line up to which the work is done; 0 when there is no checkpoint yet. */
function loadCheckpoint(path: string): number {
  try {
    const number = Number(readFileSync(path, 'latin1').trim());
    if (Number.isSafeInteger(number) && number >= 0) {
      logLine(moduliMessages.checkpointLoaded(path, number));
      return number;
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 0;
    reasonOf(error);
  }
  logLine(moduliMessages.checkpointFailed(path));
  return 0;
}

function readLines(path: string | undefined): readonly string[] {
  try {
    const text =
      path === undefined || path === '-' ? Buffer.from(readRest()).toString('latin1') : readFileSync(path, 'latin1');
    return text.replace(/\n$/, '').split('\n');
  } catch (error) {
    throw new ProgramExit(moduliMessages.cannotOpenCandidates(path ?? '-', reasonOf(error)));
  }
}

function open(path: string): number {
  try {
    return path === '-' ? 1 : openSync(path, 'a');
  } catch (error) {
    throw new ProgramExit(moduliMessages.cannotOpenModuli(path, reasonOf(error)));
  }
}
