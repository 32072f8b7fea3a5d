import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { test } from 'node:test';
import { init, replyPackets, requestPackets, version } from '@sallyport/protocol/sftp/packets';
import { Writer } from '@sallyport/protocol/wire/writer';
import { TemporaryFolder } from '@sallyport/testing';
import type { Grant } from '../authentication/grant.ts';
import { startInternal } from './internal-sftp.ts';
import type { ProgramEnd, RunningProgram } from './running-program.ts';
import { cannotEnter, startFolder } from './start-folder.ts';

const framed = (packet: Uint8Array): Uint8Array => new Writer().string(packet).bytes();
const hello = framed(init.encode({ version: 3, extensions: [] }));

interface Started {
  readonly program: RunningProgram;
  readonly ended: Promise<ProgramEnd>;
  readonly output: () => Buffer;
  readonly errors: () => string;
  readonly lines: string[];
  readonly consumed: () => number;
  /** Resolves with the packets that have come when there are as many. */
  readonly packets: (count: number) => Promise<Uint8Array[]>;
  queued: number;
  drain: Promise<void> | undefined;
}

function start(home: string, command: string, internal: 'sftp' | 'sftp-only' = 'sftp'): Started {
  const state = { output: Buffer.alloc(0), errors: '', consumed: 0 };
  const lines: string[] = [];
  let end: (end: ProgramEnd) => void = () => undefined;
  const ended = new Promise<ProgramEnd>((resolve) => {
    end = resolve;
  });
  const grant = { user: 'me', home, peer: { address: '192.0.2.3', port: 1 } } as unknown as Grant;
  const started = {
    ended,
    lines,
    queued: 0,
    drain: undefined as Promise<void> | undefined,
    output: () => state.output,
    errors: () => state.errors,
    consumed: () => state.consumed,
    packets: async (count: number) => {
      for (;;) {
        const found: Uint8Array[] = [];
        for (let at = 0; at + 4 <= state.output.length; ) {
          const next = at + 4 + state.output.readUInt32BE(at);
          if (next > state.output.length) break;
          found.push(new Uint8Array(state.output.subarray(at + 4, next)));
          at = next;
        }
        if (found.length >= count) return found;
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
  const program = startInternal({
    grant,
    command: { command, internal, isSubsystem: true, forced: false, description: '' },
    accepted: new Map(),
    agentPath: undefined,
    factsPath: undefined,
    terminal: undefined,
    onOutput: (data, isError) => {
      if (isError) state.errors += Buffer.from(data).toString();
      else state.output = Buffer.concat([state.output, data]);
      return started.queued === 0;
    },
    onConsumed: (bytes) => {
      state.consumed += bytes;
    },
    onEnd: end,
    queuedBytes: () => started.queued,
    clientIdentification: 'SSH-2.0-OpenSSH_9.2p1',
    logDrain: () => started.drain,
    log: ({ level, text, facility }) => lines.push(`${facility ?? ''} ${level} ${text}`.trim()),
  });
  return Object.assign(started, { program });
}

test('internal-sftp serves the home, consumes what it has worked on, and ends with the client', async () => {
  await using folder = await TemporaryFolder.create();
  await folder.write('file', 'text');
  const started = start(folder.path, 'internal-sftp -f local3 -l INFO');
  const { program } = started;
  program.write(hello);
  const open = framed(requestPackets.open.encode({ id: 7, path: Buffer.from('file'), flags: 1, attributes: {} }));
  // The views that a channel gives are its own again at once.
  for (const byte of open) {
    const lent = Uint8Array.of(byte);
    program.write(lent);
    lent[0] = 0xff;
  }
  const [first, second] = await started.packets(2);
  assert.equal(version.decode(first as Uint8Array).version, 3);
  const { handle } = replyPackets.handle.decode(second as Uint8Array);
  program.write(framed(requestPackets.read.encode({ id: 8, handle: handle.slice(), offset: 1n, length: 100 })));
  const third = (await started.packets(3))[2] as Uint8Array;
  assert.equal(Buffer.from(replyPackets.data.decode(third).data).toString(), 'ext');
  program.endInput();
  assert.deepEqual(await started.ended, { code: 0 });
  assert.ok(started.consumed() > open.length);
  assert.deepEqual(started.lines, [
    'LOCAL3 info session opened for local user me from [192.0.2.3]',
    'LOCAL3 info open "file" flags READ mode 0666',
    'LOCAL3 info forced close "file" bytes read 3 written 0',
    'LOCAL3 info session closed for local user me from [192.0.2.3]',
  ]);
});

test('replies wait while the channel is full, and what is broken ends with 11', async () => {
  await using folder = await TemporaryFolder.create();
  await folder.write('big', Buffer.alloc(300_000));
  const started = start(folder.path, 'internal-sftp -e -l ERROR');
  started.queued = 5_000_000;
  started.program.write(hello);
  const open = framed(requestPackets.open.encode({ id: 7, path: Buffer.from('big'), flags: 1, attributes: {} }));
  started.program.write(open);
  started.queued = 0;
  started.program.resume();
  const { handle } = replyPackets.handle.decode((await started.packets(2))[1] as Uint8Array);
  started.queued = 5_000_000;
  const read = framed(requestPackets.read.encode({ id: 8, handle: handle.slice(), offset: 0n, length: 300_000 }));
  for (let i = 0; i < 40; i++) started.program.write(read);
  for (let i = 0; i < 100; i++) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(started.output().length < 2_500_000, `${started.output().length} bytes for a full channel`);
  started.queued = 0;
  started.program.resume();
  assert.equal((await started.packets(42)).length, 42);
  started.program.write(Uint8Array.of(0, 0, 0, 0));
  assert.deepEqual(await started.ended, { code: 11 });
  assert.equal(started.errors(), 'bad message from 192.0.2.3 local user me\r\n');
});

test('requests wait until the log has taken the lines of those before', async () => {
  await using folder = await TemporaryFolder.create();
  const started = start(folder.path, 'internal-sftp');
  started.program.write(hello);
  await started.packets(1);
  let drained: () => void = () => undefined;
  started.drain = new Promise((resolve) => {
    drained = resolve;
  });
  const unknown = framed(new Writer().byte(99).uint32(5).bytes());
  for (let i = 0; i < 10; i++) started.program.write(unknown);
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(started.lines, []);
  started.drain = undefined;
  drained();
  await started.packets(11);
  assert.deepEqual(
    started.lines,
    Array.from({ length: 10 }, () => 'AUTH error Unknown message 99'),
  );
});

test('-d and -u hold for the session only; wrong options refuse it', async () => {
  await using folder = await TemporaryFolder.create();
  fs.mkdirSync(folder.file('me'));
  const mask = process.umask();
  const started = start(folder.path, 'internal-sftp -d %u -u 0');
  started.program.write(hello);
  const make = framed(
    requestPackets.mkdir.encode({ id: 1, path: Buffer.from('made'), attributes: { permissions: 0o777 } }),
  );
  const flags = 10;
  const attributes = { permissions: 0o666 };
  started.program.write(make);
  started.program.write(framed(requestPackets.open.encode({ id: 2, path: Buffer.from('new'), flags, attributes })));
  await started.packets(3);
  assert.equal(fs.statSync(folder.file('me/made')).mode & 0o777, 0o777);
  assert.equal(fs.statSync(folder.file('me/new')).mode & 0o777, 0o666);
  assert.equal(process.umask(), mask);
  started.program.destroy();
  const wrong = start(folder.path, 'internal-sftp -z');
  wrong.program.write(hello);
  assert.deepEqual(await wrong.ended, { code: 1 });
  assert.deepEqual(wrong.lines, ['error internal-sftp -z: wrong options']);
  const missing = start(folder.path, 'internal-sftp -d nothing');
  missing.program.write(hello);
  await missing.packets(1);
  assert.deepEqual(missing.lines, ['AUTH error chdir to "nothing" failed: No such file or directory']);
  missing.program.destroy();
});

test('where only SFTP is offered everything else is told so', async () => {
  const started = start('/', 'internal-sftp', 'sftp-only');
  assert.equal(started.program.signal('TERM'), false);
  assert.deepEqual(await started.ended, { code: 1 });
  assert.equal(started.output().toString(), 'This service allows sftp connections only.\n');
});

test('a home that cannot be entered is replaced by /, which is said', async () => {
  await using folder = await TemporaryFolder.create();
  const file = await folder.write('file', '');
  assert.deepEqual(startFolder(folder.path), { path: folder.path });
  const said = `Could not chdir to home directory ${file}: Not a directory\n`;
  assert.deepEqual(startFolder(file), { path: '/', complaint: said });
  assert.equal(cannotEnter(folder.file('missing')), 'ENOENT');
});
