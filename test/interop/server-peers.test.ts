// The clients of other implementations against a server of the library: a login with a key, a command with output,
// errors and status, and 16 MiB both ways through re-keys. What is not installed is skipped with its reason.

import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { equalBytes } from '@sallyport/protocol/wire/bytes';
import type { PeerName, ProgramOptions, ProgramResult, StockKey } from '@sallyport/testing';
import { findProgram, OpensshFixture, runProgram, skipUnless } from '@sallyport/testing';
import { readPrivateKey } from 'sallyport';
import { mebibyte, startServer, testData } from './support.ts';

interface Target {
  readonly port: number;
  readonly hostKey: StockKey;
  /** Of the user, in the format of OpenSSH. */
  readonly userKey: string;
  readonly knownHosts: string;
  /** A folder of this client alone, its HOME. */
  readonly home: string;
}

interface PeerRow {
  readonly title: string;
  readonly needs: readonly PeerName[];
  /** Converts keys and the like; once. */
  readonly prepare?: (target: Target) => Promise<void>;
  /** The client and its arguments for a command. */
  readonly command: (target: Target, command: string) => readonly string[];
}

const peer = (name: string): string => fileURLToPath(new URL(`../../interop/peers/${name}`, import.meta.url));
const rekeyBytes = String(mebibyte);

async function convertForDropbear({ hostKey, userKey, home }: Target): Promise<void> {
  const converter = findProgram('dropbearconvert') ?? '/usr/lib/dropbear/dropbearconvert';
  const converted = await runProgram(converter, ['openssh', 'dropbear', userKey, `${home}/key`]);
  assert.equal(converted.code, 0, converted.stderr);
  await mkdir(`${home}/.ssh`, { mode: 0o700 });
  await writeFile(`${home}/.ssh/known_hosts`, `127.0.0.1 ${hostKey.publicLine}\n`);
}

async function convertForPutty({ userKey, home }: Target): Promise<void> {
  const converted = await runProgram('/usr/bin/puttygen', [userKey, '-O', 'private', '-o', `${home}/key.ppk`]);
  assert.equal(converted.code, 0, converted.stderr);
}

const rows: readonly PeerRow[] = [
  {
    title: 'dbclient',
    needs: ['dbclient'],
    prepare: convertForDropbear,
    command: ({ port, home }, command) => [
      '/usr/bin/dbclient',
      '-i',
      `${home}/key`,
      '-p',
      String(port),
      'anybody@127.0.0.1',
      command,
    ],
  },
  {
    title: 'plink',
    needs: ['plink', 'puttygen'],
    prepare: convertForPutty,
    command: ({ port, home, hostKey }, command) => [
      '/usr/bin/plink',
      '-batch',
      '-noagent',
      '-P',
      String(port),
      '-l',
      'anybody',
      '-i',
      `${home}/key.ppk`,
      '-hostkey',
      hostKey.publicLine.split(' ')[1] as string,
      '127.0.0.1',
      command,
    ],
  },
  {
    title: 'asyncssh',
    needs: ['asyncssh'],
    command: ({ port, userKey, knownHosts }, command) => [
      '/usr/bin/python3',
      '-W',
      'ignore',
      peer('asyncssh_client.py'),
      String(port),
      userKey,
      knownHosts,
      command,
    ],
  },
  {
    title: 'paramiko',
    needs: ['paramiko'],
    command: ({ port, userKey, knownHosts }, command) => [
      '/usr/bin/python3',
      '-W',
      'ignore',
      peer('paramiko_client.py'),
      String(port),
      userKey,
      knownHosts,
      rekeyBytes,
      command,
    ],
  },
  {
    title: 'npm ssh2',
    needs: ['ssh2'],
    command: ({ port, userKey, knownHosts }, command) => [
      process.execPath,
      peer('ssh2-client.mjs'),
      String(port),
      userKey,
      command,
      knownHosts,
    ],
  },
];

const fixture = skipUnless('openssh-client').skip === false ? await OpensshFixture.create() : undefined;
after(() => fixture?.[Symbol.asyncDispose]());

function run(arguments_: readonly string[], options: ProgramOptions): Promise<ProgramResult> {
  const [program = '', ...rest] = arguments_;
  return runProgram(program, rest, options);
}

for (const { title, needs, prepare, command } of rows) {
  test(`${title} logs in, runs a command and gets 16 MiB back`, skipUnless('openssh-client', ...needs), async () => {
    assert.ok(fixture);
    const name = title.replace(' ', '-');
    const hostKey = await fixture.key('ed25519', `host-${name}`);
    const hostKeys = [await readPrivateKey(hostKey.path)];
    const publicKey = () => ({ allow: true }) as const;
    // The server re-keys every MiB, and so does paramiko: at the same time if it comes to that.
    await using server = await startServer({ hostKeys, login: { publicKey }, rekeyLimits: { bytes: mebibyte } });
    const home = fixture.folder.file(`home-${name}`);
    await mkdir(home);
    const knownHosts = await fixture.folder.write(
      `known_hosts-${name}`,
      `[127.0.0.1]:${server.port} ${hostKey.publicLine}\n`,
    );
    const target = { port: server.port, hostKey, userKey: fixture.userKey.path, knownHosts, home };
    await prepare?.(target);
    const env = { HOME: home };
    const result = await run(command(target, 'echo out; echo err >&2; exit 3'), { env, input: '' });
    assert.equal(result.stdout.toString(), 'out\n', result.stderr);
    assert.match(result.stderr, /err\n$/);
    assert.equal(result.code, 3);
    const input = testData(16 * mebibyte);
    const echoed = await run(command(target, 'cat'), { env, input, timeoutMs: 60_000 });
    assert.equal(echoed.code, 0, echoed.stderr);
    assert.ok(equalBytes(echoed.stdout, input), `${echoed.stdout.length} bytes came back`);
  });
}
