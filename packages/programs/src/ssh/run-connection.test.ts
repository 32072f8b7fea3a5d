import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { freePort } from '@sallyport/testing/free-port';
import type { StockServer } from '@sallyport/testing/openssh-fixture';
import { OpensshFixture } from '@sallyport/testing/openssh-fixture';
import { ownAccount, skipUnless } from '@sallyport/testing/peers';
import type { ProgramOptions, ProgramResult } from '@sallyport/testing/program';
import { runMain, startMain } from '@sallyport/testing/program-main';
import { TemporaryAccount } from '@sallyport/testing/temporary-account';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import { runLocalCommand } from './local-command.ts';
import { ProgramLog } from './log.ts';
import { parseArguments } from './options.ts';
import { readConfig } from './read-config.ts';
import { runConnection } from './run-connection.ts';
import { ownSurroundings } from './surroundings.ts';

const module = import.meta.resolve('@sallyport/programs/ssh/main');
const stock = skipUnless('openssh-server');
const asRoot = skipUnless('openssh-server', 'root');

interface Server {
  readonly fixture: OpensshFixture;
  readonly server: StockServer;
  readonly ssh: (
    command: readonly string[],
    options?: ProgramOptions & { readonly config?: readonly string[]; readonly letters?: readonly string[] },
  ) => Promise<ProgramResult>;
}

async function withServer(config: readonly string[], work: (parts: Server) => Promise<void>): Promise<void> {
  await using fixture = await OpensshFixture.create();
  await using server = await fixture.startServer({ config });
  const ssh: Server['ssh'] = (command, { config: own = [], letters = [], ...options } = {}) =>
    runMain(module, [...letters, ...fixture.clientArguments(server, own), ...command], options);
  await work({ fixture, server, ssh });
}

test('ssh gives the status, the output and the error output of the remote command', stock, async () => {
  await withServer([], async ({ ssh }) => {
    const { code, stdout, stderr } = await ssh(['echo out; echo err >&2; exit 44']);
    assert.deepEqual([code, stdout.toString(), stderr], [44, 'out\n', 'err\n']);
    assert.equal((await ssh(['kill -9 $$'])).code, 255, 'a signal has no status');
    assert.equal((await ssh(['true'], { config: ['RemoteCommand=exit 7'] })).code, 255);
    assert.equal((await ssh([], { config: ['RemoteCommand=exit 7'] })).code, 7);
  });
});

test('ssh carries every byte there and back, and ends when the remote end has enough', stock, async () => {
  await withServer([], async ({ ssh }) => {
    const input = randomBytes(8 * 1024 * 1024);
    const echoed = await ssh(['cat'], { input, config: ['RekeyLimit=1M'] });
    assert.equal(echoed.code, 0);
    assert.equal(
      createHash('sha256').update(echoed.stdout).digest('hex'),
      createHash('sha256').update(input).digest('hex'),
    );
    assert.equal((await ssh(['head -c 1'], { input })).stdout.length, 1);
  });
});

test('-n gives the remote command an empty input, -s asks for a subsystem, -N for nothing', stock, async () => {
  await withServer([], async ({ ssh }) => {
    assert.equal((await ssh(['cat'], { letters: ['-n'], input: 'not for you' })).stdout.length, 0);
    const missing = await ssh(['nonsense'], { letters: ['-s'] });
    assert.deepEqual([missing.code, missing.stderr], [255, 'subsystem request failed on channel 0\r\n']);
  });
  await withServer([], async ({ fixture, server }) => {
    const argv = ['-v', '-N', ...fixture.clientArguments(server)];
    const nothing = startMain(module, argv);
    await nothing.untilStderr(/Entering interactive session/);
    await nothing.end();
    assert.deepEqual((await nothing.exited).code, 0, 'who ends a mere connection wants just that');
  });
});

test('SendEnv and SetEnv reach the remote command', stock, async () => {
  await withServer(['AcceptEnv SP_*'], async ({ ssh }) => {
    const { stdout } = await ssh(['echo $SP_A $SP_B $OTHER'], {
      config: ['SendEnv=SP_A OTHER', 'SetEnv=SP_B=set'],
      env: { SP_A: 'sent', OTHER: 'refused' },
    });
    assert.equal(stdout.toString(), 'sent set\n');
  });
});

test("the server's banner goes to stderr as it is, unless ssh is to be quiet", stock, async () => {
  await using folder = await TemporaryFolder.create();
  const banner = await folder.write('banner', 'Welcome\nto it\n', 0o644);
  await withServer([`Banner ${banner}`], async ({ ssh }) => {
    assert.equal((await ssh(['true'], { config: ['LogLevel=INFO'] })).stderr, 'Welcome\nto it\n');
    assert.equal((await ssh(['true'], { letters: ['-q'] })).stderr, '');
  });
});

