// ProxyJump: our ssh, scp and sftp go through servers of both makers to a third one, by -J and by the configuration;
// and what is said when a jump host does not let us through.

import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { after, before, describe, test } from 'node:test';
import type { ProgramResult, StockServer } from '@sallyport/testing';
import { ourProgram, runProgram, skipUnless } from '@sallyport/testing';
import { SshdFixture } from './sshd-fixture.ts';

// As from OpenSSH: the way ends before the server has said who it is.
const closedEarly = `kex_exchange_identification: Connection closed by remote host
Connection closed by UNKNOWN port 65535
`;

const fixture = await SshdFixture.create();
after(() => fixture[Symbol.asyncDispose]());

describe('ssh through other hosts', skipUnless('openssh-server', 'openssh-client'), () => {
  const servers: StockServer[] = [];
  let config: string;

  before(async () => {
    servers.push(await fixture.start('account'), await fixture.openssh.startServer(), await fixture.start('account'));
    config = fixture.openssh.folder.file('jump-config');
    const hosts = ['first', 'second', 'last'].map((name, index) => {
      const { host, port, user, knownHosts } = servers[index] as StockServer;
      return `Host ${name}\n Hostname ${host}\n Port ${port}\n User ${user}\n UserKnownHostsFile ${knownHosts}\n`;
    });
    const identity = `IdentityFile ${fixture.openssh.userKey.path}\nIdentitiesOnly yes\n`;
    const common = `${identity}IdentityAgent none\nBatchMode yes\n`;
    fs.writeFileSync(config, `${hosts.join('')}Host *\n${common}`);
  });

  const run = (name: string, args: readonly string[]): Promise<ProgramResult> =>
    runProgram(ourProgram(name), ['-F', config, ...args], { timeoutMs: 60_000 });

  test('-J takes one jump host or several, in their order', async () => {
    for (const jumps of ['first', 'second,first', 'first,second']) {
      const { stdout, stderr, code } = await run('ssh', ['-J', jumps, 'last', 'cat; echo $SSH_CONNECTION; exit 7']);
      assert.equal(stderr, '');
      assert.equal(code, 7);
      assert.match(stdout.toString(), new RegExp(` ${(servers[2] as StockServer).port}\n$`));
    }
  });

  test('a jump host may be a URI with a user and a port, and known hosts are asked for each', async () => {
    const { host, port, user, knownHosts } = servers[1] as StockServer;
    const jump = `ssh://${user}@${host}:${port}`;
    const refused = await run('ssh', ['-o', 'BatchMode=yes', '-J', jump, 'last', 'true']);
    assert.equal(refused.code, 255);
    const said = `Host key verification failed.\n${closedEarly}`;
    assert.equal(refused.stderr.replaceAll('\r', ''), said);
    fs.appendFileSync(config, `UserKnownHostsFile ${knownHosts}\n`);
    assert.equal((await run('ssh', ['-J', jump, 'last', 'true'])).code, 0);
  });

  test('scp and sftp go the same way, and ProxyJump in the configuration is as good as -J', async () => {
    const source = fixture.openssh.folder.file('source');
    fs.writeFileSync(source, 'by way of others');
    const target = fixture.openssh.folder.file('target');
    const copied = await run('scp', ['-q', '-J', 'first', `last:${source}`, target]);
    assert.deepEqual([copied.stderr, copied.code], ['', 0]);
    assert.equal(fs.readFileSync(target, 'utf8'), 'by way of others');
    const batch = fixture.openssh.folder.file('batch');
    fs.writeFileSync(batch, `get ${source} ${target}-2\n`);
    const fetched = await run('sftp', ['-q', '-o', 'ProxyJump=second', '-b', batch, 'last']);
    assert.equal(fetched.code, 0, fetched.stderr);
    assert.equal(fs.readFileSync(`${target}-2`, 'utf8'), 'by way of others');
  });

  test('a jump host that cannot be reached ends ssh with 255, and ProxyCommand excludes -J', async () => {
    const unreachable = await run('ssh', ['-J', '127.0.0.1:1', 'last', 'true']);
    assert.equal(unreachable.code, 255);
    assert.match(unreachable.stderr, /^ssh: connect to host 127\.0\.0\.1 port 1: Connection refused\r?\n/);
    const both = await run('ssh', ['-o', 'ProxyCommand=cat', '-J', 'first', 'last', 'true']);
    assert.deepEqual([both.code, both.stderr.trim()], [255, 'Cannot specify -J with ProxyCommand']);
  });

  test('-v says what the jump is, and is handed on', async () => {
    const { stderr } = await run('ssh', ['-v', '-J', 'second,first', 'last', 'true']);
    const said = `debug1: Setting implicit ProxyCommand from ProxyJump: ssh -J second -F ${config} -v -W [127.0.0.1]:`;
    assert.ok(stderr.includes(said), stderr);
    assert.equal(stderr.match(/^OpenSSH_10\.5/gm)?.length, 3);
  });
});
