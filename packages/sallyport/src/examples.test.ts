import assert from 'node:assert/strict';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { encodeOpensshKeyV1 } from '@sallyport/protocol/keys/formats/openssh-key-v1';
import { formatPublicLine } from '@sallyport/protocol/keys/formats/public-line';
import { findProgram } from '@sallyport/testing/peers';
import { runProgram, startProgram } from '@sallyport/testing/program';
import { openSftp } from '@sallyport/testing/sftp-driver';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import { startTestServer } from '@sallyport/testing/test-server';
import type { PrivateKey } from './index.ts';
import { connect, generatePrivateKey, localFileSystem, readPrivateKey, sftpServer } from './index.ts';
import { formatPrivateKey } from './keys.ts';

// From src/ and from dist/ alike.
const root = resolve(import.meta.dirname, '../../..');
const example = (name: string): string => resolve(root, 'docs/examples', name);

/** Node and Bun, as far as they are there. */
const runtimes = [
  ['node', findProgram('node')],
  ['bun', findProgram(resolve(root, `node_modules/@oven/bun-linux-${process.arch}/bin/bun`))],
] as const;

/** A home with a key and known hosts, as a user has one. */
async function makeHome(folder: TemporaryFolder, key: PrivateKey, knownHosts: readonly string[]): Promise<void> {
  await mkdir(folder.file('.ssh'), { mode: 0o700 });
  await folder.write('.ssh/id_ed25519', encodeOpensshKeyV1(createCryptoProvider(), key));
  await folder.write('.ssh/known_hosts', `${knownHosts.join('\n')}\n`);
}

