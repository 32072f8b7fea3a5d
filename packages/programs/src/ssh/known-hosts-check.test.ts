import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { completeSshOptions } from '@sallyport/protocol/config/defaults';
import { ownAlgorithms } from '@sallyport/protocol/config/own-algorithms';
import type { SshSettings } from '@sallyport/protocol/config/ssh-keywords';
import type { Certificate, CertificateContent } from '@sallyport/protocol/keys/certificate';
import { fingerprint } from '@sallyport/protocol/keys/fingerprint';
import { formatPublicLine } from '@sallyport/protocol/keys/formats/public-line';
import { PrivateKey } from '@sallyport/protocol/keys/private-key';
import type { PublicKey } from '@sallyport/protocol/keys/public-key';
import { certify } from '@sallyport/testing/certify';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import type { HostKeyVerdict } from './known-hosts-check.ts';
import { HostKeyCheck } from './known-hosts-check.ts';

const crypto = createCryptoProvider();
const newKey = (kind: 'ed25519' | 'ecdsa' = 'ed25519'): PublicKey =>
  new PrivateKey(crypto.generateKey(kind, kind === 'ecdsa' ? { curve: 'nistp256' } : {})).publicKey;
const key = newKey();
const other = newKey();
const weakened: HostKeyVerdict = { accepted: true, weakened: true, isTrusted: false };
const lineOf = (hosts: string, of: Pick<PublicKey, 'type' | 'blob'>): string => `${hosts} ${formatPublicLine(of)}\n`;

const expansion = { tokens: { u: 'me', h: 'host' }, environment: () => undefined, home: () => undefined };

interface Trial {
  readonly folder: TemporaryFolder;
  readonly said: string[];
  readonly questions: string[];
  check(settings?: SshSettings, host?: string): HostKeyCheck;
  judge(settings?: SshSettings, offered?: { readonly blob: Uint8Array }): Promise<HostKeyVerdict>;
  file(): string;
}

async function trial(known: string, answers: (string | undefined)[] = []): Promise<Trial> {
  const folder = await TemporaryFolder.create();
  const path = await folder.write('known_hosts', known);
  const said: string[] = [];
  const questions: string[] = [];
  const check = (settings: SshSettings = {}, host = 'Host.example'): HostKeyCheck =>
    new HostKeyCheck({
      crypto,
      log: (level, text) => said.push(level === 'debug1' ? `debug1: ${text}` : text),
      options: completeSshOptions(
        { GlobalKnownHostsFile: [], UserKnownHostsFile: [path], ...settings },
        ownAlgorithms('client'),
      ),
      host,
      port: settings.Port ?? 22,
      address: '192.0.2.1',
      command:
        settings.KnownHostsCommand === undefined
          ? undefined
          : { command: settings.KnownHostsCommand, crypto, expansion, environment: process.env },
      ask: (question) => {
        questions.push(question);
        return Promise.resolve(answers.shift());
      },
    });
  const judge = (settings: SshSettings = {}, offered: { readonly blob: Uint8Array } = key): Promise<HostKeyVerdict> =>
    check(settings).judge(offered.blob);
  return { folder, said, questions, check, judge, file: () => readFileSync(path, 'utf8') };
}

test('a known key is accepted without a word', async () => {
  const one = await trial(lineOf('other,host.example', key));
  await using _ = one.folder;
  assert.deepEqual(await one.judge(), { accepted: true, weakened: false, isTrusted: true });
  assert.deepEqual(
    one.said.filter((line) => !line.startsWith('debug1')),
    [],
  );
  assert.ok(one.said.includes("debug1: Host 'host.example' is known and matches the ED25519 host key."));
});

test('a new host is asked about in the words of OpenSSH and recorded after yes', async () => {
  const one = await trial(lineOf('elsewhere', key).trimEnd(), ['maybe', 'yes']);
  await using _ = one.folder;
  assert.deepEqual(await one.judge(), { accepted: true, weakened: false, isTrusted: true });
  const path = one.folder.file('known_hosts');
  assert.deepEqual(one.questions, [
    [
      "The authenticity of host 'host.example (192.0.2.1)' can't be established.",
      `ED25519 key fingerprint is: ${fingerprint(crypto, key)}`,
      'This host key is known by the following other names/addresses:',
      `    ${path}:1: elsewhere`,
      'Are you sure you want to continue connecting (yes/no/[fingerprint])? ',
    ].join('\n'),
    "Please type 'yes', 'no' or the fingerprint: ",
  ]);
  assert.deepEqual(one.said.slice(-1), [
    "Warning: Permanently added 'host.example' (ED25519) to the list of known hosts.",
  ]);
  assert.equal(one.file(), lineOf('elsewhere', key) + lineOf('host.example', key), 'the missing newline is supplied');
});

