import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { after, test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { fingerprint } from '@sallyport/protocol/keys/fingerprint';
import { formatPublicLine } from '@sallyport/protocol/keys/formats/public-line';
import { PrivateKey } from '@sallyport/protocol/keys/private-key';
import type { PublicKey } from '@sallyport/protocol/keys/public-key';
import type { KeyLookUp } from './authorized-keys-check.ts';
import { findAuthorizedKey } from './authorized-keys-check.ts';
import type { AllowedKey } from './grant.ts';

const crypto = createCryptoProvider();
const newKey = (): PublicKey => new PrivateKey(crypto.generateKey('ed25519')).publicKey;
const key = newKey();
const line = formatPublicLine(key);
const home = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'authorized-keys-')));
fs.chmodSync(home, 0o755);
const file = path.join(home, 'authorized_keys');
after(() => fs.rmSync(home, { recursive: true }));

/** What a key without options may do. */
const usualGrant = {
  environment: [],
  permitPty: true,
  permitPortForwarding: true,
  permitAgentForwarding: true,
  permitOpen: [],
  touchRequired: true,
  verifyRequired: false,
};

interface Found {
  readonly allowed: AllowedKey | undefined;
  readonly lines: readonly string[];
}

function find(options: Partial<KeyLookUp> = {}): Found {
  const lines: string[] = [];
  const allowed = findAuthorizedKey(key, {
    account: { name: 'alice', uid: process.getuid?.() ?? -1, gid: 0, home, shell: '/bin/sh' },
    files: [file],
    strictModes: true,
    peer: { address: '192.0.2.7', port: 4022 },
    permitsVariable: () => false,
    crypto,
    authorityAlgorithms: [],
    log: ({ level, text }) => lines.push(`${level}: ${text}`),
    ...options,
  });
  return { allowed, lines };
}

function findIn(text: string | Uint8Array, options?: Partial<KeyLookUp>): Found {
  fs.rmSync(file, { force: true, recursive: true });
  fs.writeFileSync(file, text, { mode: 0o600 });
  return find(options);
}

test('a key is found in its line among blank lines, comments, damaged lines and other keys', () => {
  const others = Array.from({ length: 3 }, () => formatPublicLine(newKey(), 'other'));
  const { allowed, lines } = findIn(
    [
      '# comment',
      '',
      others[0],
      'ssh-ed25519 AAAA',
      `ssh-rsa ${line.split(' ')[1]}`,
      others[1],
      `${line} me@there`,
      others[2],
    ].join('\n'),
  );
  assert.equal(allowed?.place, `${file}:7`);
  assert.deepEqual(allowed?.grant, usualGrant);
  assert.equal(lines.at(-1), `verbose: Accepted key ED25519 ${fingerprint(crypto, key)} found at ${file}:7`);
});

test('a key that no line has is not found, nor one behind #, nor one of a certificate authority', () => {
  for (const text of ['', formatPublicLine(newKey()), `# ${line}`, `cert-authority ${line}`, `x${line}`]) {
    assert.equal(findIn(text).allowed, undefined, text);
  }
});

test('files are asked in their order, and one that is missing or not readable is passed over', () => {
  const second = path.join(home, 'second');
  fs.writeFileSync(second, `no-pty ${line}`, { mode: 0o600 });
  assert.equal(findIn('', { files: [path.join(home, 'none'), file, second] }).allowed?.place, `${second}:1`);
  assert.equal(findIn(line, { files: [file, second] }).allowed?.place, `${file}:1`);
  fs.rmSync(second);
});

test('CRLF, tabs, blanks in front, a missing last newline, a BOM and bytes that are no UTF-8 do no harm', () => {
  assert.ok(findIn(`other\r\n${line}\r\n`).allowed);
  assert.ok(findIn(`\t ${line.replace(' ', '\t')}\tcomment`).allowed);
  assert.ok(findIn(Buffer.concat([Buffer.from(`${line} caf`), Buffer.of(0xe9, 0xff), Buffer.from('\n')])).allowed);
  assert.equal(findIn(`\ufeff${line}`).allowed, undefined);
  assert.equal(findIn(`${line} nul\0`).allowed, undefined);
});

test('a line of 100 KiB is refused whole: what stands behind its 8192nd byte is no line of its own', () => {
  assert.equal(findIn(`no-pty ${'x'.repeat(100 * 1024)} ${line}`).allowed, undefined);
  assert.equal(findIn(`command="${'x'.repeat(8192 - 9)}\n${line}`).allowed?.place, `${file}:2`);
  assert.equal(findIn(`${line} ${'x'.repeat(100 * 1024)}\n${line}`).allowed?.place, `${file}:2`);
});

test('of a hundred thousand lines only the one that holds the key is looked at, and has its number', () => {
  const { allowed, lines } = findIn(`${'a line that is no key\n'.repeat(100_000)}${line}\n`);
  assert.equal(allowed?.place, `${file}:100001`);
  // Each line that is parsed and refused would have been logged.
  assert.deepEqual(lines, [`verbose: Accepted key ED25519 ${fingerprint(crypto, key)} found at ${file}:100001`]);
});