for (const [name, runtime] of runtimes) {
  const unless = { skip: runtime === undefined ? `${name} is not here` : false };
  if (runtime === undefined) process.stderr.write(`skipped: examples on ${name}, which is not here\n`);

  test(`on ${name}: an example runs a command, and one jumps through a host`, unless, async () => {
    assert.ok(runtime);
    const key = generatePrivateKey();
    const login = {
      publicKey: (attempt: { readonly key: Uint8Array }) => ({
        allow: Buffer.compare(attempt.key, key.publicKey.blob) === 0,
      }),
    };
    await using inner = await startTestServer({ login });
    await using jump = await startTestServer({ login, dial: ({ port }) => port === inner.port });
    await using folder = await TemporaryFolder.create();
    await makeHome(folder, key, [
      `[127.0.0.1]:${inner.port} ${inner.hostKeyLine}`,
      `[127.0.0.1]:${jump.port} ${jump.hostKeyLine}`,
    ]);
    const env = { HOME: folder.path };
    const target = `me@127.0.0.1:${inner.port}`;

    const said = await runProgram(runtime, [example('run-command.mjs'), target, 'say', 'hello'], { env });
    assert.deepEqual([said.stdout.toString(), said.stderr, said.code], ['hello\n', '', 0]);
    const status = await runProgram(runtime, [example('run-command.mjs'), target, 'exit', '7'], { env });
    assert.equal(status.code, 7);
    const stranger = await runProgram(runtime, [example('run-command.mjs'), `me@127.0.0.1:1`, 'x'], { env });
    assert.match(stranger.stderr, /^connection-lost: no connection to 127\.0\.0\.1 port 1\n$/);
    assert.equal(stranger.code, 255);

    const jumped = await runProgram(
      runtime,
      [example('jump.mjs'), `me@127.0.0.1:${jump.port}`, target, 'say', 'far away'],
      { env },
    );
    assert.deepEqual([jumped.stdout.toString(), jumped.stderr, jumped.code], ["1: 'far away'\n", '', 0]);
  });

  test(`on ${name}: an example is a server`, unless, async () => {
    assert.ok(runtime);
    const key = generatePrivateKey();
    const allowed = formatPublicLine(key.publicKey);
    const server = startProgram(runtime, [example('server.mjs'), '0', allowed]);
    while (!/port \d+\n/.test(server.stdout().toString())) await new Promise((wake) => setTimeout(wake, 10));
    const port = Number(/port (\d+)/.exec(server.stdout().toString())?.[1]);
    const target = { host: '127.0.0.1', port, agent: false, insecureAcceptAnyHostKey: true } as const;
    const client = await connect({ ...target, identities: [key] });
    assert.equal((await client.run('add 1 2 39')).stdout, '42\n');
    assert.equal((await client.run('upper', { input: 'one\ntwo' })).stdout, 'ONE\nTWO\n');
    const unknown = await client.run('toString');
    assert.deepEqual([unknown.stderr, unknown.exit], ['commands: add, upper\n', { code: 127 }]);
    await client.end();
    await assert.rejects(connect({ ...target, identities: [generatePrivateKey()] }), /Permission denied/);
    server.child.kill('SIGTERM');
    assert.equal((await server.exited).code, 0);
  });

  test(`on ${name}: an example serves files from memory`, unless, async () => {
    assert.ok(runtime);
    const key = generatePrivateKey();
    const server = startProgram(runtime, [example('sftp-in-memory.mjs'), '0', formatPublicLine(key.publicKey)]);
    while (!/port \d+\n/.test(server.stdout().toString())) await new Promise((wake) => setTimeout(wake, 10));
    const port = Number(/port (\d+)/.exec(server.stdout().toString())?.[1]);
    const target = { host: '127.0.0.1', port, agent: false, insecureAcceptAnyHostKey: true } as const;
    const client = await connect({ ...target, identities: [key] });
    const sftp = await openSftp(client);
    assert.deepEqual(
      [...sftp.extensions.keys()],
      ['fsync@openssh.com', 'limits@openssh.com', 'expand-path@openssh.com', 'copy-data'],
    );
    const path = Buffer.from('made');
    const handle = await sftp.handle(sftp.request('open', { path, flags: 11, attributes: {} }));
    assert.equal(await sftp.code(sftp.write(handle, 3n, Buffer.from('text'))), 0);
    const read = await sftp.request('read', { handle, offset: 0n, length: 99 });
    assert.ok(read.kind === 'data' && Buffer.from(read.data).toString() === '\0\0\0text');
    const listed = await sftp.request('readdir', {
      handle: await sftp.handle(sftp.request('opendir', { path: Buffer.from('/') })),
    });
    assert.ok(listed.kind === 'names');
    const lines = listed.entries.map(({ longName }) => Buffer.from(longName).toString());
    assert.match(lines.join('\n'), /^-rw-r--r-- {4}\? 0 {8}0 {14}31 .* welcome\.txt\n-rw-r--r-- .* 7 .* made$/);
    assert.equal(await sftp.code(sftp.request('mkdir', { path, attributes: {} })), 8);
    assert.equal(await sftp.code(sftp.request('stat', { path: Buffer.from('missing') })), 2);
    await client.end();
    server.child.kill('SIGTERM');
    assert.equal((await server.exited).code, 0);
  });

  test(`on ${name}: examples put a folder, filter a file and report sizes`, unless, async () => {
    assert.ok(runtime);
    const key = generatePrivateKey();
    await using folder = await TemporaryFolder.create();
    await mkdir(folder.file('there'));
    await using server = await startTestServer({
      login: { publicKey: () => ({ allow: true }) },
      session: sftpServer(localFileSystem({ root: folder.file('there') })),
    });
    await makeHome(folder, key, [`[127.0.0.1]:${server.port} ${server.hostKeyLine}`]);
    const env = { HOME: folder.path };
    const target = `me@127.0.0.1:${server.port}`;
    await mkdir(folder.file('here/sub'), { recursive: true });
    await folder.write('here/log', 'one\ntwo\nand one\n');
    await folder.write('here/sub/f', 'x'.repeat(1000));
    const run = (script: string, ...args: readonly string[]): ReturnType<typeof runProgram> =>
      runProgram(runtime, [example(script), target, ...args], { env });

    const put = await run('sftp-upload.mjs', folder.file('here'), '/copy');
    assert.deepEqual([put.stdout.toString(), put.code], ['2 files are there\n', 0], put.stderr);
    const streamed = await run('sftp-stream.mjs', '/copy/log', '/copy/ones', 'one');
    assert.deepEqual([streamed.stdout.toString(), streamed.code], ['2 lines have one\n', 0], streamed.stderr);
    assert.equal(await readFile(folder.file('there/copy/ones'), 'utf8'), 'one\nand one\n');
    const report = await run('sftp-report.mjs', '/copy');
    assert.equal(report.stdout.toString(), '1000\tsub\n16\tlog\n12\tones\n', report.stderr);
    const missing = await run('sftp-report.mjs', '/no');
    assert.deepEqual([missing.stderr, missing.code], ['no-such-file: opendir /no\n', 1]);
  });

  test(`on ${name}: an example signs a file and verifies it by allowed_signers`, unless, async () => {
    assert.ok(runtime);
    await using folder = await TemporaryFolder.create();
    const key = await folder.write('key', await formatPrivateKey(generatePrivateKey()), 0o600);
    const file = await folder.write('release.tar', 'contents');
    const run = (...args: readonly string[]): ReturnType<typeof runProgram> =>
      runProgram(runtime, [example('sign-file.mjs'), ...args]);
    const signed = await run('sign', key, file);
    assert.match(signed.stdout.toString(), /^[^ ]+release\.tar\.sig: signed with SHA256:\S+\n$/, signed.stderr);
    const { publicKey } = await readPrivateKey(key);
    const signers = await folder.write('signers', `me@example.com ${formatPublicLine(publicKey)}\n`);
    const good = await run('verify', signers, 'me@example.com', file);
    assert.match(good.stdout.toString(), /^good signature of me@example\.com, SHA256:\S+\n$/, good.stderr);
    await folder.write('release.tar', 'changed');
    const bad = await run('verify', signers, 'me@example.com', file);
    assert.deepEqual([bad.stderr, bad.code], ['signature-refused: the signature is refused: incorrect signature\n', 1]);
  });

  test(`on ${name}: an example has authorities for hosts and users`, unless, async () => {
    assert.ok(runtime);
    const { stdout, stderr, code } = await runProgram(runtime, [example('certificates.mjs')]);
    const said = [
      'alice@example.com runs: uptime',
      'alice@example.com runs: backup',
      'refused deploy: Certificate invalid: name is not a listed principal',
      'authentication-failed',
      'refused deploy: Certificate invalid: not for use from this address',
      'authentication-failed',
      'refused deploy: Certificate invalid: revoked',
      'authentication-failed',
      '',
    ];
    assert.deepEqual([stdout.toString(), stderr, code], [said.join('\n'), '', 0]);
  });
}

test('every example is listed in the README beside it', async () => {
  const readme = await readFile(example('README.md'), 'utf8');
  for (const name of (await readdir(example('.'))).filter((one) => one.endsWith('.mjs'))) {
    assert.ok(readme.includes(`\`${name}\``), name);
  }
});
