// Leaves the session to the account process of our sshd, which serves it without a second process between client and
// files (decision record 0023). This process stays: its log, its exit status and its end by a signal are the session's.

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { callOfNumber, limitsOf } from '@sallyport/protocol/codec/frame-table';
import { logLevels } from '@sallyport/protocol/log/log';
import type { LogLine } from '@sallyport/protocol/log/stable-lines';
import { DecodeError } from '@sallyport/protocol/wire/decode-error';
import type { Frame } from '@sallyport/protocol/wire/frame';
import { encodeFrame, FrameReader } from '@sallyport/protocol/wire/frame';
import { fileIdentity } from '@sallyport/system/file-identity';
import { mayLookAt, processStanding } from '@sallyport/system/process-standing';
import {
  delegationAnswers,
  delegationDescriptor,
  delegationOffers,
  delegationVariable,
} from 'sallyport/sftp-server/delegation';
import { isNonBlockingError } from '../shared/waiting.ts';
import { readChunk, writeChunks } from './descriptor-io.ts';
import { maximumHandles, ownFolder } from './own-process.ts';

const roomBytes = 64 * 1024;

/**
 * The exit status when the session is over, `lost` when the account process has gone without telling; undefined when
 * this process has to serve it.
 */
export function delegate(argv: readonly string[], log: (entry: LogLine) => void): number | 'lost' | undefined {
  if (!isOffered()) return undefined;
  const frames = answers();
  try {
    if (!isAccepted(argv, frames)) return undefined;
    send(delegationOffers.input.number, waitingInput());
    return finish(frames, log);
  } catch (error) {
    if (!isLost(error)) throw error;
    return 'lost';
  } finally {
    closeSync(delegationDescriptor);
  }
}

/** Whether sshd takes the session. What it does not understand, or does not answer, it does not take. */
function isAccepted(argv: readonly string[], frames: Iterator<Frame, undefined>): boolean {
  const standing = processStanding();
  if (standing === undefined) return false;
  const { number, fields } = delegationOffers.offer;
  const own = { umask: process.umask(), maximumHandles: maximumHandles(), folder: ownFolder() };
  try {
    send(number, fields.encode({ argv: argv.join('\0'), standing, ...own }));
    const { value } = frames.next();
    return value !== undefined && callOfNumber(delegationAnswers, value.number) === 'accepted';
  } catch (error) {
    if (!isLost(error)) throw error;
    return false;
  }
}

/** Whether our sshd waits at the other end of the inherited socket, and nothing is between it and us. */
function isOffered(): boolean {
  const [pid = '', ...identities] = (process.env[delegationVariable] ?? '').split(' ');
  if (pid === '') return false;
  try {
    const isOurs = [delegationDescriptor, 0, 1].map(fileIdentity).join(' ') === identities.join(' ');
    if (!isOurs || !fstatSync(0).isFIFO()) return false;
    // Others cannot be under rules without no_new_privs, which their standing shows.
    return process.getuid?.() !== 0 || mayLookAt(Number(pid));
  } catch {
    return false;
  }
}

function send(number: number, body: Uint8Array): void {
  writeChunks(delegationDescriptor, [encodeFrame(number, body)]);
}

/** Frames one after the other, waiting for each, until sshd closes the socket. */
function* answers(): Generator<Frame, undefined> {
  const reader = new FrameReader(limitsOf(delegationAnswers));
  const room = new Uint8Array(roomBytes);
  for (;;) {
    const chunk = readChunk(delegationDescriptor, room);
    if (chunk.length === 0) return undefined;
    yield* reader.receive(chunk);
  }
}

/** What came before sshd began to keep it. Nothing is added to it any more. */
function waitingInput(): Uint8Array {
  const parts: Uint8Array[] = [];
  const fd = openSync('/proc/self/fd/0', constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    for (;;) {
      const room = new Uint8Array(roomBytes);
      const length = readSync(fd, room);
      if (length === 0) break;
      parts.push(room.subarray(0, length));
    }
  } catch (error) {
    if (!isNonBlockingError(error)) throw error;
  } finally {
    closeSync(fd);
  }
  return Buffer.concat(parts);
}

function finish(frames: Iterable<Frame>, log: (entry: LogLine) => void): number | 'lost' {
  for (const { number, body } of frames) {
    if (number === delegationAnswers.end.number) return delegationAnswers.end.fields.decode(body).status;
    const line = delegationAnswers.line.fields.decode(body);
    const level = logLevels.find((name) => name === line.level);
    if (level !== undefined) log({ level, text: line.text });
  }
  return 'lost';
}

/** The other process has gone, or says what it may not. */
function isLost(error: unknown): boolean {
  return error instanceof DecodeError || (error instanceof Error && 'code' in error);
}