test('the fingerprint is an answer; no, silence and a foreign fingerprint are not', async () => {
  const yes = await trial('', [fingerprint(crypto, key)]);
  await using _ = yes.folder;
  assert.equal((await yes.judge()).accepted, true);
  for (const answers of [['no'], [''], [undefined], [fingerprint(crypto, other), 'no']]) {
    const one = await trial('', answers);
    await using __ = one.folder;
    assert.deepEqual(await one.judge(), { accepted: false });
    assert.equal(one.file(), '');
  }
});

test('strict checking refuses new hosts, accept-new records them, BatchMode does not ask', async () => {
  const strict = await trial('');
  await using _ = strict.folder;
  assert.equal((await strict.judge({ StrictHostKeyChecking: 'yes' })).accepted, false);
  assert.deepEqual(strict.said.slice(-1), [
    'No ED25519 host key is known for host.example and you have requested strict checking.',
  ]);
  assert.equal((await strict.judge({ BatchMode: true })).accepted, false);
  assert.deepEqual(strict.questions, []);
  assert.equal((await strict.judge({ StrictHostKeyChecking: 'accept-new', Port: 2222 })).accepted, true);
  assert.equal(strict.file(), lineOf('[host.example]:2222', key));
});

test('HashKnownHosts records no name, and the hashed line is found again', async () => {
  const one = await trial('', ['yes']);
  await using _ = one.folder;
  await one.judge({ HashKnownHosts: true });
  assert.match(one.file(), /^\|1\|\S+\|\S+ ssh-ed25519 /);
  assert.equal((await one.judge({ StrictHostKeyChecking: 'yes' })).accepted, true);
});

test('a changed key is refused with the banner of OpenSSH, whoever would be asked', async () => {
  const one = await trial(lineOf('host.example', other));
  await using _ = one.folder;
  const path = one.folder.file('known_hosts');
  assert.equal((await one.judge({ StrictHostKeyChecking: 'accept-new' })).accepted, false);
  assert.deepEqual(
    one.said.filter((line) => !line.startsWith('debug1')),
    [
      '@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@',
      '@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @',
      '@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@',
      'IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!',
      'Someone could be eavesdropping on you right now (man-in-the-middle attack)!',
      'It is also possible that a host key has just been changed.',
      `The fingerprint for the ED25519 key sent by the remote host is\n${fingerprint(crypto, key)}.`,
      'Please contact your system administrator.',
      `Add correct host key in ${path} to get rid of this message.`,
      `Offending ED25519 key in ${path}:1`,
      'Host key for host.example has changed and you have requested strict checking.',
    ],
  );
  assert.deepEqual(one.questions, []);
});

test('without strict checking a changed or revoked key is accepted, but weakens the connection', async () => {
  const one = await trial(lineOf('host.example', other) + lineOf('@revoked host.example', key));
  await using _ = one.folder;
  assert.deepEqual(await one.judge({ StrictHostKeyChecking: 'no' }), weakened);
  assert.ok(one.said.includes('The ED25519 host key for host.example is marked as revoked.'));
  assert.equal((await one.judge({ StrictHostKeyChecking: 'ask' })).accepted, false);
  const fresh = await trial(lineOf('host.example', other));
  await using __ = fresh.folder;
  assert.deepEqual(await fresh.judge({ StrictHostKeyChecking: 'no' }), weakened);
});

test('HostKeyAlias is the name; a key known without port does for every port', async () => {
  const one = await trial(lineOf('alias', key) + lineOf('host.example', other));
  await using _ = one.folder;
  assert.equal((await one.judge({ HostKeyAlias: 'alias', Port: 2222, StrictHostKeyChecking: 'yes' })).accepted, true);
  assert.equal((await one.judge({ Port: 2222, StrictHostKeyChecking: 'yes' }, other)).accepted, true);
  assert.equal((await one.judge({ Port: 2222, StrictHostKeyChecking: 'yes' })).accepted, false);
});

test('known types of keys are preferred unless the user chose the algorithms', async () => {
  const one = await trial(lineOf('host.example', newKey('ecdsa')));
  await using _ = one.folder;
  assert.deepEqual((await one.check().preferredAlgorithms(false)).slice(0, 3), [
    'ecdsa-sha2-nistp256-cert-v01@openssh.com',
    'ecdsa-sha2-nistp256',
    'ssh-ed25519-cert-v01@openssh.com',
  ]);
  const chosen = one.check({ HostKeyAlgorithms: 'ssh-ed25519,ssh-rsa' });
  assert.deepEqual(await chosen.preferredAlgorithms(true), ['ssh-ed25519', 'ssh-rsa']);
  assert.equal((await one.check().preferredAlgorithms(false)).includes('ssh-rsa'), false);
});

