import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { test } from 'node:test';
import { DaemonLog } from './daemon-log.ts';

test('DaemonLog writes what LogLevel lets through, debug lines with their level', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'daemon-log-'));
  const file = path.join(folder, 'log');
  const fd = fs.openSync(file, 'a');
  try {
    const log = new DaemonLog({ level: 'DEBUG1', fd });
    log.write({ level: 'info', text: 'one' });
    log.write({ level: 'debug1', text: 'two' });
    log.write({ level: 'debug2', text: 'three' });
    new DaemonLog({ level: 'QUIET', fd }).write({ level: 'fatal', text: 'four' });
    assert.equal(fs.readFileSync(file, 'utf8'), 'one\r\ndebug1: two\r\n');
  } finally {
    fs.closeSync(fd);
    fs.rmSync(folder, { recursive: true });
  }
});

test('DaemonLog gives syslog the level as a word for errors', () => {
  const lines: string[] = [];
  const log = new DaemonLog({ level: 'INFO', syslog: ({ level, text }) => lines.push(`${level}|${text}`) });
  log.write({ level: 'error', text: 'bad' });
  log.write({ level: 'info', text: 'good' });
  assert.deepEqual(lines, ['error|error: bad', 'info|good']);
});

test('DaemonLog lets lines of a service through that has a level and a facility of its own', () => {
  const lines: unknown[] = [];
  const log = new DaemonLog({ level: 'QUIET', syslog: (line) => lines.push(line) });
  log.write({ level: 'fatal', text: 'of sshd' });
  log.write({ level: 'verbose', text: 'opened', facility: 'LOCAL3' });
  log.write({ level: 'debug1', text: 'read eof', facility: 'LOCAL3' });
  assert.deepEqual(lines, [
    { level: 'verbose', text: 'opened', facility: 'LOCAL3' },
    { level: 'debug1', text: 'debug1: read eof', facility: 'LOCAL3' },
  ]);
});
