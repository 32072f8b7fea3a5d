// scp over SSH: our program and the stock one, each as client and as the server's end, in both protocols; hosts to
// hosts; URIs and patterns; and what a terminal shows.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { dirname } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { ProgramResult, StockServer } from '@sallyport/testing';
import { ourProgram, ownAccount, programPath, runProgram, skipUnless } from '@sallyport/testing';
import { SeededRandom } from '@sallyport/testing/seeded-random';
import { ourSshd, SshdFixture } from './sshd-fixture.ts';
import { TmuxTerminal } from './tmux-terminal.ts';

const ours = ourProgram('scp');
const needed = skipUnless('openssh-server', 'openssh-client');
const data = new SeededRandom(11).bytes(1_500_000);

const fixture = await SshdFixture.create();
after(() => fixture[Symbol.asyncDispose]());

/** What scp is told to reach a server, but for the host. */
function optionsFor({ port, knownHosts }: StockServer): readonly string[] {
  const settings = ['BatchMode=yes', 'IdentitiesOnly=yes', 'IdentityAgent=none', `UserKnownHostsFile=${knownHosts}`];
  return [
    '-F',
    '/dev/null',
    '-P',
    String(port),
    '-i',
    fixture.openssh.userKey.path,
    ...settings.flatMap((one) => ['-o', one]),
  ];
}

const hostOf = ({ user, host }: StockServer): string => `${user}@${host}`;

/** Paths, types, modes and contents below a folder. */
function treeOf(folder: string): readonly string[] {
  return (fs.readdirSync(Buffer.from(folder), { encoding: 'buffer', recursive: false }) as Buffer[])
    .map((name) => name.toString('latin1'))
    .sort()
    .flatMap((name) => {
      const path = Buffer.from(`${folder}/${name}`, 'latin1');
      const status = fs.statSync(path);
      const bits = (status.mode & 0o777).toString(8);
      if (status.isDirectory())
        return [`${name}/ ${bits}`, ...treeOf(path.toString('latin1')).map((one) => `${name}/${one}`)];
      return [`${name} ${bits} ${createHash('sha256').update(fs.readFileSync(path)).digest('hex')}`];
    });
}

function makeTree(folder: string): void {
  fs.mkdirSync(`${folder}/sub/deeper`, { recursive: true });
  fs.writeFileSync(`${folder}/big`, data);
  for (const name of ['empty', '-rf', 'a b', "it's", '$HOME', 'star*']) fs.writeFileSync(`${folder}/${name}`, name);
  fs.writeFileSync(`${folder}/empty`, '');
  fs.writeFileSync(Buffer.from(`${folder}/sub/caf\xe9`, 'latin1'), 'no UTF-8');
  for (let i = 0; i < 60; i++) fs.writeFileSync(`${folder}/sub/deeper/f${i}`, data.subarray(i, i + 5_000));
  fs.chmodSync(`${folder}/-rf`, 0o600);
}

const clients = { ours, stock: needed.skip === false ? programPath('scp') : ours };
const servers = { ours: ourSshd, stock: undefined };
const well = { code: 0, stderr: '' };
const outcome = ({ code, stderr }: ProgramResult): object => ({ code, stderr });

