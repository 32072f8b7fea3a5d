// Hostbased logins (RFC 4252 section 9): a host vouches for its user, by a client of asyncssh that has the host's key.
// The account's own lists are used, since those of the system are not for tests to write.

import assert from 'node:assert/strict';
import { chown, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { StockServer } from '@sallyport/testing';
import { runProgram, skipUnless } from '@sallyport/testing';
import { SshdFixture } from './sshd-fixture.ts';

const fixture = await SshdFixture.create();
after(() => fixture[Symbol.asyncDispose]());
const { account } = fixture;

const script = `
import asyncio, sys, asyncssh
port, user, key, host, client_user = sys.argv[1:6]
async def main():
    async with asyncssh.connect('127.0.0.1', int(port), username=user, known_hosts=None, config=None, client_keys=None,
                                agent_path=None, preferred_auth='hostbased', client_host_keys=[key],
                                client_host=host, client_username=client_user) as connection:
        print((await connection.run('echo in')).stdout, end='')
try:
    asyncio.run(main())
except asyncssh.PermissionDenied:
    print('denied')
`;

interface Case {
  readonly shosts?: string;
  readonly knownHosts?: string;
  readonly host?: string;
  readonly clientUser?: string;
  readonly key?: string;
  readonly config?: readonly string[];
}

describe('hostbased logins', skipUnless('root', 'asyncssh', 'openssh-client'), async () => {
  const host = await fixture.openssh.key('ed25519', 'client-host');
  const other = await fixture.openssh.key('ed25519', 'other-client-host');
  const trusting = ['HostbasedAuthentication yes', 'IgnoreRhosts no', 'HostbasedUsesNameFromPacketOnly yes'];

  async function own(name: string, text: string, mode = 0o600): Promise<void> {
    const path = join(account.home, name);
    await writeFile(path, text, { mode });
    await chown(path, account.uid, account.gid);
    await runProgram('/bin/chmod', [mode.toString(8), path]);
  }

  async function attempt(server: StockServer, how: Case): Promise<string> {
    const { clientUser = account.name, key = host.path } = how;
    const args = [
      '-W',
      'ignore',
      '-c',
      script,
      String(server.port),
      account.name,
      key,
      how.host ?? 'client.test',
      clientUser,
    ];
    const { stdout, stderr } = await runProgram('/usr/bin/python3', args, {
      env: { HOME: fixture.openssh.folder.path },
    });
    return stdout.toString() + (stdout.length === 0 ? stderr : '');
  }

  async function login(how: Case): Promise<{ readonly said: string; readonly log: string }> {
    const { shosts = 'client.test\n', knownHosts = `client.test ${host.publicLine}\n` } = how;
    await mkdir(join(account.home, '.ssh'), { recursive: true });
    await chown(join(account.home, '.ssh'), account.uid, account.gid);
    await own('.shosts', shosts);
    await own('.ssh/known_hosts', knownHosts);
    await using server = await fixture.start('root', { config: [...(how.config ?? []), ...trusting] });
    const said = await attempt(server, how);
    return { said, log: await server.logOfConnections() };
  }

  test('a host that is listed and known vouches for its user, and the log names both', async () => {
    const { said, log } = await login({});
    assert.equal(said, 'in\n', log);
    const { name } = account;
    const client = `client user "${name}", client host "client\\.test\\.?"`;
    assert.match(
      log,
      new RegExp(`Accepted hostbased for ${name} from 127\\.0\\.0\\.1 port \\d+ ssh2: ED25519 SHA256:\\S+, ${client}`),
    );
  });

  const refusals: readonly (readonly [string, Case])[] = [
    ['that is not listed', { shosts: 'elsewhere.test\n' }],
    ['whose user is another', { clientUser: 'somebody' }],
    ['that is listed by a wildcard', { shosts: '+ +\n' }],
    ['that is not known', { knownHosts: '' }],
    ['that is known by another key', { knownHosts: `client.test ${other.publicLine}\n` }],
    ['whose key is revoked', { knownHosts: `client.test ${host.publicLine}\n@revoked * ${host.publicLine}\n` }],
    ['that has another key', { key: other.path }],
    ['while IgnoreRhosts is yes', { config: ['IgnoreRhosts yes'] }],
    ['while IgnoreUserKnownHosts is yes', { config: ['IgnoreUserKnownHosts yes'] }],
    ['while HostbasedAcceptedAlgorithms has not its own', { config: ['HostbasedAcceptedAlgorithms rsa-sha2-512'] }],
    ['while its name is taken from its address', { config: ['HostbasedUsesNameFromPacketOnly no'] }],
    ['while the method is off', { config: ['HostbasedAuthentication no'] }],
  ];
  for (const [what, how] of refusals) {
    test(`a host ${what} does not`, async () => {
      const { said, log } = await login(how);
      assert.equal(said, 'denied\n', log);
      assert.doesNotMatch(log, /Accepted hostbased/);
    });
  }

  test('lists that others can write do not count', async () => {
    await login({});
    await own('.shosts', 'client.test\n', 0o666);
    await using server = await fixture.start('root', { config: ['StrictModes yes', ...trusting] });
    assert.equal(await attempt(server, {}), 'denied\n');
    await server.untilLog(/bad ownership or modes for file \S+\.shosts/);
    await rm(join(account.home, '.shosts'));
  });

  test('a host by its address vouches where names are not taken from the client', async () => {
    const byAddress = { shosts: '127.0.0.1\n', knownHosts: `127.0.0.1 ${host.publicLine}\n` };
    const { said, log } = await login({ ...byAddress, config: ['HostbasedUsesNameFromPacketOnly no'] });
    assert.equal(said, 'in\n', log);
    assert.match(
      log,
      /userauth_hostbased mismatch: client sends client\.test, but we resolve 127\.0\.0\.1 to 127\.0\.0\.1/,
    );
  });
});
