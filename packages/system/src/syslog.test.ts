import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import { closeDescriptor } from './descriptors.ts';
import { call, check } from './libc.ts';
import { encodeUnixAddress } from './socket-address.ts';
import { facilities, Syslog, severities } from './syslog.ts';

const at = new Date(2026, 10, 3, 4, 5, 6);

/** A datagram socket in the place of /dev/log. */
function listenAt(path: string): { readonly receive: () => string; readonly close: () => void } {
  const fd = check('socket', 1, 2 | 0o2000000 | 0o4000, 0);
  const address = encodeUnixAddress(path);
  check('bind', fd, address, address.length);
  const room = Buffer.alloc(4096);
  return {
    receive: () => room.toString('utf8', 0, Math.max(0, call('read', fd, room, room.length))),
    close: () => closeDescriptor(fd),
  };
}

test('A message has priority, time, name and process id (RFC 3164 section 4.1)', async () => {
  await using folder = await TemporaryFolder.create();
  const log = listenAt(folder.file('log'));
  const syslog = new Syslog({ ident: 'sshd', facility: 'AUTH', path: folder.file('log') });
  assert.equal(syslog.write('info', 'Server listening on :: port 22.', at), true);
  assert.equal(log.receive(), `<38>Nov  3 04:05:06 sshd[${process.pid}]: Server listening on :: port 22.`);
  assert.equal(facilities.AUTH * 8 + severities.info, 38);
  syslog.close();
  log.close();
});

test('A log that is not there loses messages, and the next one after its start arrives', async () => {
  await using folder = await TemporaryFolder.create();
  const syslog = new Syslog({ ident: 'sshd', facility: 'LOCAL7', path: folder.file('log') });
  assert.equal(syslog.write('error', 'lost', at), false);
  for (const message of ['first', 'second']) {
    const log = listenAt(folder.file('log'));
    assert.equal(syslog.write('error', message, at), true);
    assert.equal(log.receive(), `<187>Nov  3 04:05:06 sshd[${process.pid}]: ${message}`);
    log.close();
    const { unlink } = await import('node:fs/promises');
    await unlink(folder.file('log'));
  }
  syslog.close();
});

test('A log that nobody reads loses messages instead of blocking', async () => {
  await using folder = await TemporaryFolder.create();
  const log = listenAt(folder.file('log'));
  const syslog = new Syslog({ ident: 'sshd', facility: 'DAEMON', path: folder.file('log') });
  let sent = 0;
  while (syslog.write('debug', 'x'.repeat(1000), at)) sent++;
  assert.ok(sent > 0);
  log.receive();
  assert.equal(syslog.write('debug', 'again', at), true);
  syslog.close();
  log.close();
});

test('A socket path that does not fit is refused', () => {
  assert.throws(() => encodeUnixAddress('x'.repeat(108)), { code: 'ENAMETOOLONG' });
});
