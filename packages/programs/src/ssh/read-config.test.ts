import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import { ConfigFailure } from './config-files.ts';
import { parseArguments } from './options.ts';
import type { ConnectionPlan } from './read-config.ts';
import { readConfig } from './read-config.ts';
import type { Surroundings } from './surroundings.ts';
import { ownSurroundings } from './surroundings.ts';

interface Home {
  readonly folder: TemporaryFolder;
  readonly surroundings: Surroundings;
  readonly logged: string[];
  readonly write: (name: string, text: string, mode?: number) => void;
  readonly read: (line: string) => ConnectionPlan;
}

async function home(environment: Surroundings['environment'] = {}): Promise<Home> {
  const folder = await TemporaryFolder.create();
  const logged: string[] = [];
  const surroundings: Surroundings = {
    user: 'me',
    uid: process.getuid?.() ?? 0,
    home: folder.file('home'),
    homeOf: (user) => (user === 'bob' ? '/home/bob' : undefined),
    hostName: 'desk.example.org',
    environment,
    sha1: (text) => createHash('sha1').update(text).digest('hex'),
    systemFolder: folder.file('etc'),
  };
  const write = (name: string, text: string, mode = 0o600): void => {
    const path = folder.file(name);
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    writeFileSync(path, text);
    chmodSync(path, mode);
  };
  const read = (line: string): ConnectionPlan =>
    readConfig({ invocation: parseArguments(line.split(' ')), surroundings, log: (_level, text) => logged.push(text) });
  return { folder, surroundings, logged, write, read };
}

test("the user's file comes before the system's, and both are read", async () => {
  const { folder, write, read, logged } = await home();
  await using _ = folder;
  write('home/.ssh/config', 'Host short\nHostname Long.Example.ORG\nUser u\nInclude more/*.conf');
  write('home/.ssh/more/a.conf', 'Port 2222');
  write('etc/ssh_config', 'User system\nHashKnownHosts yes\nInclude conf.d/x');
  write('etc/conf.d/x', 'ConnectTimeout 5');
  const plan = read('short');
  assert.deepEqual(
    [plan.host, plan.originalHost, plan.user, plan.port, plan.options.HashKnownHosts, plan.options.ConnectTimeout],
    ['long.example.org', 'short', 'u', 2222, true, 5],
  );
  assert.equal(logged.filter((line) => line.startsWith('Reading configuration data ')).length, 4);
});

test('-F reads that file alone, -F none reads nothing', async () => {
  const { folder, write, read } = await home();
  await using _ = folder;
  write('etc/ssh_config', 'User system');
  write('other', 'Port 1');
  assert.deepEqual([read(`-F ${folder.file('other')} h`).port, read(`-F ${folder.file('other')} h`).user], [1, 'me']);
  assert.equal(read('-F none h').user, 'me');
  const missing = folder.file('missing');
  assert.throws(() => read(`-F ${missing} h`), {
    message: `Can't open user config file ${missing}: No such file or directory`,
  });
});

test("the user's file is refused when others may write it, one of -F is not", async () => {
  const { folder, write, read } = await home();
  await using _ = folder;
  write('home/.ssh/config', 'Port 1', 0o666);
  const path = folder.file('home/.ssh/config');
  assert.throws(() => read('h'), { message: `Bad owner or permissions on ${path}` });
  assert.equal(read(`-F ${path} h`).port, 1);
});

test('faults are told in order, the last line says how many', async () => {
  const { folder, write, read } = await home();
  await using _ = folder;
  write('f', 'Port x\nFoo y');
  const path = folder.file('f');
  assert.throws(
    () => read(`-F ${path} h`),
    (error) => {
      assert.ok(error instanceof ConfigFailure);
      assert.deepEqual(error.lines, [
        `${path} line 1: Bad port 'x'.`,
        `${path}: line 2: Bad configuration option: foo`,
        `${path}: terminating, 2 bad configuration options`,
      ]);
      return true;
    },
  );
  assert.throws(() => read('-F none -o Port=x h'), { message: "command-line line 0: Bad port 'x'." });
});

test('tokens, variables and ~ are replaced; a user name of the command line is taken as it is', async () => {
  const { folder, write, read } = await home({ NAME: 'value' });
  await using _ = folder;
  write('f', 'ControlPath ~/%r@%n\nRemoteCommand echo %h %l\nUserKnownHostsFile ~/a${NAME} ~bob/k\nUser u%u');
  const plan = read(`-F ${folder.file('f')} host`);
  assert.equal(plan.user, 'ume');
  assert.equal(plan.options.ControlPath, `${folder.file('home')}/ume@host`);
  assert.equal(plan.options.RemoteCommand, 'echo host desk.example.org');
  assert.deepEqual(plan.options.UserKnownHostsFile, [`${folder.file('home')}/avalue`, '/home/bob/k']);
  assert.equal(read(`-F ${folder.file('f')} -l %u host`).user, '%u');
  assert.throws(() => read('-F none -o ControlPath=%x h'), { message: 'percent_dollar_expand: unknown key %x' });
});

test('Match exec runs the command by the shell; Match final reads twice', async () => {
  const { folder, write, read, logged } = await home({ SHELL: '/bin/sh' });
  await using _ = folder;
  write('f', 'Match exec "test %h = yes"\nPort 1\nMatch final host real\nTag second\nHost alias\nHostname real');
  assert.equal(read(`-F ${folder.file('f')} yes`).port, 1);
  assert.equal(read(`-F ${folder.file('f')} no`).port, 22);
  assert.equal(read(`-F ${folder.file('f')} alias`).options.Tag, 'second');
  assert.ok(logged.includes('re-parsing configuration'));
});

test('Match localnetwork knows the loopback interface', async () => {
  const { folder, write, read } = await home();
  await using _ = folder;
  write('f', 'Match localnetwork 127.0.0.0/8\nPort 1');
  assert.equal(read(`-F ${folder.file('f')} h`).port, 1);
});

test('-W implies ExitOnForwardFailure and ClearAllForwardings unless they are set', async () => {
  const { folder, read } = await home();
  await using _ = folder;
  const { options } = read('-F none -W a:1 -L 80:h:1 h');
  assert.deepEqual([options.ExitOnForwardFailure, options.ClearAllForwardings, options.LocalForward], [true, true, []]);
  assert.equal(read('-F none -W a:1 -o exitonforwardfailure=no h').options.ExitOnForwardFailure, false);
});

test('a missing file of -i is told and passed over', async () => {
  const { folder, write, read, logged } = await home();
  await using _ = folder;
  write('home/key', 'x');
  const plan = read('-F none -i /nonexistent -i ~/key h');
  assert.deepEqual(plan.options.IdentityFile, [`${folder.file('home')}/key`]);
  assert.ok(logged.includes('Warning: Identity file /nonexistent not accessible: No such file or directory.'));
});

test('unsafe names are refused whatever the configuration says', async () => {
  const { folder, read } = await home();
  await using _ = folder;
  assert.throws(() => read('-F none a;b'), { message: 'hostname contains invalid characters' });
  assert.throws(() => read('-F none -o User=a;b h'), { message: 'remote username contains invalid characters' });
});

test('the account of this process is found', () => {
  const own = ownSurroundings(createCryptoProvider());
  assert.equal(own?.uid, process.getuid?.());
  assert.equal(own?.homeOf(own.user), own?.home);
  assert.equal(own?.sha1('abc'), 'a9993e364706816aba3e25717850c26c9cd0d89d');
});