test('-v names what was agreed on; -E takes the lines away from stderr', stock, async () => {
  await withServer([], async ({ ssh, fixture }) => {
    const file = fixture.folder.file('log');
    const { stderr } = await ssh(['true'], { letters: ['-v'] });
    for (const line of [
      /^OpenSSH_10\.5p1 Sallyport/,
      /^debug1: kex: algorithm: \S+/m,
      /^debug1: kex: server->client cipher: \S+ MAC: \S+ compression: none/m,
      /^debug1: Server host key: ssh-ed25519 SHA256:/m,
      /^debug1: SSH2_MSG_NEWKEYS sent/m,
      /^debug1: Offering public key: .* ED25519 SHA256:\S+ explicit/m,
      /^debug1: Authentications that can continue: publickey/m,
      /^Authenticated to 127\.0\.0\.1 \(\[127\.0\.0\.1\]:\d+\) using "publickey"\./m,
      /^debug1: Exit status 0/m,
    ]) {
      assert.match(stderr.replaceAll('\r', ''), line);
    }
    assert.equal((await ssh(['true'], { letters: ['-v', '-E', file] })).stderr, '');
  });
});

test('-L forwards a port and -W our own input and output, and what fails is told', stock, async () => {
  await withServer([], async ({ fixture, server, ssh }) => {
    const banner = /^SSH-2\.0-OpenSSH_/;
    const direct = await ssh([], { letters: ['-W', `127.0.0.1:${server.port}`] });
    assert.match(direct.stdout.toString(), banner);
    const refused = await ssh([], { letters: ['-W', '127.0.0.1:1'], config: ['LogLevel=INFO'] });
    assert.equal(refused.code, 255);
    assert.match(refused.stderr, /open failed: connect failed[^]*stdio forwarding failed/);
    const port = await freePort();
    const argv = ['-v', '-N', '-L', `${port}:127.0.0.1:${server.port}`, ...fixture.clientArguments(server)];
    const forwarding = startMain(module, argv);
    await forwarding.untilStderr(/Entering interactive session/);
    assert.match(await firstBytes(port), banner);
    const taken = await ssh(['true'], { letters: ['-L', `${port}:h:1`], config: ['ExitOnForwardFailure=yes'] });
    assert.deepEqual([taken.code, /Could not request local forwarding\./.test(taken.stderr)], [255, true]);
    await forwarding.end();
  });
});

function firstBytes(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('data', (chunk) => {
      socket.destroy();
      resolve(chunk.toString());
    });
    socket.once('error', reject);
  });
}

test('LocalCommand runs on our side once we are in, if it is permitted', stock, async () => {
  await withServer([], async ({ ssh }) => {
    const config = ['LocalCommand=echo %n %r %%; exit 3'];
    const { code, stdout } = await ssh(['echo remote'], { config: [...config, 'PermitLocalCommand=yes'] });
    assert.deepEqual([code, stdout.toString()], [0, `127.0.0.1 ${ownAccount().name} %\nremote\n`]);
    assert.equal((await ssh(['echo remote'], { config })).stdout.toString(), 'remote\n');
  });
});

test('a password comes from SSH_ASKPASS when there is no terminal, and is asked for three times', asRoot, async () => {
  await using account = await TemporaryAccount.create({ password: 'open sesame' });
  await withServer(['PasswordAuthentication yes'], async ({ ssh, fixture }) => {
    const asked = fixture.folder.file('asked');
    const script = [
      '#!/bin/sh',
      `echo "$1" >> ${asked}`,
      `[ $(wc -l < ${asked}) -lt 3 ] && echo wrong || echo open sesame`,
      '',
    ];
    const program = await fixture.folder.write('askpass', script.join('\n'), 0o700);
    const { code, stdout, stderr } = await ssh(['whoami'], {
      config: ['BatchMode=no', `User=${account.name}`, 'PubkeyAuthentication=no'],
      letters: ['-l', account.name],
      env: { SSH_ASKPASS: program, SSH_ASKPASS_REQUIRE: 'force' },
    });
    assert.deepEqual([code, stdout.toString()], [0, `${account.name}\n`]);
    assert.equal(stderr, 'Permission denied, please try again.\r\n'.repeat(2));
    assert.equal(readFileSync(asked, 'utf8'), `${account.name}@127.0.0.1's password: \n`.repeat(3));
  });
});

test('commands that contradict each other are refused before anything is opened', async () => {
  const crypto = createCryptoProvider();
  const surroundings = ownSurroundings(crypto);
  assert.ok(surroundings !== undefined);
  const invocation = parseArguments(['-F', 'none', '-s', 'host']);
  const plan = readConfig({ invocation, surroundings, log: () => undefined });
  assert.doesNotThrow(() => runLocalCommand(plan, {}), 'there is none');
  await assert.rejects(
    runConnection({ plan, invocation, crypto, log: new ProgramLog(() => undefined), environment: {} }),
    { message: 'You must specify a subsystem to invoke.' },
  );
});
