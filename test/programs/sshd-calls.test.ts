// Calls of sshd that print or refuse and serve nobody: -t, -T, -G, -V, wrong options, wrong configurations, with the
// exit statuses; and that what -o restricts adds to what the file restricts. Where the stock sshd is installed it is
// called in the same way and has to answer the same.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { findProgram, runProgram } from '@sallyport/testing';
import { ourSshd, SshdFixture, waysToRun } from './sshd-fixture.ts';

const fixture = await SshdFixture.create();
after(() => fixture[Symbol.asyncDispose]());

const restrictions = [
  ...['AllowUsers one two', 'DenyUsers three', 'AllowGroups four', 'DenyGroups five', 'AcceptEnv A', 'Port 2201'],
  ...['ListenAddress 127.0.0.1', 'Match User matched', 'DenyUsers six'],
];

const files: Readonly<Record<string, readonly string[]>> = {
  good: [],
  restricting: restrictions,
  'unknown-keyword': ['Bogus 1', 'Bogus 2'],
  'bad-value': ['Port x'],
  'bad-number': ['MaxAuthTries many'],
  'bad-match': ['Match Nothing x', 'Banner none'],
  'global-in-match': ['Match User x', 'Port 1'],
  'no-such-name': ['ListenAddress name.invalid'],
  named: ['ListenAddress localhost'],
};

/** File, arguments after it, exit status, start of what is said. */
const refused = [
  ['unknown-keyword', '-t', 255, 'FILE: line 2: Bad configuration option: Bogus\r\nFILE: line 3: Bad conf'],
  ['bad-value', '-t', 255, 'FILE line 2: Badly formatted port number.\r\n'],
  ['bad-number', '-t', 255, 'FILE line 2: MaxAuthTries integer value invalid.\r\n'],
  ['bad-match', '-t', 255, 'Unsupported Match attribute Nothing\r\nFILE line 2: Bad Match condition\r\n'],
  ['global-in-match', '-t', 255, "FILE line 3: Directive 'Port' is not allowed within a Match block\r\n"],
  ['no-such-name', '-t', 255, 'bad addr or host: name.invalid ('],
  ['missing', '-t', 1, 'FILE: No such file or directory'],
  ['good', '-t -o Bogus=1', 1, 'command-line: line 0: Bad configuration option: Bogus\r\n'],
  ['good', '-t -o Port=x', 255, 'command-line line 0: Badly formatted port number.\r\n'],
  ['good', '-t -p 0', 1, 'Bad port number.\n'],
  ['good', '-t -g soon', 1, 'Invalid login grace time.\n'],
  ['good', '-t -C user', 1, 'Invalid test mode specification user\n'],
  ['good', '-t -C shoe=4', 1, 'Invalid test mode specification shoe=4\n'],
  ['good', '-t more', 1, 'Extra argument more.\n'],
  ['named', '-t', 0, ''],
  ['good', '-t', 0, ''],
] as const;

/** Ours, and the stock one where it can be compared: it needs a folder that only a service or root makes. */
async function programs(): Promise<string[]> {
  const stock = findProgram('sshd');
  if (stock === undefined) return [ourSshd];
  const { code, stderr } = await runProgram(stock, ['-t', '-f', fixture.openssh.folder.file('good')]);
  if (code === 0) return [ourSshd, stock];
  process.stderr.write(`not compared with ${stock}: ${stderr}`);
  return [ourSshd];
}

async function call(program: string, file: string, rest: string): Promise<{ code: number | undefined; said: string }> {
  const path = fixture.openssh.folder.file(file);
  const args = ['-f', path, ...rest.split(' ')];
  const { code, stderr, stdout } = await runProgram(program, args);
  return { code, said: (stderr + stdout.toString()).replaceAll(path, 'FILE') };
}

