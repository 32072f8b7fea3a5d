// Logins by hostbased authentication (RFC 4252 section 9), all the way: our ssh and the stock one, our sshd and the
// stock one, signatures by our service and by OpenSSH's set-user-ID helper. The files below /etc/ssh that they go by
// are ours for a mount namespace only.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { after, describe, test } from 'node:test';
import {
  findProgram,
  freePort,
  OpensshFixture,
  ourProgram,
  programPath,
  runProgram,
  TemporaryAccount,
} from '@sallyport/testing';

const bin = dirname(ourProgram('ssh'));
const stockHelper = '/usr/lib/openssh/ssh-keysign';

function whyNot(): string | undefined {
  if (process.getuid?.() !== 0) return 'not on this machine: root';
  for (const name of ['unshare', 'setpriv', 'sshd', 'ssh']) {
    if (findProgram(name) === undefined) return `not on this machine: ${name}`;
  }
  const isAllowed = spawnSync('unshare', ['--mount', 'true']).status === 0;
  return isAllowed ? undefined : 'mount namespaces are not allowed here';
}

const missing = whyNot();
if (missing !== undefined) process.stderr.write(`skipped: ${missing}\n`);
const needs = { skip: missing ?? false };

type Side = 'ours' | 'stock';

interface Login {
  readonly ssh: Side;
  readonly sshd: Side;
  /** Who signs; `relay`: our ssh-keysign as the helper of an ssh. */
  readonly signer: 'service' | 'stock helper' | 'relay';
  /** Instead of `EnableSSHKeysign yes`. */
  readonly systemConfig?: string;
  readonly client?: readonly string[];
  readonly server?: readonly string[];
  /** Commands of the shell before anything starts, in the folder that will be /etc/ssh. */
  readonly prepare?: string;
}

interface Outcome {
  readonly said: string;
  readonly stderr: string;
  readonly serverLog: string;
  readonly serviceLog: string;
}

/** $1 the folder for /etc/ssh, $2 sshd, $3 ssh-keysign or nothing, $4 the uid to be, the rest is what it runs. */
const script = `
set -e
etc=$1; sshd=$2; service=$3; uid=$4; shift 4
mount --make-rprivate /
mount --bind "$etc" /etc/ssh
if [ -n "$RELAY" ]; then mount --bind "$RELAY" ${stockHelper}; fi
"$sshd" -D -e -f "$etc/sshd_config" 2>"$etc/../sshd.log" &
pids=$!
if [ -n "$service" ]; then
  "$service" -D -e -s "$SOCKET" 2>"$etc/../service.log" & pids="$pids $!"
fi
for try in $(seq 600); do
  if grep -qs 'Server listening' "$etc/../sshd.log" && { [ -z "$service" ] ||
    grep -qs 'listening on' "$etc/../service.log"; }; then break; fi
  sleep 0.05
done
set +e
setpriv --reuid "$uid" --regid "$uid" --clear-groups "$@"
status=$?
kill $pids
wait
exit $status
`;

