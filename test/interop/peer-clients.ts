// The clients of other implementations that a server of ours meets: a login with a key, a command with output, errors
// and status, and 16 MiB both ways through re-keys. What is not installed is skipped with its reason.

import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { equalBytes } from '@sallyport/protocol/wire/bytes';
import type { PeerName, ProgramOptions, ProgramResult, StockKey } from '@sallyport/testing';
import { findProgram, OpensshFixture, runProgram, skipUnless } from '@sallyport/testing';
import type { ServerUnderTest } from './server-suite.ts';
import { compressibleData, mebibyte, testData } from './support.ts';

interface Target {
  readonly port: number;
  readonly user: string;
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
  /** An option that makes it compress, for one that does not look into its environment. */
  readonly compressing?: string;
  /** What gives its input back: `cat` unless told. */
  readonly echo?: (target: Target) => string;
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
    command: ({ port, user, home }, command) => [
      '/usr/bin/dbclient',
      '-i',
      `${home}/key`,
      '-p',
      String(port),
      `${user}@127.0.0.1`,
      command,
    ],
  },
  {
    title: 'plink',
    needs: ['plink', 'puttygen'],
    prepare: convertForPutty,
    compressing: '-C',
    command: ({ port, user, home, hostKey }, command) => [
      '/usr/bin/plink',
      '-batch',
      '-noagent',
      '-P',
      String(port),
      '-l',
      user,
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
    command: ({ port, user, userKey, knownHosts }, command) => [
      '/usr/bin/python3',
      '-W',
      'ignore',
      peer('asyncssh_client.py'),
      String(port),
      user,
      userKey,
      knownHosts,
      command,
    ],
  },
  {
    title: 'paramiko',
    needs: ['paramiko'],
    // The end of a channel that comes just after it has begun to re-key stops the thread that would go on with that. It
    // counts what passes, so that it begins with the last bytes: the command waits for it to say that this is over.
    echo: ({ home }) => `cat; until [ -e ${home}/rekeyed ]; do sleep 0.05; done; rm ${home}/rekeyed`,
    command: ({ port, user, userKey, knownHosts }, command) => [
      '/usr/bin/python3',
      '-W',
      'ignore',
      peer('paramiko_client.py'),
      String(port),
      user,
      userKey,
      knownHosts,
      rekeyBytes,
      command,
    ],
  },
  {
    title: 'npm ssh2',
    needs: ['ssh2'],
    command: ({ port, user, userKey, knownHosts }, command) => [
      process.execPath,
      peer('ssh2-client.mjs'),
      String(port),
      user,
      userKey,
      command,
      knownHosts,
    ],
  },
];

function run(arguments_: readonly string[], options: ProgramOptions): Promise<ProgramResult> {
  const [program = '', ...rest] = arguments_;
  return runProgram(program, rest, options);
}

/**
 * Registers the tests for a server, which re-keys every MiB; so does paramiko, at the same time if it comes to that.
 */
export async function describeServerWithPeers(name: string, start: ServerUnderTest): Promise<void> {
  const openssh = skipUnless('openssh-client');
  const fixture = openssh.skip === false ? await OpensshFixture.create() : ({} as OpensshFixture);
  const input = testData(16 * mebibyte);
  describe(`${name} with the clients of others`, openssh, () => {
    after(() => fixture[Symbol.asyncDispose]());
    for (const { title, needs, prepare, command, compressing, echo } of rows) {
      test(`${title} logs in, runs a command and gets 16 MiB back`, skipUnless(...needs), async () => {
        const server = await start({ fixture, hostKeyTypes: ['ed25519'], userKeys: [], rekeyBytes: mebibyte });
        try {
          const { port, user, knownHosts } = server.target;
          const home = fixture.folder.file(`home-${title.replace(' ', '-')}`);
          await mkdir(home);
          const hostKey = server.hostKeys[0] as StockKey;
          const target = { port, user, hostKey, userKey: fixture.userKey.path, knownHosts, home };
          await prepare?.(target);
          const env = { HOME: home };
          const result = await run(command(target, 'echo out; echo err >&2; exit 3'), { env, input: '' });
          assert.equal(result.stdout.toString(), 'out\n', result.stderr);
          assert.match(result.stderr, /err\n$/);
          assert.equal(result.code, 3);
          const back = echo?.(target) ?? 'cat';
          const echoed = await run(command(target, back), { env, input, timeoutMs: 60_000 });
          assert.equal(echoed.code, 0, echoed.stderr);
          assert.ok(equalBytes(echoed.stdout, input), `${echoed.stdout.length} bytes came back`);
          // dbclient compresses unless it is told not to.
          const [client = '', ...rest] = command(target, back);
          const mixed = compressibleData();
          const unpacked = await run([client, ...(compressing === undefined ? [] : [compressing]), ...rest], {
            env: { ...env, COMPRESSES: '1' },
            input: mixed,
            timeoutMs: 60_000,
          });
          assert.equal(unpacked.code, 0, unpacked.stderr);
          assert.ok(equalBytes(unpacked.stdout, mixed), `${unpacked.stdout.length} compressed bytes came back`);
        } finally {
          await server.end();
        }
      });
    }
  });
}