for (const [serverName, program] of Object.entries(servers)) {
  describe(`scp with ${serverName} sshd`, needed, () => {
    let server: StockServer;
    let work: string;
    before(async () => {
      // The scp that sshd finds first is the one beside it.
      const path = program === undefined ? '/usr/bin:/bin' : `${dirname(ours)}:/usr/bin:/bin`;
      server = await fixture.openssh.startServer({
        ...(program === undefined ? {} : { program }),
        user: ownAccount().name,
        config: [`SetEnv PATH=${path}`, 'MaxStartups 100'],
      });
      work = fs.mkdtempSync(`${fixture.openssh.folder.path}/scp-`);
      makeTree(`${work}/tree`);
    });
    after(() => server?.end());

    for (const [clientName, client] of Object.entries(clients)) {
      for (const protocol of ['SFTP', 'the old protocol'] as const) {
        if (clientName === 'stock' && serverName === 'stock') continue;
        const flags = protocol === 'SFTP' ? ['-s'] : ['-O'];
        const run = (...argv: readonly string[]): Promise<ProgramResult> =>
          runProgram(client, [...flags, ...optionsFor(server), ...argv], { cwd: work });

        test(`a tree goes up and down whole with ${clientName} scp and ${protocol}`, async () => {
          const name = `${clientName}-${flags.join('')}`;
          const up = await run('-rp', 'tree', `${hostOf(server)}:${work}/${name}-up`);
          assert.deepEqual(outcome(up), well);
          assert.deepEqual(treeOf(`${work}/${name}-up`), treeOf(`${work}/tree`));
          const down = await run('-rp', `${hostOf(server)}:${work}/${name}-up`, `${name}-down`);
          assert.deepEqual(outcome(down), well);
          assert.deepEqual(treeOf(`${work}/${name}-down`), treeOf(`${work}/tree`));
        });
      }
    }

    for (const flags of [['-s'], ['-O']]) {
      const run = (...argv: readonly string[]): Promise<ProgramResult> =>
        runProgram(ours, [...flags, ...optionsFor(server), ...argv], { cwd: work });

      test(`patterns, several sources and URIs, with ${flags.join()}`, async () => {
        const target = fs.mkdtempSync(`${work}/to-`);
        const host = hostOf(server);
        assert.deepEqual(
          outcome(await run(`${host}:${work}/tree/sub/deeper/f[1-3]`, `${host}:${work}/tree/big`, target)),
          well,
        );
        assert.deepEqual(fs.readdirSync(target).sort(), ['big', 'f1', 'f2', 'f3']);
        const uri = `scp://${host}:${server.port}/${target}/by-uri`;
        assert.deepEqual(outcome(await run('tree/big', uri)), well);
        assert.deepEqual(fs.readFileSync(`${target}/by-uri`), Buffer.from(data));
        assert.deepEqual(outcome(await run(uri, `${target}/back`)), well);
        assert.deepEqual(fs.readFileSync(`${target}/back`), Buffer.from(data));
      });

      test(`a tree goes from host to host through us, with ${flags.join()}`, async () => {
        const target = fs.mkdtempSync(`${work}/over-`);
        const host = hostOf(server);
        assert.deepEqual(outcome(await run('-rp', `${host}:${work}/tree`, `${host}:${target}/copy`)), well);
        assert.deepEqual(treeOf(`${target}/copy`), treeOf(`${work}/tree`));
      });

      test(`what is not there fails with status 1, and so does a login that fails, with ${flags.join()}`, async () => {
        const missing = await run(`${hostOf(server)}:${work}/missing`, '.');
        assert.deepEqual(outcome(missing), { code: 1, stderr: `scp: ${work}/missing: No such file or directory\n` });
        const refused = await run(`nobody-here@${server.host}:x`, '.');
        assert.equal(refused.code, flags.includes('-s') ? 255 : 1);
        assert.match(refused.stderr, /nobody-here@127\.0\.0\.1: Permission denied \(publickey/);
      });
    }

    test('-R has the host of the source copy to the other one', async () => {
      // The ssh over there is not ours to configure: a program in its place shows what would be run.
      const script = await fixture.openssh.folder.write('show', '#!/bin/sh\nprintf "%s\\n" "$@"\n', 0o755);
      const argv = ['-R', '-r', '-p', '-S', script, '-o', 'A=b', 'u@one:x y', 'v@two:z'];
      const { stdout, code } = await runProgram(ours, argv);
      assert.equal(code, 0);
      const words = [
        '-x',
        '-oClearAllForwardings=yes',
        '-n',
        '-o',
        'A=b',
        '-l',
        'u',
        '--',
        'one',
        'scp -r -p x y v@two:z',
        '',
      ];
      assert.deepEqual(stdout.toString().split('\n'), words);
    });
  });
}

test(
  'On a terminal each file has its line, as wide as the terminal; -q and a pipe have none',
  skipUnless('tmux', 'openssh-sftp-server'),
  async () => {
    const folder = fs.mkdtempSync(`${fixture.openssh.folder.path}/meter-`);
    fs.writeFileSync(`${folder}/a file`, data);
    fs.writeFileSync(`${folder}/\x1b[31mred`, data);
    await using terminal = await TmuxTerminal.create({ columns: 60, rows: 20 }, { LC_ALL: 'C.UTF-8' });
    const copy = `${ours} -D /usr/lib/openssh/sftp-server`;
    const enter = (line: string): void => {
      terminal.type(line);
      terminal.press('Enter');
    };
    enter(`PS1='> '; cd ${folder} && mkdir to && clear`);
    await terminal.until(/^> *$/m);
    enter(`${copy} -r h:${folder} to/all; echo done 1`);
    await terminal.until(/^done 1$/m);
    const seen = await terminal.until(/^a file {19} 100% 1465KB +[0-9.]+[KMG]B\/s +\d\d:\d\d *$/m);
    assert.ok(seen !== undefined);
    await terminal.until(/^\\033\[31mred {14} 100% 1465KB +[0-9.]+[KMG]B\/s +\d\d:\d\d *$/m);
    enter(`${copy} -q 'h:${folder}/a file' to/q; ${copy} 'h:${folder}/a file' to/p | cat; echo done 2`);
    await terminal.until(/^done 2$/m);
    const screen = terminal.screen();
    assert.doesNotMatch(screen.slice(screen.indexOf('\ndone 1\n')), /\d% +\d+\S* +\S+\/s/);
  },
);