describe('hostbased logins of programs', needs, async () => {
  if (missing !== undefined) return;
  const openssh = await OpensshFixture.create();
  const account = await TemporaryAccount.create();
  after(async () => {
    await openssh[Symbol.asyncDispose]();
    await account[Symbol.asyncDispose]();
  });
  let count = 0;

  async function prepareFolder(login: Login, port: number): Promise<string> {
    const root = openssh.folder.file(`login-${++count}`);
    const etc = `${root}/etc`;
    await mkdir(etc, { recursive: true });
    const known: string[] = [];
    for (const type of ['ed25519', 'ecdsa-256', 'rsa-2048'] as const) {
      const key = await openssh.key(type, `machine-${type}`);
      const name = `ssh_host_${type.split('-', 1)[0] ?? ''}_key`;
      await cp(key.path, `${etc}/${name}`);
      await cp(`${key.path}.pub`, `${etc}/${name}.pub`);
      known.push(`localhost,[localhost]:${port} ${key.publicLine}\n`);
    }
    const server = [
      ...(login.server ?? []),
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      'HostKey /etc/ssh/ssh_host_ed25519_key',
      'HostbasedAuthentication yes',
      'HostbasedUsesNameFromPacketOnly yes',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'PidFile none',
      'LogLevel VERBOSE',
      '',
    ];
    await writeFile(`${etc}/sshd_config`, server.join('\n'));
    await writeFile(`${etc}/ssh_config`, login.systemConfig ?? 'EnableSSHKeysign yes\n');
    await writeFile(`${etc}/ssh_known_hosts`, known.join(''));
    await writeFile(`${etc}/shosts.equiv`, 'localhost\n');
    return root;
  }

  async function logIn(login: Login): Promise<Outcome> {
    const port = await freePort();
    const root = await prepareFolder(login, port);
    if (login.prepare !== undefined) await runProgram('/bin/sh', ['-e', '-c', login.prepare], { cwd: `${root}/etc` });
    const socket = `${root}/run/keysign.sock`;
    const ssh = login.ssh === 'ours' ? `${bin}/ssh` : programPath('ssh');
    const sshd = login.sshd === 'ours' ? `${bin}/sshd` : programPath('sshd');
    const service = login.signer === 'stock helper' ? '' : `${bin}/ssh-keysign`;
    const options = [
      ...(login.client ?? []),
      'HostbasedAuthentication=yes',
      'PreferredAuthentications=hostbased',
      'BatchMode=yes',
      'UserKnownHostsFile=/dev/null',
    ].flatMap((option) => ['-o', option]);
    const argv = [`${root}/etc`, sshd, service, `${account.uid}`];
    const client = [ssh, ...options, '-p', `${port}`, '-l', account.name, 'localhost', 'echo in'];
    const relay = login.signer === 'relay' ? `${bin}/sallyport` : '';
    const result = await runProgram(
      programPath('unshare'),
      ['--mount', '--fork', '--kill-child', '/bin/sh', '-c', script, 'sh', ...argv, ...client],
      { env: { HOME: account.home, SOCKET: socket, SSH_KEYSIGN_SOCKET: socket, RELAY: relay }, timeoutMs: 60_000 },
    );
    const log = async (name: string): Promise<string> =>
      (await runProgram('/bin/cat', [`${root}/${name}`])).stdout.toString();
    return {
      said: result.stdout.toString(),
      stderr: result.stderr,
      serverLog: await log('sshd.log'),
      serviceLog: await log('service.log'),
    };
  }

  const ways: readonly Login[] = [
    { ssh: 'ours', sshd: 'ours', signer: 'service' },
    { ssh: 'ours', sshd: 'stock', signer: 'service' },
    { ssh: 'ours', sshd: 'ours', signer: 'stock helper' },
    { ssh: 'ours', sshd: 'stock', signer: 'stock helper' },
    { ssh: 'stock', sshd: 'ours', signer: 'stock helper' },
    { ssh: 'stock', sshd: 'ours', signer: 'relay' },
    { ssh: 'stock', sshd: 'stock', signer: 'relay' },
  ];
  for (const way of ways) {
    test(`ssh: ${way.ssh}, sshd: ${way.sshd}, signed by: ${way.signer}`, async () => {
      const { said, stderr, serverLog, serviceLog } = await logIn(way);
      assert.equal(said, 'in\n', `${stderr}\n${serverLog}\n${serviceLog}`);
      assert.match(
        serverLog,
        new RegExp(`Accepted hostbased for ${account.name} from 127\\.0\\.0\\.1 .* ED25519 SHA256:`),
      );
      const signed = new RegExp(`signed for user ${account.name} \\(uid ${account.uid}\\) with ED25519 SHA256:`);
      if (way.signer !== 'stock helper') assert.match(serviceLog, signed);
    });
  }

  const both = { ssh: 'ours', sshd: 'ours', signer: 'service' } as const;

  test('every key is tried until the server takes one, by HostbasedAcceptedAlgorithms', async () => {
    const server = ['HostbasedAcceptedAlgorithms rsa-sha2-256,rsa-sha2-512'];
    const { said, serverLog, stderr } = await logIn({ ...both, server });
    assert.equal(said, 'in\n', stderr);
    assert.match(serverLog, /Accepted hostbased for .* RSA SHA256:/);
    const client = ['HostbasedAcceptedAlgorithms=ecdsa-sha2-nistp256'];
    const chosen = await logIn({ ...both, client });
    assert.match(chosen.serverLog, /Accepted hostbased for .* ECDSA SHA256:/);
    const none = await logIn({ ...both, client: ['HostbasedAcceptedAlgorithms=ecdsa-sha2-nistp521'] });
    assert.match(none.stderr, /no local host key fits HostbasedAcceptedAlgorithms/);
  });

  test('a certificate of the host goes before its keys', async () => {
    const sign =
      'ssh-keygen -q -t ed25519 -N "" -f ca && ssh-keygen -q -s ca -I h -h -n localhost ssh_host_ed25519_key.pub';
    const trust = 'echo "@cert-authority * $(cat ca.pub)" > ssh_known_hosts';
    for (const sshd of ['ours', 'stock'] as const) {
      const server = ['HostCertificate /etc/ssh/ssh_host_ed25519_key-cert.pub'];
      const { said, serverLog, stderr } = await logIn({ ...both, sshd, server, prepare: `${sign} && ${trust}` });
      assert.equal(said, 'in\n', `${stderr}\n${serverLog}`);
      assert.match(serverLog, /Accepted hostbased for .* ED25519-CERT SHA256:/);
    }
  });

  test('through a proxy command the host goes by its own name', async () => {
    const client = ['ProxyCommand=nc 127.0.0.1 %p'];
    const prepare = 'sed -i "s/^localhost,/localhost,$(hostname),/" ssh_known_hosts; hostname > shosts.equiv';
    for (const signer of ['service', 'stock helper'] as const) {
      const { said, stderr, serverLog } = await logIn({ ...both, signer, client, prepare });
      assert.equal(said, 'in\n', `${stderr}\n${serverLog}`);
    }
  });

  const failures: readonly (readonly [string, Partial<Login>, RegExp])[] = [
    ['while it is not enabled', { systemConfig: '' }, /failed: ssh-keysign not enabled in \/etc\/ssh\/ssh_config/],
    ['without public host keys', { prepare: 'rm *.pub' }, /no local public host keys could be loaded from \/etc\/ssh/],
    ['without private host keys', { prepare: 'rm ssh_host_rsa_key' }, /ssh-rsa SHA256:\S+ failed: no matching hostkey/],
    [
      'while the helper does not sign',
      { signer: 'stock helper', systemConfig: '' },
      /ssh-keysign not enabled in [^]*did not sign/,
    ],
    [
      'while the client does not want it',
      { client: ['HostbasedAuthentication=no'] },
      /Permission denied \(.*hostbased/,
    ],
  ];
  for (const [what, how, message] of failures) {
    test(`there is no login ${what}, and the user hears why`, async () => {
      const server = ['HostbasedAcceptedAlgorithms rsa-sha2-512'];
      const { said, stderr } = await logIn({ ...both, server, ...how });
      assert.equal(said, '');
      assert.match(stderr, message);
      assert.match(stderr, /Permission denied/);
    });
  }
});
