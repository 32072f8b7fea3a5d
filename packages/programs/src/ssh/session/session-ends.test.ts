import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failure } from '@sallyport/protocol/failure/failure';
import type { ConnectionEnd } from '../connection-port.ts';
import type { EndLine } from '../end-lines.ts';
import { endLines } from '../end-lines.ts';
import { Rehearsal, readAll, whenStarted } from './rehearsal.test.ts';

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('a server that closes is told about, and the status is 255', async () => {
  const rehearsal = await Rehearsal.start({
    onServer: whenStarted((self) => {
      self.say('half a sen');
      setImmediate(() => self.server.destroy());
    }),
  });
  const output = readAll(rehearsal.output);
  assert.deepEqual(await rehearsal.end, { status: 255 });
  assert.equal((await output).toString(), 'half a sen');
  assert.equal(rehearsal.printed, 'Connection to example.org closed by remote host.\r\n');
  assert.ok(rehearsal.lines.includes('debug1: Exit status -1'));
});

test('a server that disconnects has its reason told', async () => {
  const rehearsal = await Rehearsal.start({
    onServer: whenStarted(({ server }) =>
      server.perform({ protocol: 'transport', type: 'end', failure: failure('limit-exceeded', 'enough\u0007 of you') }),
    ),
  });
  assert.deepEqual(await rehearsal.end, { status: 255 });
  assert.deepEqual(rehearsal.lines.slice(-2), [
    'error: Received disconnect from 192.0.2.7 port 22:2: enough\\007 of you',
    'fatal: Disconnected from 192.0.2.7 port 22',
  ]);
  assert.equal(rehearsal.printed, '');
});

test('a session whose program is over ends well whatever becomes of the connection', async () => {
  const rehearsal = await Rehearsal.start({
    onServer: whenStarted((self) => {
      self.exit(9);
      setImmediate(() => self.server.destroy());
    }),
  });
  assert.deepEqual(await rehearsal.end, { status: 9 });
  assert.equal(rehearsal.printed, '');
});

test('a session that is over waits for other channels (ssh(1))', async () => {
  const rehearsal = await Rehearsal.start({ onServer: whenStarted((self) => self.exit(0)) });
  let isOver = false;
  void rehearsal.end.then(() => {
    isOver = true;
  });
  const opening = { channelType: 'direct-tcpip', fields: new Uint8Array(0) };
  const other = rehearsal.port.openChannel(opening, () => undefined);
  for (let turn = 0; turn < 50; turn++) await soon();
  assert.equal(isOver, false);
  assert.deepEqual(rehearsal.port.channels, [other]);
  rehearsal.port.perform({ type: 'close-channel', channel: other });
  assert.deepEqual(await rehearsal.end, { status: 0 });
});

test('a silent server is asked, and given up after ServerAliveCountMax questions', async () => {
  const asked: string[] = [];
  const rehearsal = await Rehearsal.start({
    // Without a program: its start would be a sign of life, before or after the first question.
    session: { program: undefined, keepAlive: { intervalMs: 150, count: 2 } },
    onServer: (event) => {
      if (event.type === 'global-request-received') asked.push(`${event.request} ${event.wantReply}`);
      return event.type === 'global-request-received';
    },
  });
  assert.deepEqual(await rehearsal.end, { status: 255 });
  assert.deepEqual(asked, ['keepalive@openssh.com true', 'keepalive@openssh.com true']);
  assert.equal(rehearsal.lines.at(-1), 'info: Timeout, server example.org not responding.');
});

test('a server that answers, be it with failure, is not given up', async () => {
  let answers = 0;
  const rehearsal = await Rehearsal.start({
    // An answer may take a while on a busy machine.
    session: { keepAlive: { intervalMs: 150, count: 2 } },
    onServer: (event, self) => {
      if (event.type !== 'global-request-received') return false;
      self.perform({ type: 'reply-global-request', success: false });
      if (++answers === 4) self.exit(0);
      return true;
    },
  });
  assert.deepEqual(await rehearsal.end, { status: 0 });
});

