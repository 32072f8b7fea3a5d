// ssh-keygen -M generate: candidates for moduli, by a sieve over a random stretch of numbers that is long enough to
// hold some safe primes. What the sieve leaves is only possibly prime; -M screen finds out.

import { randomBytes } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { formatModuliLine, moduliTests, moduliTypes } from '@sallyport/protocol/algorithms/moduli';
import { bigintFromBytes, bytesFromBigint } from '@sallyport/protocol/wire/mpint';
import { Reader } from '@sallyport/protocol/wire/reader';
import { reasonOf } from '../../shared/failure-reason.ts';
import { parseNumber } from '../../shared/parse-number.ts';
import { ProgramExit } from '../../shared/program-exit.ts';
import { sieveAnswer, sieveRequest } from '../../ssh-keygen-moduli/messages.ts';
import { type KeygenContext, logLine } from '../context.ts';
import { messages, moduliMessages } from '../messages.ts';
import { outputFile, timeStamp } from './files.ts';
import { clockText, Progress } from './progress.ts';
import { Workers } from './workers.ts';

const defaultBits = 3072;
const minimumBits = 512;
const maximumBits = 1 << 16;
/** Primes that the sieve strikes with. */
const sieveLimit = 1 << 25;
/** Numbers in one question to a worker. */
const stretch = 1 << 20;

export async function generateModuli({ options }: KeygenContext): Promise<number> {
  const path = outputFile(options.operands);
  const { bits, start } = readSettings(options.settings);
  const fd = open(path);
  const base = start ?? randomBase(bits);
  logLine(moduliMessages.sieving(clockText(), stretchesFor(bits) * stretch, bits));
  const workers = new Workers(process.env);
  const progress = new Progress(stretchesFor(bits));
  let found = 0;
  try {
    const asked = { base: bytesFromBigint(base), count: stretch, limit: sieveLimit };
    const tasks = Array.from({ length: stretchesFor(bits) }, (_, index) => index);
    const answers = workers.answers(tasks, (index) => sieveRequest.encode({ ...asked, from: index * stretch }));
    for await (const { task, answer = new Uint8Array(0) } of answers) {
      const left = new Reader(sieveAnswer.decode(answer).left);
      let lines = '';
      for (; left.remaining > 0; found++) {
        lines += `${candidateLine(base + 2n * BigInt(task * stretch + left.uint32()))}\n`;
      }
      writeSync(fd, lines);
      progress.done(task + 1);
    }
  } finally {
    workers.end();
    closeSync(fd);
  }
  logLine(moduliMessages.sieved(clockText(), sieveLimit, Math.round(progress.seconds)));
  logLine(moduliMessages.foundCandidates(clockText(), found));
  return 0;
}

function readSettings(words: readonly string[]): { readonly bits: number; readonly start: bigint | undefined } {
  let bits = defaultBits;
  let start: bigint | undefined;
  for (const word of words) {
    const [, name, value = ''] = /^([^=]*)=(.*)$/.exec(word) ?? [];
    if (name === 'start') {
      if (!/^[0-9a-f]+$/i.test(value)) throw new ProgramExit(moduliMessages.badStart);
      start = BigInt(`0x${value}`) | 1n;
    } else if (name === 'bits') {
      const given = parseNumber(value, 1, 0x7fffffff);
      if (typeof given === 'string') throw new ProgramExit(messages.badNumber(value, given));
      bits = given;
    } else throw new ProgramExit(moduliMessages.notForGeneration(word));
  }
  const refusal =
    bits > maximumBits
      ? moduliMessages.tooManyBits(bits, maximumBits)
      : bits < minimumBits
        ? moduliMessages.tooFewBits(bits, minimumBits)
        : undefined;
  if (refusal === undefined) return { bits, start };
  logLine(refusal);
  throw new ProgramExit(moduliMessages.generationFailed);
}

/** Safe primes are about one in bits squared; eight times as many numbers hold some, most likely. */
function stretchesFor(bits: number): number {
  return Math.max(1, Math.round(((bits - 1) ** 2 * 8) / stretch));
}

/** An odd number of one bit less than the moduli, the highest two of them set so that it stays as long. */
function randomBase(bits: number): bigint {
  const length = bits - 1;
  const random = bigintFromBytes(randomBytes(Math.ceil(length / 8)));
  const highest = (1n << BigInt(length - 1)) | 1n;
  return (random & ((1n << BigInt(length - 1)) - 1n) & ~(1n << BigInt(length - 2))) | highest;
}

function candidateLine(q: bigint): string {
  const size = q.toString(2).length - 1;
  const { sophieGermain: type } = moduliTypes;
  return formatModuliLine({
    time: timeStamp(),
    type,
    tests: moduliTests.sieve,
    tries: 0,
    size,
    generator: 0,
    modulus: q,
  });
}

function open(path: string): number {
  try {
    return openSync(path, 'w');
  } catch (error) {
    throw new ProgramExit(moduliMessages.cannotOpenCandidates(path, reasonOf(error)));
  }
}
