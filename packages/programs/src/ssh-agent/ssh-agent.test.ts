import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { AgentMessageReader, frameAgentMessage } from '@sallyport/protocol/agent/framing';
import { encodeAddIdentity } from '@sallyport/protocol/agent/identity-key';
import { decodeIdentities, encodeSignRequest, requestIdentities } from '@sallyport/protocol/agent/messages';
import { fingerprint } from '@sallyport/protocol/keys/fingerprint';
import { PrivateKey } from '@sallyport/protocol/keys/private-key';
import { AgentFixture } from '@sallyport/testing/agent-fixture';
import { ordinaryAccount, programPath, skipUnless } from '@sallyport/testing/peers';
import { runProgram } from '@sallyport/testing/program';
import { runMain } from '@sallyport/testing/program-main';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import { AgentClient } from 'sallyport/agent/agent-client';
import { AgentSession } from 'sallyport/agent/agent-session';
import { UsageError } from '../shared/option-table.ts';
import { main } from './main.ts';
import { confirmationQuestion, environmentScript, killedScript, usage } from './messages.ts';
import { parseOptions, shellFor } from './options.ts';

const module = import.meta.resolve('@sallyport/programs/ssh-agent/main');
const crypto = createCryptoProvider();
const data = Buffer.from('data');
const newKey = (comment = 'a key'): PrivateKey => new PrivateKey(crypto.generateKey('ed25519'), comment);

