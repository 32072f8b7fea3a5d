// Key types that are off unless a list names them (ML-DSA-44 with Ed25519), and one that is only converted (DSA), from
// ssh-keygen to a login with our ssh and sshd; no stock program here knows the first.

import assert from 'node:assert/strict';
import { chownSync, readFileSync } from 'node:fs';
import { after, describe, test } from 'node:test';
import { ourProgram, programPath, runProgram, type StockServer, skipUnless } from '@sallyport/testing';
import { AgentFixture } from '@sallyport/testing/agent-fixture';
import { dsaSample } from '@sallyport/testing/dsa-sample';
import { type RunningAs, SshdFixture, type SshdOptions, waysToRun } from './sshd-fixture.ts';

const fixture = await SshdFixture.create();
after(() => fixture[Symbol.asyncDispose]());
const { folder } = fixture.openssh;
const algorithm = 'ssh-mldsa44-ed25519@openssh.com';
const certificateAlgorithm = 'ssh-mldsa44-ed25519-cert-v01@openssh.com';
const on = {
  server: [`HostKeyAlgorithms +${algorithm}`, `PubkeyAcceptedAlgorithms +${algorithm},${certificateAlgorithm}`],
  client: [`HostKeyAlgorithms=${algorithm}`, `PubkeyAcceptedAlgorithms=${algorithm},${certificateAlgorithm}`],
} as const;

async function keygen(args: readonly string[], input = ''): Promise<string> {
  const { code, stdout, stderr } = await runProgram(ourProgram('ssh-keygen'), ['-q', ...args], { input });
  assert.equal(code, 0, stderr);
  return stdout.toString();
}

interface Key {
  readonly path: string;
  readonly publicLine: string;
}

async function makeKey(name: string): Promise<Key> {
  const path = folder.file(name);
  await keygen(['-t', 'mldsa44-ed25519', '-N', '', '-C', name, '-f', path]);
  return { path, publicLine: readFileSync(`${path}.pub`, 'utf8').trim() };
}

const [hostKey, userKey, authority] = [await makeKey('host'), await makeKey('user'), await makeKey('authority')];
if (process.getuid?.() === 0) chownSync(hostKey.path, fixture.account.uid, -1);

/** Our sshd with the young host key; a client's known_hosts has that key, too. */
async function start(as: RunningAs, { config = [], ...options }: SshdOptions): Promise<StockServer> {
  if (as === 'root') chownSync(hostKey.path, 0, 0);
  else if (process.getuid?.() === 0) chownSync(hostKey.path, fixture.account.uid, -1);
  const server = await fixture.start(as, { ...options, config: [...config, `HostKey ${hostKey.path}`] });
  const lines = [hostKey.publicLine, ...server.hostKeys.map(({ publicLine }) => publicLine)];
  const known = lines.map((line) => `[127.0.0.1]:${server.port} ${line}\n`).join('');
  return Object.assign(server, { knownHosts: await folder.write(`known-${server.port}`, known, 0o644) });
}

interface Login {
  readonly identity?: string;
  readonly config?: readonly string[];
  readonly program?: string;
  readonly agent?: string;
  readonly command?: string;
}

async function logIn(server: StockServer, login: Login): Promise<{ said: string; error: string }> {
  const { identity = 'none', config = [], program = ourProgram('ssh'), agent = 'none', command = 'echo in' } = login;
  const settings = [...config, `IdentityAgent=${agent}`, `IdentitiesOnly=${agent === 'none' ? 'yes' : 'no'}`];
  const args = fixture.openssh
    .clientArguments(server, settings)
    .map((word) => (word === `IdentityFile=${fixture.openssh.userKey.path}` ? `IdentityFile=${identity}` : word));
  const { stdout, stderr } = await runProgram(program, [...args, command], { env: { HOME: folder.path } });
  return { said: stdout.toString(), error: stderr };
}

const tryDsa = `
import sys, paramiko
host, port, user, path = sys.argv[1:]
transport = paramiko.Transport((host, int(port)))
transport.start_client()
try:
    transport.auth_publickey(user, paramiko.DSSKey.from_private_key_file(path))
    print('in')
except paramiko.SSHException as error:
    print(type(error).__name__)
transport.close()
`;

