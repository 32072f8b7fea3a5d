// Each option of scp and sftp once against the stock sshd: what it is for happens, and nothing else is said.

import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { after, before, describe, test } from 'node:test';
import type { ProgramResult, StockServer } from '@sallyport/testing';
import { OpensshFixture, ourProgram, runProgram, skipUnless } from '@sallyport/testing';
import { SeededRandom } from '@sallyport/testing/seeded-random';

const needed = skipUnless('openssh-server', 'openssh-client', 'openssh-sftp-server');
const data = new SeededRandom(3).bytes(200_001);
const sftpServer = '/usr/lib/openssh/sftp-server';

interface Place {
  readonly server: StockServer;
  readonly host: string;
  readonly work: string;
  /** The identity and the known hosts. */
  readonly login: readonly string[];
  /** A configuration with the same, and the host `other`, which is this one. */
  readonly config: string;
}

interface Row {
  /** The options that it is about. */
  readonly options: (place: Place) => readonly string[];
  /** Instead of our file to the server's `copy`. */
  readonly operands?: (place: Place) => readonly string[];
  /** What stderr is, or holds; nothing unless told. */
  readonly says?: RegExp;
  readonly code?: number;
  readonly check?: (place: Place) => void;
}

const silent = /^$/;
const basic = ({ login, server }: Place): readonly string[] => [...login, '-P', String(server.port)];
const with_ =
  (...more: readonly string[]): Row['options'] =>
  (place) => [...basic(place), ...more];
const modeOf = (path: string): number => fs.statSync(path).mode & 0o7777;

const scpRows: Readonly<Record<string, Row>> = {
  '-4': { options: with_('-4') },
  '-6 with an address of the other family': {
    options: with_('-6'),
    code: 255,
    says: /^ssh: Could not resolve hostname 127\.0\.0\.1: Address family for hostname not supported\s+scp: /,
  },
  '-3': { options: with_('-3'), operands: ({ host, work }) => [`${host}:${work}/given`, `${host}:${work}/copy`] },
  '-A': { options: with_('-A') },
  '-B': { options: with_('-B') },
  '-C': { options: with_('-C', '-v'), says: /compression: zlib@openssh\.com/ },
  '-c': { options: with_('-c', 'aes128-ctr') },
  '-D': { options: () => ['-D', sftpServer], operands: ({ work }) => [`${work}/given`, `anything:${work}/copy`] },
  '-F': { options: ({ config }) => ['-F', config], operands: ({ work }) => [`${work}/given`, `other:${work}/copy`] },
  '-J': {
    options: ({ config }) => ['-F', config, '-J', 'other'],
    operands: ({ work }) => [`${work}/given`, `other:${work}/copy`],
  },
  '-l': { options: with_('-l', '800000') },
  '-O': { options: with_('-O') },
  '-o': { options: with_('-o', 'ConnectTimeout=9') },
  '-p': {
    options: with_('-p'),
    check: ({ work }) => {
      assert.equal(modeOf(`${work}/copy`), 0o640);
      assert.equal(fs.statSync(`${work}/copy`).mtimeMs, 1e12);
    },
  },
  '-q': { options: with_('-q') },
  '-R': {
    options: with_('-R'),
    operands: ({ host, work }) => [`${host}:${work}/given`, `other:${work}/copy`],
  },
  '-r': {
    options: with_('-r'),
    operands: ({ host, work }) => [`${work}/tree`, `${host}:${work}/copied`],
    check: ({ work }) => fs.renameSync(`${work}/copied/given`, `${work}/copy`),
  },
  '-S': { options: with_('-S', 'ssh') },
  '-s': { options: with_('-s') },
  '-T': { options: with_('-O', '-T'), operands: ({ host, work }) => [`${host}:${work}/given`, `${work}/copy`] },
  '-v': { options: with_('-v'), says: /^Executing: program ssh host 127\.0\.0\.1[^]*debug1: [^]*Copying / },
  '-X': { options: with_('-X', 'nrequests=3', '-X', 'buffer=1k') },
  'a URI': {
    options: ({ login }) => login,
    operands: ({ host, work, server }) => [`${work}/given`, `scp://${host}:${server.port}/${work}/copy`],
  },
};

const put = ({ work }: Place): string => `put ${work}/given ${work}/copy\n`;
const batch =
  (...more: readonly string[]): Row['options'] =>
  (place) => [...basic(place), '-b', '-', ...more];