async function connectTo(path: string): Promise<Socket> {
  const socket = connect(path);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

test('-D serves in the foreground, says where, and ends with 2 and without its socket', async () => {
  const agent = await AgentFixture.start({ module });
  const { program, path } = agent;
  assert.equal(program.stdout().toString(), environmentScript('sh', { path, pid: program.pid, inForeground: true }));
  const client = new AgentClient(path);
  const key = newKey();
  assert.equal(await client.add(key), true);
  assert.deepEqual(await client.identities(), [{ key: key.publicKey.blob, comment: 'a key' }]);
  assert.notEqual(await client.sign(key.publicKey.blob, { algorithm: 'ssh-ed25519', data }), undefined);
  program.child.kill('SIGTERM');
  assert.equal((await program.exited).code, 2);
  assert.equal(existsSync(path), false);
  await agent[Symbol.asyncDispose]();
});

test('SIGUSR1 removes all keys', async () => {
  await using agent = await AgentFixture.start({ module, args: ['-t', '1h'] });
  const session = new AgentSession(agent.path);
  const client = new AgentClient(session);
  await client.add(newKey());
  assert.equal((await client.identities()).length, 1);
  agent.program.child.kill('SIGUSR1');
  while ((await client.identities()).length > 0) await new Promise((resolve) => setImmediate(resolve));
  session.close();
});

test('a lifetime ends without anybody asking, and -t is for keys that come without one', async () => {
  await using agent = await AgentFixture.start({ module, args: ['-t', '1'] });
  await using session = new AgentSession(agent.path);
  const client = new AgentClient(session);
  const longer = newKey();
  await client.add(newKey());
  await client.add(longer, { constraints: { lifetimeSeconds: 3600 } });
  while ((await client.identities()).length > 1) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual((await client.identities())[0]?.key, longer.publicKey.blob);
});

test('the user is asked through SSH_ASKPASS before a key that wants it signs', async () => {
  await using folder = await TemporaryFolder.create();
  const script = '#!/bin/sh\nprintf "%s %s" "$SSH_ASKPASS_PROMPT" "$1" >"$0.asked"\n. "$0.answer"\n';
  const askpass = await folder.write('ask', script, 0o755);
  await using agent = await AgentFixture.start({ module, env: { SSH_ASKPASS: askpass, DISPLAY: ':9' } });
  const client = new AgentClient(agent.path);
  const key = newKey();
  await client.add(key, { constraints: { confirm: true } });
  const cases = [
    ['echo yes', true],
    ['echo', true],
    ['echo no', false],
    ['echo yes; exit 1', false],
  ] as const;
  for (const [answer, expected] of cases) {
    await folder.write('ask.answer', answer);
    const signature = await client.sign(key.publicKey.blob, { algorithm: 'ssh-ed25519', data });
    assert.equal(signature !== undefined, expected, answer);
  }
  const question = { comment: 'a key', fingerprint: fingerprint(crypto, key.publicKey) };
  assert.equal(readFileSync(`${askpass}.asked`, 'utf8'), `confirm ${confirmationQuestion(question)}`);
});

test('without anybody to ask, a key that wants a confirmation does not sign', async () => {
  await using agent = await AgentFixture.start({ module });
  const client = new AgentClient(agent.path);
  const key = newKey();
  await client.add(key, { constraints: { confirm: true } });
  assert.equal(await client.sign(key.publicKey.blob, { algorithm: 'ssh-ed25519', data }), undefined);
});

test('clients that do not read, send nonsense or half of a message keep nobody from being served', async () => {
  await using agent = await AgentFixture.start({ module });
  const client = new AgentClient(agent.path);
  const key = newKey();
  await client.add(key);
  const deaf = await connectTo(agent.path);
  deaf.pause();
  const list = frameAgentMessage(requestIdentities.encode({}));
  for (let i = 0; i < 200; i++) deaf.write(Buffer.concat(Array.from({ length: 1000 }, () => list)));
  const half = await connectTo(agent.path);
  half.write(Uint8Array.of(0, 0, 1, 0, 13, 0));
  const nonsense = await connectTo(agent.path);
  nonsense.resume();
  nonsense.write(Uint8Array.of(255, 255, 255, 255));
  await once(nonsense, 'close');
  for (let i = 0; i < 20; i++) {
    assert.notEqual(await client.sign(key.publicKey.blob, { algorithm: 'ssh-ed25519', data }), undefined);
  }
  for (const socket of [deaf, half]) socket.destroy();
  assert.equal((await client.identities()).length, 1);
});

test('requests that come in one piece are answered in order, also when the client has ended its side', async () => {
  await using agent = await AgentFixture.start({ module });
  const key = newKey();
  const socket = await connectTo(agent.path);
  const requests = [encodeAddIdentity(key), ...Array.from({ length: 40 }, () => requestIdentities.encode({}))];
  requests.push(encodeSignRequest(key.publicKey.blob, data, 'ssh-ed25519'));
  const received: Buffer[] = [];
  socket.on('data', (chunk) => received.push(chunk));
  socket.end(Buffer.concat(requests.map(frameAgentMessage)));
  await once(socket, 'end');
  const reader = new AgentMessageReader();
  reader.receive(Buffer.concat(received));
  assert.deepEqual(reader.next(), Uint8Array.of(6));
  for (let i = 0; i < 40; i++) assert.equal(decodeIdentities(reader.next() ?? new Uint8Array(0)).length, 1);
  assert.equal(reader.next()?.[0], 14);
  assert.equal(reader.next(), undefined);
});

test(
  'another user cannot use the agent even where the socket lets him',
  skipUnless('root', 'ordinary-account'),
  async () => {
    await using agent = await AgentFixture.start({ module });
    chmodSync(agent.path, 0o666);
    const account = ordinaryAccount();
    assert.ok(account);
    const other = await runProgram(programPath('ssh-add'), ['-l'], { env: agent.env, account });
    assert.equal(other.stdout.toString(), '');
    const own = await runProgram(programPath('ssh-add'), ['-l'], { env: agent.env });
    assert.match(own.stdout.toString(), /^The agent has no identities/);
  },
);

test(
  'stock ssh-add works with our agent: add, list, test, lock, constraints, remove',
  skipUnless('openssh-agent'),
  async () => {
    await using agent = await AgentFixture.start({ module });
    const { env, folder } = agent;
    const run = (name: string, args: readonly string[], input = ''): ReturnType<typeof runProgram> =>
      runProgram(programPath(name), args, { env, input });
    for (const type of [['ed25519'], ['ecdsa', '-b', '521'], ['rsa', '-b', '2048']]) {
      const path = folder.file(type.join(''));
      await run('ssh-keygen', ['-q', '-N', '', '-C', 'comment here', '-t', ...type, '-f', path]);
      await run('ssh-keygen', ['-q', '-s', path, '-I', 'an id', '-n', 'me', `${path}.pub`]);
      assert.match((await run('ssh-add', [path])).stderr, /^Identity added: .*\nCertificate added: .* \(an id\)\n$/);
      assert.equal((await run('ssh-add', ['-T', `${path}.pub`])).code, 0);
      assert.equal((await run('ssh-add', ['-T', `${path}-cert.pub`])).code, 0);
    }
    const listed = (await run('ssh-add', ['-l'])).stdout.toString();
    assert.match(listed, /^256 SHA256:\S+ comment here \(ED25519\)\n256 \S+ comment here \(ED25519-CERT\)\n521 /);
    const askpass = await folder.write('ask', '#!/bin/sh\necho secret\n', 0o755);
    const asking = { env: { ...env, SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: 'force' } };
    assert.equal((await runProgram(programPath('ssh-add'), ['-x'], asking)).code, 0);
    assert.equal((await run('ssh-add', ['-l'])).code, 1);
    assert.equal((await runProgram(programPath('ssh-add'), ['-X'], asking)).code, 0);
    assert.equal((await run('ssh-add', ['-d', folder.file('ed25519')])).code, 0);
    assert.equal((await run('ssh-add', ['-l'])).stdout.toString().split('\n').length, 5);
    assert.equal((await run('ssh-add', ['-D'])).code, 0);
    assert.equal((await run('ssh-add', ['-l'])).code, 1);
  },
);

test('scripts for shells of both kinds quote what needs it', () => {
  const agent = { path: "/home/a b/it's", pid: 7, inForeground: false };
  const quoted = "'/home/a b/it'\\''s'";
  assert.equal(
    environmentScript('sh', agent),
    `SSH_AUTH_SOCK=${quoted}; export SSH_AUTH_SOCK;\nSSH_AGENT_PID=7; export SSH_AGENT_PID;\necho Agent pid 7;\n`,
  );
  assert.equal(
    environmentScript('csh', { ...agent, path: '/tmp/x' }),
    'setenv SSH_AUTH_SOCK /tmp/x;\nsetenv SSH_AGENT_PID 7;\necho Agent pid 7;\n',
  );
  assert.equal(killedScript('sh', 7), 'unset SSH_AUTH_SOCK;\nunset SSH_AGENT_PID;\necho Agent pid 7 killed;\n');
  assert.equal(killedScript('csh', 7), 'unsetenv SSH_AUTH_SOCK;\nunsetenv SSH_AGENT_PID;\necho Agent pid 7 killed;\n');
  assert.equal(shellFor(parseOptions([]), { SHELL: '/bin/tcsh' }), 'csh');
  assert.equal(shellFor(parseOptions(['-s']), { SHELL: '/bin/tcsh' }), 'sh');
  assert.equal(shellFor(parseOptions([]), {}), 'sh');
});

test('a wrong use ends with 1 and the usage, a wrong value with what is wrong', async () => {
  const refused = [
    ['-c', '-s'],
    ['-D', '-d'],
    ['-k', 'command'],
    ['-D', 'command'],
    ['-T', '-a', 'x'],
    ['-t', 'zz'],
    ['-x'],
  ];
  for (const argv of refused) assert.throws(() => parseOptions(argv), UsageError, argv.join(' '));
  assert.equal(await main(['-V']), 0);
  const unknown = await runMain(module, ['-x']);
  assert.deepEqual([unknown.code, unknown.stderr], [1, `unknown option -- x\n${usage}`]);
  const cases = [
    [['-E', 'sha3'], 255, 'Invalid hash algorithm "sha3"\r\n'],
    [['-O', 'nothing'], 255, 'Unknown -O option\r\n'],
    [['-P', 'a', '-P', 'b'], 255, '-P option already specified\r\n'],
    [['-k'], 1, 'SSH_AGENT_PID not set, cannot kill agent\r\n'],
    [
      ['-D', '-a', '/nonexistent/socket'],
      1,
      'unix_listener: cannot bind to path /nonexistent/socket: No such file or directory\r\n',
    ],
  ] as const;
  for (const [argv, code, stderr] of cases) {
    const result = await runMain(module, argv);
    assert.deepEqual([result.code, result.stderr], [code, stderr], argv.join(' '));
  }
  const pid = await runMain(module, ['-k'], { env: { SSH_AGENT_PID: '1' } });
  assert.deepEqual([pid.code, pid.stderr], [1, 'SSH_AGENT_PID="1", which is not a good PID: too small\r\n']);
  assert.match((await runMain(module, ['-V'])).stderr, /^OpenSSH_10\.5p1 Sallyport /);
});