describe('calls of sshd that serve nobody', () => {
  let asked: string[] = [];

  before(async () => {
    const { path } = await fixture.openssh.key('ed25519');
    for (const [name, lines] of Object.entries(files)) {
      await fixture.openssh.folder.write(name, [`HostKey ${path}`, ...lines, ''].join('\n'), 0o644);
    }
    asked = await programs();
  });

  for (const [file, rest, status, start] of refused) {
    test(`sshd -f ${file} ${rest} ends with ${status}`, async () => {
      for (const program of asked) {
        const { code, said } = await call(program, file, rest);
        assert.deepEqual({ program, code, said: said.slice(0, start.length) }, { program, code: status, said: start });
      }
    });
  }

  test('-o adds to AllowUsers, DenyUsers, AllowGroups, DenyGroups and their like of the file', async () => {
    const rest = '-T -o AllowUsers=a -o DenyUsers=b -o DenyUsers=c -o AllowGroups=d -o DenyGroups=e -o AcceptEnv=F';
    const wanted = [
      ...['acceptenv A', 'acceptenv F', 'allowgroups d', 'allowgroups four'],
      ...['allowusers a', 'allowusers one', 'allowusers two'],
      ...['denygroups e', 'denygroups five', 'denyusers b', 'denyusers c', 'denyusers three'],
    ];
    for (const program of asked) {
      const { said } = await call(program, 'restricting', rest);
      const shown = said.split('\n').filter((line) => /^(?:allow|deny)(?:users|groups)|^acceptenv/.test(line));
      assert.deepEqual({ program, shown: shown.sort() }, { program, shown: wanted });
    }
  });

  test('what a Match block says stands in place of what -o and the file say', async () => {
    for (const program of asked) {
      const { said } = await call(program, 'restricting', '-T -o DenyUsers=b -C user=matched');
      const shown = said.split('\n').filter((line) => line.startsWith('denyusers'));
      assert.deepEqual({ program, shown }, { program, shown: ['denyusers six'] });
    }
  });

  test('-p stands in place of the Port lines after it and of files', async () => {
    for (const program of asked) {
      const { said } = await call(program, 'restricting', '-T -o Port=2202 -p 2203 -o Port=2204 -p 2205');
      const shown = said.split('\n').filter((line) => line.startsWith('port '));
      assert.deepEqual({ program, shown }, { program, shown: ['port 2202', 'port 2203', 'port 2205'] });
    }
  });

  test('-T needs a host key, -G does not, and -V says the version alone', async () => {
    await fixture.openssh.folder.write('no-key', 'HostKey /nonexistent/key\nBanner /b\n', 0o644);
    const checked = await call(ourSshd, 'no-key', '-T');
    assert.equal(checked.code, 1);
    assert.match(checked.said, /sshd: no hostkeys available -- exiting\.\r\n$/);
    const unchecked = await call(ourSshd, 'no-key', '-G');
    assert.equal(unchecked.code, 0);
    assert.match(unchecked.said, /^banner \/b$/m);
    const version = await runProgram(ourSshd, ['-V']);
    assert.equal(version.code, 0);
    assert.match(version.stderr, /^OpenSSH_10\.5p1 Sallyport \S+, .+\n$/);
  });

  test('an unknown option is followed by the usage', async () => {
    const { code, said } = await call(ourSshd, 'good', '-Z');
    assert.equal(code, 1);
    assert.match(said, /^unknown option -- Z\r?\nOpenSSH_10\.5p1 .*\nusage: sshd \[/);
  });
});

for (const { as, needs } of waysToRun) {
  test(`a DenyUsers of -o does not lift the one of the file, as ${as}`, needs, async () => {
    const { name } = fixture.account;
    const config = [`DenyUsers ${name}`];
    await using server = await fixture.start(as, { config, args: ['-o', 'DenyUsers=somebody-else'] });
    assert.equal((await fixture.ssh(server, ['true'])).code, 255);
    await server.untilLog(new RegExp(`User ${name} from 127\\.0\\.0\\.1 not allowed because listed in DenyUsers`));
  });
}