test('NoHostAuthenticationForLocalhost accepts any key of the loopback address only', async () => {
  const one = await trial(lineOf('host.example', other));
  await using _ = one.folder;
  assert.equal((await one.judge({ NoHostAuthenticationForLocalhost: true })).accepted, false);
});

test('RSA keys below RequiredRSASize are refused even when known', async () => {
  const rsa = new PrivateKey(crypto.generateKey('rsa', { bits: 1024 })).publicKey;
  const one = await trial(lineOf('host.example', rsa));
  await using _ = one.folder;
  assert.equal((await one.judge({ RequiredRSASize: 2048 }, rsa)).accepted, false);
  assert.equal((await one.judge({}, rsa)).accepted, true);
});

test('RevokedHostKeys refuses the keys of its lists, and every key when a list cannot be understood', async () => {
  const one = await trial(lineOf('host.example', key));
  await using _ = one.folder;
  const listed = await one.folder.write(
    'revoked',
    `# no longer\n${formatPublicLine(other)}\n${formatPublicLine(key)}\n`,
  );
  assert.equal((await one.judge({ RevokedHostKeys: [listed] })).accepted, false);
  assert.equal(one.said.at(-1), `Host key ED25519 ${fingerprint(crypto, key)} revoked by file ${listed}`);
  const foreign = await one.folder.write('foreign', `${formatPublicLine(other)}\n`);
  assert.equal((await one.judge({ RevokedHostKeys: [foreign] })).accepted, true);
  const krl = await one.folder.write('krl', 'SSHKRL\n\0');
  for (const file of [krl, '/nonexistent']) {
    assert.equal((await one.judge({ RevokedHostKeys: [foreign, file] })).accepted, false);
  }
});

const authority = new PrivateKey(crypto.generateKey('ed25519'));

function certificate(changes: Partial<CertificateContent> = {}, signer = authority): Promise<Certificate> {
  const named = { kind: 'host', serial: 7n, keyId: 'host id', principals: ['host.example'] } as const;
  // It ends, but after all that can be told.
  const usual = { ...named, validBefore: 2n ** 63n };
  return certify(crypto, { key, authority: signer }, { ...usual, ...changes });
}

const strict: SshSettings = { StrictHostKeyChecking: 'yes' };

test('a certificate of a trusted authority is accepted, and told in the words of OpenSSH', async () => {
  const one = await trial(`@cert-authority *.example ${formatPublicLine(authority.publicKey)}\n`);
  await using _ = one.folder;
  const verdict = await one.judge(strict, await certificate());
  assert.deepEqual(verdict, { accepted: true, weakened: false, isTrusted: false });
  const [described = '', ...others] = one.said.filter((line) => line.startsWith('debug1'));
  const prints = [key, authority.publicKey].map((of) => fingerprint(crypto, of));
  assert.match(described, /^debug1: Server host certificate: ssh-ed25519-cert-v01@openssh.com SHA256:\S+, serial 7 /);
  assert.ok(described.includes(`${prints[0]}, serial 7 ID "host id" CA ssh-ed25519 ${prints[1]} valid before `));
  assert.deepEqual(others, [
    "debug1: Host 'host.example' is known and matches the ED25519-CERT host certificate.",
    `debug1: Found CA key in ${one.folder.file('known_hosts')}:1`,
  ]);
});

test('a certificate that does not hold is told, and leaves the key to be judged by itself', async () => {
  const lines = `@cert-authority * ${formatPublicLine(authority.publicKey)}\n`;
  const rows: readonly (readonly [Partial<CertificateContent>, string])[] = [
    [{ principals: ['elsewhere'] }, 'Certificate invalid: name is not a listed principal'],
    [{ principals: [] }, 'Certificate lacks principal list'],
    [{ kind: 'user' }, 'Certificate invalid: not a host certificate'],
    [{ validBefore: 1n }, 'Certificate invalid: expired'],
    [{ validAfter: 2n ** 62n }, 'Certificate invalid: not yet valid'],
    [
      { criticalOptions: [{ name: 'force-command', data: new Uint8Array(0) }] },
      'Certificate contains unsupported critical options',
    ],
  ];
  for (const [changes, reason] of rows) {
    const one = await trial(lines);
    await using _ = one.folder;
    const offered = await certificate(changes);
    assert.equal((await one.judge(strict, offered)).accepted, false, reason);
    assert.ok(one.said.includes(reason), reason);
    assert.ok(one.said.includes('debug1: No matching CA found. Retry with plain key'));
    const known = await trial(lines + lineOf('host.example', key));
    await using __ = known.folder;
    assert.equal((await known.judge(strict, offered)).accepted, true, reason);
  }
});

