import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { formatPublicLine } from '@sallyport/protocol/keys/formats/public-line';
import { PrivateKey } from '@sallyport/protocol/keys/private-key';
import type { StockServer } from '@sallyport/testing/openssh-fixture';
import { OpensshFixture } from '@sallyport/testing/openssh-fixture';
import { ownAccount, programPath, skipUnless } from '@sallyport/testing/peers';
import type { LoggedIn } from './connect.ts';
import { connect } from './connect.ts';
import { ProgramLog } from './log.ts';
import { parseArguments } from './options.ts';
import { readConfig } from './read-config.ts';

const crypto = createCryptoProvider();
const stock = skipUnless('openssh-server');

interface Outcome {
  readonly loggedIn: LoggedIn | undefined;
  /** Without the debug lines. */
  readonly said: readonly string[];
  readonly asked: readonly string[];
}

async function tryConnect(argv: readonly string[], answers: string[] = []): Promise<Outcome> {
  const lines: string[] = [];
  const asked: string[] = [];
  const log = new ProgramLog((_fd, text) => lines.push(text.trimEnd()));
  const account = ownAccount();
  const plan = readConfig({
    invocation: parseArguments(argv),
    surroundings: {
      user: account.name,
      uid: account.uid,
      home: account.home,
      homeOf: () => undefined,
      hostName: 'desk',
      environment: {},
      sha1: () => '',
      systemFolder: '/nonexistent',
    },
    log: log.log,
  });
  log.level = plan.options.LogLevel;
  const loggedIn = await connect({
    plan,
    invocation: { configFile: undefined, verbosity: 0 },
    crypto,
    log,
    environment: { PATH: process.env['PATH'] },
    ask: (prompt) => {
      asked.push(prompt);
      const answer = answers.shift();
      return Promise.resolve(answer === undefined ? undefined : Buffer.from(answer));
    },
    showBanner: (text) => lines.push(text),
  });
  loggedIn?.port.end();
  await loggedIn?.port.ended;
  return { loggedIn, said: lines, asked };
}

const atServer = (fixture: OpensshFixture, server: StockServer, ...config: readonly string[]): Promise<Outcome> =>
  tryConnect(fixture.clientArguments(server, config));

test('a stock sshd lets us in with a key of a file, and the line tools look for is said at -v', stock, async () => {
  await using fixture = await OpensshFixture.create();
  await using server = await fixture.startServer();
  const { loggedIn, said } = await atServer(fixture, server, 'LogLevel=VERBOSE');
  assert.equal(loggedIn?.transport.ends?.peer.port, server.port);
  assert.deepEqual(said, [`Authenticated to 127.0.0.1 ([127.0.0.1]:${server.port}) using "publickey".`]);
});

test('a proxy command carries the connection, and hides where it leads', stock, async () => {
  await using fixture = await OpensshFixture.create();
  await using server = await fixture.startServer();
  const command = `ProxyCommand=${programPath('nc')} 127.0.0.1 %p`;
  const { loggedIn, said } = await atServer(fixture, server, command, 'LogLevel=VERBOSE');
  assert.ok(loggedIn !== undefined && loggedIn.transport.ends === undefined);
  assert.deepEqual(said, ['Authenticated to 127.0.0.1 (via proxy) using "publickey".']);
});

test('a host that is not known is refused when checking is strict, and asked about otherwise', stock, async () => {
  await using fixture = await OpensshFixture.create();
  await using server = await fixture.startServer();
  const nobody = `UserKnownHostsFile=${fixture.folder.file('new_known_hosts')}`;
  const strict = await atServer(fixture, server, nobody);
  assert.equal(strict.loggedIn, undefined);
  assert.deepEqual(strict.said, [
    `No ED25519 host key is known for [127.0.0.1]:${server.port} and you have requested strict checking.`,
    'Host key verification failed.',
  ]);
  const argv = fixture.clientArguments(server, [nobody, 'StrictHostKeyChecking=ask', 'BatchMode=no', 'LogLevel=INFO']);
  const asked = await tryConnect(argv, ['yes']);
  assert.ok(asked.loggedIn);
  assert.match(
    asked.asked[0] ?? '',
    /^The authenticity of host '\[127\.0\.0\.1\]:\d+ \(\[127\.0\.0\.1\]:\d+\)' can't be/,
  );
  const again = await atServer(fixture, server, nobody);
  assert.ok(again.loggedIn, 'it is recorded');
});

test('with a changed key and no checking, secrets and forwardings are withheld', stock, async () => {
  await using fixture = await OpensshFixture.create();
  await using server = await fixture.startServer();
  const other = new PrivateKey(crypto.generateKey('ed25519')).publicKey;
  const file = await fixture.folder.write('changed', `[127.0.0.1]:${server.port} ${formatPublicLine(other)}\n`);
  const { loggedIn, said } = await atServer(
    fixture,
    server,
    `UserKnownHostsFile=${file}`,
    'StrictHostKeyChecking=no',
    'LocalForward=8080 h:80',
    'ForwardX11=yes',
  );
  assert.deepEqual(loggedIn?.options.LocalForward, []);
  assert.deepEqual(said.slice(-4), [
    'Password authentication is disabled to avoid man-in-the-middle attacks.',
    'Keyboard-interactive authentication is disabled to avoid man-in-the-middle attacks.',
    'X11 forwarding is disabled to avoid man-in-the-middle attacks.',
    'Port forwarding is disabled to avoid man-in-the-middle attacks.',
  ]);
  const failing = await atServer(
    fixture,
    server,
    `UserKnownHostsFile=${file}`,
    'StrictHostKeyChecking=no',
    'LocalForward=8080 h:80',
    'ExitOnForwardFailure=yes',
  );
  assert.equal(failing.loggedIn, undefined);
});

test(
  'a server without a common cipher, without our key, or without any server is told as OpenSSH tells it',
  stock,
  async () => {
    await using fixture = await OpensshFixture.create();
    await using server = await fixture.startServer({ config: ['Ciphers aes128-ctr'] });
    const place = `127.0.0.1 port ${server.port}`;
    const ciphers = await atServer(fixture, server, 'Ciphers=aes256-ctr', 'LogLevel=INFO');
    assert.deepEqual(ciphers.said, [
      `Unable to negotiate with ${place}: no matching cipher found. Their offer: aes128-ctr`,
    ]);
    const none = await atServer(fixture, server, 'PubkeyAuthentication=no');
    assert.deepEqual(none.said, [`${server.user}@127.0.0.1: Permission denied (publickey).`]);
    await server.end();
    const refused = await atServer(fixture, server);
    assert.deepEqual(refused.said, [`ssh: connect to host ${place}: Connection refused`]);
  },
);

test('a server that says nothing is left after ConnectTimeout', async () => {
  const silent = createServer();
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const { port } = silent.address() as AddressInfo;
  try {
    const { said } = await tryConnect(['-F', 'none', '-p', `${port}`, '-o', 'ConnectTimeout=1', '127.0.0.1']);
    assert.deepEqual(said, [
      'Connection timed out during banner exchange',
      `Connection to 127.0.0.1 port ${port} timed out`,
    ]);
  } finally {
    silent.close();
  }
});