test('a second line of the same key is used when the first does not allow it', () => {
  const { allowed, lines } = findIn(`from="10.0.0.1" ${line}\nfrom="192.0.2.0/24" ${line}`);
  assert.equal(allowed?.place, `${file}:2`);
  assert.equal(
    lines[0],
    `info: ${file}:1: Authentication tried for alice with correct key but not from a permitted host ` +
      '(host=192.0.2.7, ip=192.0.2.7, required=10.0.0.1).',
  );
});

test('from= allows addresses, patterns and networks, and refuses what is negated', () => {
  for (const [from, allowed] of [
    ['192.0.2.7', true],
    ['192.0.2.*', true],
    ['192.0.2.0/25', true],
    ['!192.0.2.7,192.0.2.*', false],
    ['192.0.2.8', false],
    ['192.0.2.0/33', false],
    ['', false],
  ] as const) {
    assert.equal(findIn(`from="${from}" ${line}`).allowed !== undefined, allowed, from);
  }
});

test('expiry-time= refuses a key that is past it, the earliest of several counting', () => {
  for (const [options, allowed] of [
    ['expiry-time="20200101"', false],
    ['expiry-time="20200101Z"', false],
    ['expiry-time="29990101"', true],
    ['expiry-time="299901011200Z"', true],
    ['expiry-time="29990101",expiry-time="20200101"', false],
    ['expiry-time="never"', false],
  ] as const) {
    assert.equal(findIn(`${options} ${line}`).allowed !== undefined, allowed, options);
  }
  assert.match(findIn(`expiry-time="20200101" ${line}`).lines.join(), /:1: key has expired/);
});

test('the options of a line become what the session may do', () => {
  for (const [options, grant] of [
    ['no-pty', { permitPty: false }],
    ['no-port-forwarding', { permitPortForwarding: false }],
    ['no-agent-forwarding', { permitAgentForwarding: false }],
    ['restrict', { permitAgentForwarding: false, permitPty: false, permitPortForwarding: false }],
    ['restrict,pty', { permitAgentForwarding: false, permitPty: true, permitPortForwarding: false }],
    ['pty,restrict', { permitAgentForwarding: false, permitPty: false, permitPortForwarding: false }],
    ['command="echo \\"hi\\", there"', { forcedCommand: 'echo "hi", there' }],
    ['permitopen="db:5432",permitopen="[::1]:*"', { permitOpen: [['db:5432', '[::1]:*']] }],
    ['NO-PTY', { permitPty: false }],
    ['no-touch-required', { touchRequired: false }],
    ['verify-required', { verifyRequired: true }],
  ] as const) {
    assert.deepEqual(findIn(`${options} ${line}`).allowed?.grant, { ...usualGrant, ...grant }, options);
  }
});

test('environment= sets what PermitUserEnvironment lets through', () => {
  const text = `environment="ONE=1",environment="TWO=a=b" ${line}`;
  assert.deepEqual(findIn(text).allowed?.grant.environment, []);
  assert.deepEqual(findIn(text, { permitsVariable: (name) => name === 'TWO' }).allowed?.grant.environment, ['TWO=a=b']);
});

test('an option that is unknown, unbalanced or twice refuses its line', () => {
  for (const options of [
    'unknown',
    'command="x',
    'command="a",command="b"',
    'from="*",from="*"',
    'no-pty,,',
    'permitopen="x"',
  ]) {
    assert.equal(findIn(`${options} ${line}`).allowed, undefined, options);
  }
});

test('StrictModes refuses a file or folder that others may write, and logs which', () => {
  fs.writeFileSync(file, line, { mode: 0o600 });
  for (const [target, mode, what] of [
    [file, 0o620, 'file'],
    [file, 0o602, 'file'],
    [home, 0o775, 'directory'],
    [home, 0o757, 'directory'],
  ] as const) {
    const before = fs.statSync(target).mode;
    fs.chmodSync(target, mode);
    const { allowed, lines } = find();
    assert.equal(allowed, undefined);
    assert.deepEqual(lines, [`info: Authentication refused: bad ownership or modes for ${what} ${target}`]);
    assert.ok(find({ strictModes: false }).allowed);
    fs.chmodSync(target, before & 0o777);
  }
  assert.ok(find().allowed);
});

test('what is no regular file is not read, and a FIFO does not hold us up', () => {
  const told = [`info: User alice authorized keys ${file} is not a regular file`];
  fs.rmSync(file, { force: true });
  fs.mkdirSync(file);
  assert.deepEqual(find().lines, told);
  fs.rmdirSync(file);
  assert.equal(spawnSync('mkfifo', [file]).status, 0);
  assert.deepEqual(find().lines, told);
  fs.rmSync(file);
  fs.symlinkSync('/dev/zero', file);
  assert.deepEqual(find({ strictModes: false }).lines, told);
  fs.rmSync(file);
});

test('a link to a file that is safe is followed', () => {
  const real = path.join(home, 'real');
  fs.rmSync(file, { force: true });
  fs.writeFileSync(real, line, { mode: 0o600 });
  fs.symlinkSync(real, file);
  assert.ok(find().allowed);
  fs.rmSync(file);
  fs.symlinkSync(path.join(home, 'nowhere'), file);
  assert.equal(find().allowed, undefined);
  fs.rmSync(file);
});

test('a file over 16 MiB is not read', () => {
  assert.match(
    findIn(Buffer.concat([Buffer.from(`${line}\n`), Buffer.alloc(16 * 1024 * 1024)])).lines[0] ?? '',
    /is too large$/,
  );
});