test('an authority counts for its hosts only, by alias and without port too', async () => {
  const one = await trial(`@cert-authority host.example,alias ${formatPublicLine(authority.publicKey)}\n`);
  await using _ = one.folder;
  const judge = async (settings: SshSettings, changes?: Partial<CertificateContent>): Promise<boolean> =>
    (await one.judge({ ...strict, ...settings }, await certificate(changes))).accepted;
  assert.equal(await judge({}), true);
  assert.equal(await judge({ Port: 2222 }), true);
  assert.equal(await judge({ HostKeyAlias: 'alias' }), false, 'the alias is no principal');
  assert.equal(await judge({ HostKeyAlias: 'alias' }, { principals: ['alias'] }), true);
  assert.equal(await judge({ HostKeyAlias: 'other' }, { principals: ['other'] }), false);
  const self = await certificate({}, new PrivateKey(crypto.generateKey('ed25519')));
  assert.equal((await one.judge(strict, self)).accepted, false);
  const line = formatPublicLine(authority.publicKey);
  const plain = await trial(`host.example ${line}\n`);
  await using __ = plain.folder;
  assert.equal((await plain.judge(strict, await certificate())).accepted, false, 'a plain line makes no authority');
});

test('a revoked key, certified or certifying, refuses a certificate for good', async () => {
  for (const revoked of [key, authority.publicKey]) {
    const lines = `@cert-authority * ${formatPublicLine(authority.publicKey)}\n${lineOf('host.example', key)}`;
    const one = await trial(`${lines}@revoked * ${formatPublicLine(revoked)}\n`);
    await using _ = one.folder;
    assert.equal((await one.judge(strict, await certificate())).accepted, false);
    assert.ok(one.said.includes('The ED25519-CERT host key for host.example is marked as revoked.'));
    const file = await one.folder.write('revoked', `${formatPublicLine(revoked)}\n`);
    const listed = await trial(lines);
    await using __ = listed.folder;
    assert.equal((await listed.judge({ ...strict, RevokedHostKeys: [file] }, await certificate())).accepted, false);
  }
});

test('authorities sign with the algorithms of CASignatureAlgorithms only, and come first in the offer', async () => {
  const one = await trial(`@cert-authority * ${formatPublicLine(authority.publicKey)}\n`);
  await using _ = one.folder;
  const settings = { ...strict, CASignatureAlgorithms: 'rsa-sha2-512' };
  assert.equal((await one.judge(settings, await certificate())).accepted, false);
  assert.ok(one.said.includes('Certificate signed with disallowed algorithm'));
  const names = await one.check().preferredAlgorithms(false);
  const isCertificate = names.map((name) => name.includes('-cert-'));
  assert.deepEqual(
    isCertificate,
    isCertificate.toSorted((a, b) => Number(b) - Number(a)),
  );
});

test('KnownHostsCommand prints lines that count, with its tokens, unless it fails', async () => {
  const one = await trial('');
  await using _ = one.folder;
  const script = await one.folder.write('command', `#!/bin/sh\necho "$@" >>"$0.calls"\ncat "$0.lines"\n`, 0o755);
  await one.folder.write('command.lines', lineOf('host.example', key));
  const KnownHostsCommand = `${script} '%I' %H %t %f "%K" %u`;
  const accepted = { accepted: true, weakened: false, isTrusted: false };
  assert.deepEqual(await one.judge({ ...strict, KnownHostsCommand }), accepted);
  await one.check({ KnownHostsCommand }).preferredAlgorithms(false);
  const base64 = formatPublicLine(key).split(' ')[1];
  assert.deepEqual(readFileSync(`${script}.calls`, 'utf8').split('\n'), [
    `HOSTNAME host.example ssh-ed25519 ${fingerprint(crypto, key)} ${base64} me`,
    'ORDER host.example NONE NONE NONE me',
    '',
  ]);
  const failing = await one.folder.write('failing', `#!/bin/sh\ncat "${script}.lines"\nexit 1\n`, 0o755);
  assert.equal((await one.judge({ KnownHostsCommand: failing, StrictHostKeyChecking: 'no' })).accepted, false);
  assert.equal(one.said.at(-1), 'KnownHostsCommand failed');
  assert.equal((await one.judge({ KnownHostsCommand: 'cat' })).accepted, false);
  assert.equal(one.said.at(-1), 'KnownHostsCommand path is not absolute');
});