const sftpRows: Readonly<Record<string, Row>> = {
  '-4': { options: batch('-4') },
  '-A': { options: batch('-A') },
  '-a': { options: batch('-a') },
  '-B': { options: batch('-B', '1000') },
  '-C': { options: batch('-C', '-v'), says: /compression: zlib@openssh\.com/ },
  '-c': { options: batch('-c', 'aes128-ctr') },
  '-D': { options: () => ['-b', '-', '-D', sftpServer], operands: () => [] },
  '-F': { options: ({ config }) => ['-b', '-', '-F', config], operands: () => ['other'] },
  '-f': { options: batch('-f') },
  '-J': { options: ({ config }) => ['-b', '-', '-F', config, '-J', 'other'], operands: () => ['other'] },
  '-l': { options: batch('-l', '800000') },
  '-N': { options: batch('-N'), says: /^Connected to 127\.0\.0\.1\.\n$/ },
  '-o': { options: batch('-o', 'ConnectTimeout=9') },
  '-p': { options: batch('-p'), check: ({ work }) => assert.equal(modeOf(`${work}/copy`), 0o640) },
  '-q': { options: batch('-q') },
  '-R': { options: batch('-R', '3') },
  '-r': { options: batch('-r') },
  '-S': { options: batch('-S', 'ssh') },
  '-s': { options: batch('-s', sftpServer) },
  '-v': { options: batch('-v'), says: /debug1: / },
  '-X': { options: batch('-X', 'nrequests=3', '-X', 'buffer=1k') },
  'a URI': {
    options: ({ login }) => [...login, '-b', '-'],
    operands: ({ host, server }) => [`sftp://${host}:${server.port}`],
  },
};

describe('options against the stock sshd', needed, () => {
  let fixture: OpensshFixture;
  let place: Place;
  before(async () => {
    fixture = await OpensshFixture.create();
    const bin = fixture.folder.file('bin');
    const config = fixture.folder.file('config');
    fs.mkdirSync(bin);
    // The scp over there, which -R calls, knows `other` as well.
    await fixture.folder.write('bin/scp', `#!/bin/sh\nexec ${ourProgram('scp')} -F ${config} "$@"\n`, 0o755);
    const server = await fixture.startServer({ config: [`SetEnv PATH=${bin}:/usr/bin:/bin`, 'MaxStartups 100'] });
    const settings = [`IdentityFile=${fixture.userKey.path}`, `UserKnownHostsFile=${server.knownHosts}`];
    const login = [...settings, 'IdentitiesOnly=yes', 'BatchMode=yes'].flatMap((one) => ['-o', one]);
    const lines = [
      'HostName 127.0.0.1',
      `Port ${server.port}`,
      `User ${server.user}`,
      'IdentitiesOnly yes',
      ...settings,
    ];
    fs.writeFileSync(config, `Host other\n${lines.map((one) => `  ${one}\n`).join('')}`);
    const work = fixture.folder.file('work');
    fs.mkdirSync(`${work}/tree`, { recursive: true });
    for (const path of [`${work}/given`, `${work}/tree/given`]) {
      fs.writeFileSync(path, data);
      fs.chmodSync(path, 0o640);
      fs.utimesSync(path, 1e9, 1e9);
    }
    place = { server, host: `${server.user}@127.0.0.1`, work, login, config };
  });
  after(async () => {
    await place?.server.end();
    await fixture?.[Symbol.asyncDispose]();
  });

  const check = (row: Row, result: ProgramResult): void => {
    assert.match(result.stderr, row.says ?? silent);
    assert.equal(result.code, row.code ?? 0, result.stderr);
    if (row.code !== undefined) return;
    row.check?.(place);
    assert.deepEqual(new Uint8Array(fs.readFileSync(`${place.work}/copy`)), data);
    fs.rmSync(`${place.work}/copy`);
  };
  const env = (): Record<string, string> => ({ HOME: fixture.folder.path });

  for (const [name, row] of Object.entries(scpRows)) {
    test(`scp ${name}`, async () => {
      const operands = row.operands?.(place) ?? [`${place.work}/given`, `${place.host}:${place.work}/copy`];
      check(
        row,
        await runProgram(ourProgram('scp'), [...row.options(place), ...operands], { env: env(), timeoutMs: 30_000 }),
      );
    });
  }

  for (const [name, row] of Object.entries(sftpRows)) {
    test(`sftp ${name}`, async () => {
      const argv = [...row.options(place), ...(row.operands?.(place) ?? [place.host])];
      // What is to be resumed has to have begun.
      if (name === '-a') fs.writeFileSync(`${place.work}/copy`, data.subarray(0, 1000));
      check(row, await runProgram(ourProgram('sftp'), argv, { env: env(), input: put(place), timeoutMs: 30_000 }));
    });
  }

  test('what is fetched keeps no setuid, setgid or sticky bit, but with -O -p, as with the stock scp', async () => {
    const { work, host } = place;
    fs.writeFileSync(`${work}/armed`, 'x');
    fs.chmodSync(`${work}/armed`, 0o7755);
    for (const protocol of ['-s', '-O']) {
      const fetch = async (...flags: readonly string[]): Promise<number> => {
        const argv = [...basic(place), protocol, ...flags, `${host}:${work}/armed`, `${work}/copy`];
        assert.equal((await runProgram(ourProgram('scp'), argv, { env: env(), timeoutMs: 30_000 })).code, 0);
        const mode = modeOf(`${work}/copy`);
        fs.rmSync(`${work}/copy`);
        return mode;
      };
      assert.equal((await fetch()) & 0o7000, 0, protocol);
      // The sticky bit is dropped even then; SFTP has times and plain modes only.
      assert.equal((await fetch('-p')) & 0o7000, protocol === '-O' ? 0o6000 : 0, protocol);
    }
  });
});
