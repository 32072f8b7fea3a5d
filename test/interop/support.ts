// What the interoperability tests share: data that shows where it went wrong, a server of the library that runs
// commands with the shell, and a client that sends data through `cat` and back.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { equalBytes } from '@sallyport/protocol/wire/bytes';
import { SeededRandom } from '@sallyport/testing/seeded-random';
import type { Client, Server, ServerOptions, ServerSession } from 'sallyport';
import { createServer } from 'sallyport';

export const mebibyte = 1024 * 1024;
/** Of 16 MiB that are re-keyed every MiB: behind each a window of 2 MiB may pass before the keys have changed. */
export const fewestRekeys = 5;

/** Bytes without a short period, the same in every run. */
export function testData(length: number): Uint8Array {
  const block = new SeededRandom(length).bytes(65_521);
  const data = new Uint8Array(length);
  for (let at = 0; at < length; at += block.length) data.set(block.subarray(0, length - at), at);
  return data;
}

/** 4 MiB of which little is left when they are compressed, and 4 of which all is. */
export function compressibleData(): Uint8Array {
  const line = Buffer.from('What is said once need not be said again. ');
  return Buffer.concat([Buffer.alloc(4 * mebibyte, line), testData(4 * mebibyte)]);
}

/** Sends data through `cat` and compares what comes back. */
export async function echo(client: Client, length: number): Promise<void> {
  const data = testData(length);
  const { stdoutBytes, exit } = await client.run('cat', { input: data, timeoutMs: 60_000 });
  assert.equal(exit.code, 0);
  assert.ok(equalBytes(stdoutBytes, data), `${stdoutBytes.length} bytes came back and are not those that went`);
}

/** Runs the session's command with `/bin/sh`, its three streams being the session's. */
export async function runWithShell(session: ServerSession): Promise<number> {
  if (session.program.kind !== 'exec') return 127;
  const child = spawn('/bin/sh', ['-c', session.program.command], { signal: session.signal });
  const closed = once(child, 'close');
  // A command that reads nothing, or a client that is gone, is no fault of these streams.
  const ignore = (): undefined => undefined;
  const streams = [
    pipeline(session.stdin.node, child.stdin).catch(ignore),
    pipeline(child.stdout, session.stdout.node).catch(ignore),
    session.stderr.from(child.stderr).catch(ignore),
  ];
  const [code] = (await closed) as [number | null];
  await Promise.all(streams.slice(1));
  return code ?? 255;
}

/** A server of the library on a free port of 127.0.0.1. */
export async function startServer(
  options: Pick<ServerOptions, 'hostKeys' | 'login'> & Partial<ServerOptions>,
): Promise<Server> {
  return await createServer({ session: runWithShell, ...options }).listen({ port: 0 });
}
