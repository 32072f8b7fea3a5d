// The servers of other implementations that a client of ours meets: a login with a key, a command with output, errors
// and status, and 16 MiB both ways through re-keys. What is not installed is skipped with its reason.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { equalBytes } from '@sallyport/protocol/wire/bytes';
import type { PeerName } from '@sallyport/testing';
import { freePort, OpensshFixture, programPath, skipUnless, startProgram } from '@sallyport/testing';
import type { ClientUnderTest } from './client-suite.ts';
import { compressibleData, mebibyte, testData } from './support.ts';

interface PeerServer {
  readonly port: number;
  readonly user: string;
  end(): Promise<void>;
}

interface Files {
  readonly hostKey: string;
  readonly authorizedKeys: string;
}

interface PeerRow {
  readonly title: string;
  readonly needs: readonly PeerName[];
  /** Whether it stands a re-key while data flows. */
  readonly rekeys: boolean;
  /** Knows zlib@openssh.com. */
  readonly compresses: boolean;
  readonly start: (files: Files) => Promise<PeerServer>;
}

export const peer = (name: string): string => fileURLToPath(new URL(`../../interop/peers/${name}`, import.meta.url));

/** A program that prints its port as its first line. */
export async function startAndReadPort(program: string, ...args: readonly string[]): Promise<PeerServer> {
  const started = startProgram(program, args, { timeoutMs: 120_000 });
  const port = await new Promise<number>((resolve, reject) => {
    const look = (): void => {
      const line = /^(\d+)\n/.exec(started.stdout().toString())?.[1];
      if (line !== undefined) resolve(Number(line));
    };
    started.child.stdout?.on('data', look);
    started.exited.then(({ stderr }) => reject(new Error(stderr)), reject);
  });
  return { port, user: 'anybody', end: () => started.end() };
}

/**
 * Dropbear reads authorized_keys in an account's home only: it sees a list of accounts of its own. The whole of /etc is
 * another for it, since a mount on /etc/passwd alone is gone as soon as somebody makes an account (rename(2)).
 */
export async function startDropbear({ hostKey, authorizedKeys }: Files): Promise<PeerServer> {
  const folder = `${hostKey}-dropbear`;
  await mkdir(`${folder}/.ssh`, { recursive: true, mode: 0o700 });
  await mkdir(`${folder}/etc`);
  const port = await freePort();
  const script = `
    set -e
    for name in group nsswitch.conf shells ld.so.cache; do
      if [ -e "/etc/$name" ]; then cp "/etc/$name" "${folder}/etc/"; fi
    done
    printf 'tester:x:0:0::%s:/bin/sh\\n' "${folder}" > "${folder}/etc/passwd"
    cp "${authorizedKeys}" "${folder}/.ssh/authorized_keys"
    mount --bind "${folder}/etc" /etc
    dropbearconvert openssh dropbear "${hostKey}" "${folder}/host_key" 2> "${folder}/convert.log" ||
      /usr/lib/dropbear/dropbearconvert openssh dropbear "${hostKey}" "${folder}/host_key"
    exec "${programPath('dropbear')}" -F -E -s -p 127.0.0.1:${port} -P "${folder}/pid" -r "${folder}/host_key"`;
  const started = startProgram('/usr/bin/unshare', ['-m', '/bin/sh', '-c', script], { timeoutMs: 120_000 });
  await started.untilStderr(/Not backgrounding/);
  return { port, user: 'tester', end: () => started.end() };
}

const rows: readonly PeerRow[] = [
  {
    title: 'dropbear',
    needs: ['dropbear', 'root', 'openssh-client'],
    rekeys: true,
    compresses: true,
    start: startDropbear,
  },
  {
    title: 'asyncssh',
    needs: ['asyncssh', 'openssh-client'],
    // Version 2.10 sends data between its KEXINIT and NEWKEYS (RFC 4253 section 7.1 forbids it).
    rekeys: false,
    compresses: true,
    start: ({ hostKey, authorizedKeys }) =>
      startAndReadPort('/usr/bin/python3', peer('asyncssh_server.py'), hostKey, authorizedKeys),
  },
  {
    title: 'paramiko',
    needs: ['paramiko', 'openssh-client'],
    rekeys: true,
    compresses: false,
    start: ({ hostKey, authorizedKeys }) =>
      startAndReadPort('/usr/bin/python3', peer('paramiko_server.py'), hostKey, authorizedKeys, String(mebibyte)),
  },
  {
    title: 'npm ssh2',
    needs: ['ssh2', 'openssh-client'],
    rekeys: true,
    compresses: true,
    start: ({ hostKey, authorizedKeys }) =>
      startAndReadPort(process.execPath, peer('ssh2-server.mjs'), hostKey, authorizedKeys),
  },
];

/** Registers the tests for a client. */
export async function describeClientWithPeers(name: string, run: ClientUnderTest): Promise<void> {
  const openssh = skipUnless('openssh-client');
  const fixture = openssh.skip === false ? await OpensshFixture.create() : ({} as OpensshFixture);
  const input = testData(16 * mebibyte);
  describe(`${name} with the servers of others`, openssh, () => {
    after(() => fixture[Symbol.asyncDispose]());
    for (const { title, needs, rekeys, compresses, start } of rows) {
      test(`a login, a command and 16 MiB both ways with ${title}`, skipUnless(...needs), async () => {
        const file = title.replace(' ', '-');
        const hostKey = await fixture.key('ed25519', `host-${file}`);
        const authorizedKeys = await fixture.folder.write('authorized_keys', `${fixture.userKey.publicLine}\n`);
        const peerServer = await start({ hostKey: hostKey.path, authorizedKeys });
        try {
          const { port, user } = peerServer;
          const knownHosts = await fixture.folder.write(`hosts-${file}`, `[127.0.0.1]:${port} ${hostKey.publicLine}\n`);
          const server = { host: '127.0.0.1', port, user, knownHosts };
          const result = await run({ fixture, server, command: 'echo out; echo err >&2; exit 3' });
          const stdout = new TextDecoder().decode(result.stdout);
          assert.deepEqual([stdout, result.stderr, result.code], ['out\n', 'err\n', 3]);
          const rekeyBytes = rekeys ? { rekeyBytes: mebibyte } : {};
          const echoed = await run({ fixture, server, command: 'cat', input, ...rekeyBytes });
          assert.ok(equalBytes(echoed.stdout, input), `${echoed.stdout.length} bytes came back ${echoed.stderr}`);
          if (!compresses) return;
          const mixed = compressibleData();
          const unpacked = await run({ fixture, server, command: 'cat', input: mixed, compresses, ...rekeyBytes });
          assert.ok(equalBytes(unpacked.stdout, mixed), `${unpacked.stdout.length} bytes came back ${unpacked.stderr}`);
        } finally {
          await peerServer.end();
        }
      });
    }
  });
}