test('signals end a session with 255, and a mere connection with what was wanted', async () => {
  const staying = setInterval(() => undefined, 1000);
  for (const [signal, number] of [
    ['SIGINT', 2],
    ['SIGTERM', 15],
    ['SIGHUP', 1],
  ] as const) {
    const rehearsal = await Rehearsal.start({ onServer: whenStarted(() => process.kill(process.pid, signal)) });
    assert.deepEqual(await rehearsal.end, { status: 255 });
    assert.equal(rehearsal.lines.at(-1), `verbose: Killed by signal ${number}.`);
    assert.equal(process.listenerCount(signal), 0);
  }
  const mere = await Rehearsal.start({ session: { program: undefined } });
  await soon();
  process.kill(process.pid, 'SIGTERM');
  assert.deepEqual(await mere.end, { status: 0 });
  assert.equal(mere.channel, -1);
  clearInterval(staying);
});

test('a signal ends a session whose output nobody reads', async () => {
  const rehearsal = await Rehearsal.start({
    onServer: whenStarted((self) => {
      self.say(new Uint8Array(1024 * 1024));
      setTimeout(() => self.server.destroy(), 20);
      setTimeout(() => process.kill(process.pid, 'SIGINT'), 60);
    }),
  });
  const staying = setInterval(() => undefined, 1000);
  assert.deepEqual(await rehearsal.end, { status: 255 });
  rehearsal.output.destroy();
  clearInterval(staying);
});

const peer = { address: '192.0.2.7', port: 22 };
const texts = (end: ConnectionEnd, isBehindProxy = false): string[] =>
  endLines(end, isBehindProxy ? undefined : peer).map(({ level, text }: EndLine) => `${level}: ${text}`);
const lost = Object.assign(new Error('reset'), { code: 'ECONNRESET' });

test('a connection that ends early says how far it had come, in the words of OpenSSH', () => {
  assert.deepEqual(texts({ phase: 'identification', cause: { type: 'closed' } }), [
    'error: kex_exchange_identification: Connection closed by remote host',
    'fatal: Connection closed by 192.0.2.7 port 22',
  ]);
  assert.deepEqual(texts({ phase: 'identification', cause: { type: 'lost', error: lost } }), [
    'error: kex_exchange_identification: read: Connection reset by peer',
    'fatal: Connection reset by 192.0.2.7 port 22',
  ]);
  assert.deepEqual(texts({ phase: 'identification', cause: { type: 'timed-out' } }, true), [
    'error: Connection timed out during banner exchange',
    'fatal: Connection to UNKNOWN port 65535 timed out',
  ]);
  assert.deepEqual(texts({ phase: 'authentication', cause: { type: 'closed' } }), [
    'fatal: Connection closed by 192.0.2.7 port 22',
  ]);
});

test('a protocol that fails says why, and nothing where the user has heard it', () => {
  const failed = (value: ReturnType<typeof failure>, phase: ConnectionEnd['phase'] = 'connection'): string[] =>
    texts({ phase, cause: { type: 'failed', failure: value } });
  const fatal = 'fatal: ssh_dispatch_run_fatal: Connection to 192.0.2.7 port 22';
  assert.deepEqual(failed(failure('mac-incorrect')), [
    'info: Corrupted MAC on input.',
    `${fatal}: message authentication code incorrect`,
  ]);
  assert.deepEqual(failed(failure('packet-length-invalid', undefined, { packetLength: 77 })), [
    'info: Bad packet length 77.',
    `${fatal}: Connection corrupted`,
  ]);
  assert.match(failed(failure('padding-invalid'))[0] ?? '', /^info: padding error/);
  assert.deepEqual(failed(failure('message-malformed')), [`${fatal}: invalid format`]);
  const details = { what: 'cipher', ours: ['a'], theirs: ['b', 'c\n'] };
  assert.deepEqual(failed(failure('no-common-algorithm', 'no matching cipher found', details), 'key-exchange'), [
    'fatal: Unable to negotiate with 192.0.2.7 port 22: no matching cipher found. Their offer: b,c\\012',
  ]);
  assert.deepEqual(failed(failure('identification-invalid'), 'identification'), [
    'fatal: banner exchange: Connection to 192.0.2.7 port 22: invalid SSH identification string',
  ]);
  for (const code of ['closed', 'host-key-refused', 'authentication-failed'] as const) {
    assert.deepEqual(failed(failure(code)), []);
  }
});