for (const { as, needs } of waysToRun) {
  describe(`keys of ML-DSA-44 and Ed25519 with sshd as ${as}`, needs, () => {
    test('such a host shows its key, and such a user is let in, where both lists name the algorithm', async () => {
      await using server = await start(as, { config: on.server, authorizedKeys: [userKey.publicLine] });
      const identity = userKey.path;
      const { said, error } = await logIn(server, { identity, config: on.client });
      assert.deepEqual([said, error], ['in\n', '']);
      await server.untilLog(/Accepted publickey for \S+ .* ssh2: MLDSA44-ED25519 SHA256:/);
      const rekeying = { config: [...on.client, 'RekeyLimit=64K'], command: 'head -c 300000 /dev/zero | wc -c' };
      assert.equal((await logIn(server, { identity, ...rekeying })).said.trim(), '300000');
      const scanned = await runProgram(ourProgram('ssh-keyscan'), [
        '-q',
        '-p',
        String(server.port),
        '-t',
        'mldsa44-ed25519',
        '127.0.0.1',
      ]);
      const shown = scanned.stdout.toString().trim().split(' ').slice(1);
      assert.deepEqual(shown, hostKey.publicLine.split(' ').slice(0, 2));
    });

    test('neither is of use where a list does not name it', async () => {
      await using closed = await start(as, { authorizedKeys: [userKey.publicLine] });
      const identity = userKey.path;
      const noHost = await logIn(closed, { identity, config: [`HostKeyAlgorithms=${algorithm}`] });
      assert.match(noHost.error, /no matching host key type found\. Their offer: ssh-ed25519/);
      const noUser = await logIn(closed, { identity, config: [`PubkeyAcceptedAlgorithms=${algorithm}`] });
      assert.match(noUser.error, /Permission denied \(publickey\)/);
      await using open = await start(as, { config: on.server, authorizedKeys: [userKey.publicLine] });
      assert.match((await logIn(open, { identity })).error, /Permission denied \(publickey\)/);
      const logs = [await closed.logOfConnections(), await open.logOfConnections()];
      assert.doesNotMatch(logs.join(''), /Accepted publickey/);
    });

    test('certificates of such keys and by them, and keys in an agent, are taken where lists name them', async () => {
      const path = folder.file(`certified-${as}`);
      await keygen(['-t', 'mldsa44-ed25519', '-N', '', '-f', path]);
      await keygen(['-s', authority.path, '-I', 'id', '-n', fixture.account.name, `${path}.pub`]);
      const trusted = await folder.write(`trusted-${as}`, `${authority.publicLine}\n`, 0o644);
      const trusting = [...on.server, `TrustedUserCAKeys ${trusted}`];
      await using strict = await start(as, { config: trusting });
      assert.match((await logIn(strict, { identity: path, config: on.client })).error, /Permission denied/);
      await strict.untilLog(/Certificate signed with disallowed algorithm/);
      const config = [...trusting, `CASignatureAlgorithms +${algorithm}`];
      await using server = await start(as, { config, authorizedKeys: [userKey.publicLine] });
      assert.equal((await logIn(server, { identity: path, config: on.client })).said, 'in\n');
      await server.untilLog(/ssh2: MLDSA44-ED25519-CERT SHA256:\S+ ID id .* CA MLDSA44-ED25519 SHA256:/);
      await using agent = await AgentFixture.start({
        module: import.meta.resolve('@sallyport/programs/ssh-agent/main'),
      });
      const added = await runProgram(ourProgram('ssh-add'), [path, userKey.path], { env: agent.env });
      assert.equal(added.code, 0, added.stderr);
      const listed = await runProgram(ourProgram('ssh-add'), ['-l'], { env: agent.env });
      assert.match(listed.stdout.toString(), /\(MLDSA44-ED25519-CERT\)\n[^]*\(MLDSA44-ED25519\)\n/);
      assert.equal((await runProgram(ourProgram('ssh-add'), ['-T', `${path}.pub`], { env: agent.env })).code, 0);
      assert.equal((await logIn(server, { agent: agent.path, config: on.client })).said, 'in\n');
    });
  });

  describe(`DSA keys with sshd as ${as}`, needs, () => {
    test('our ssh offers none, and our sshd takes none from others', async () => {
      const identity = await folder.write(`dsa-${as}`, dsaSample.privateFile, 0o600);
      await folder.write(`dsa-${as}.pub`, `${dsaSample.publicLine}\n`);
      await using server = await start(as, { authorizedKeys: [dsaSample.publicLine], config: ['LogLevel DEBUG1'] });
      const own = await logIn(server, { identity, config: ['LogLevel=DEBUG1'] });
      assert.match(own.error, /Permission denied \(publickey\)/);
      assert.doesNotMatch(own.error, /Offering public key/);
      const stock = { program: programPath('ssh'), config: ['PubkeyAcceptedAlgorithms=+ssh-dss', 'LogLevel=DEBUG1'] };
      assert.match((await logIn(server, { identity, ...stock })).error, /Permission denied \(publickey\)/);
      assert.doesNotMatch(await server.logOfConnections(2), /Accepted|Postponed publickey/);
    });

    test('our sshd refuses a client that tries one without asking what is taken', skipUnless('paramiko'), async () => {
      const file = await folder.write(`pem-${as}`, dsaSample.pem, 0o600);
      await using server = await start(as, { authorizedKeys: [dsaSample.publicLine] });
      const argv = ['-c', tryDsa, server.host, String(server.port), server.user, file];
      const { stdout, stderr } = await runProgram('/usr/bin/python3', argv);
      assert.equal(stdout.toString().trim(), 'AuthenticationException', stderr);
      const log = await server.logOfConnections();
      assert.match(log, /Failed publickey for .* DSA SHA256:/);
      assert.doesNotMatch(log, /Accepted|Postponed publickey/);
    });
  });
}

test('files are signed and verified with such a key, and a changed one is not', async () => {
  const file = await folder.write('document', 'some words');
  await keygen(['-Y', 'sign', '-n', 'file', '-f', userKey.path, file]);
  const allowed = await folder.write('allowed', `me ${userKey.publicLine}\n`);
  const verify = ['-Y', 'verify', '-n', 'file', '-I', 'me', '-f', allowed, '-s', `${file}.sig`];
  const { stdout } = await runProgram(ourProgram('ssh-keygen'), verify, { input: 'some words' });
  assert.match(stdout.toString(), /^Good "file" signature for me with MLDSA44-ED25519 key SHA256:/);
  assert.equal((await runProgram(ourProgram('ssh-keygen'), verify, { input: 'other words' })).code, 255);
});

test('a key without a name goes where ssh looks for it', async () => {
  const made = await runProgram(ourProgram('ssh-keygen'), ['-t', 'mldsa44-ed25519', '-N', ''], {
    input: '\n',
    env: { HOME: folder.path },
  });
  assert.match(made.stdout.toString(), /\.ssh\/id_mldsa44_ed25519\)/);
});
