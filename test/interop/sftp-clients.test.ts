// SFTP clients of other makers against our sshd and its internal-sftp: a tree goes up and comes back, with names that
// need quotes, more than one packet, and bytes that are no text where the client can name them. Every file is compared.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { PeerName, StockServer } from '@sallyport/testing';
import { findProgram, OpensshFixture, ourProgram, runProgram, skipUnless, TemporaryFolder } from '@sallyport/testing';
import type { OddNames } from './trees.ts';
import { filesOf, hashesOf, plant } from './trees.ts';

const peer = (name: string): string => fileURLToPath(new URL(`../../interop/peers/${name}`, import.meta.url));

/** Everything that a client's call is made of. */
interface Run {
  readonly fixture: OpensshFixture;
  readonly server: StockServer;
  /** A folder of this client alone, its HOME. */
  readonly home: string;
  /** What goes up, where to, and where it comes back to: absolute paths without odd characters. */
  readonly tree: string;
  readonly remote: string;
  readonly back: string;
}

interface ClientRow {
  readonly title: string;
  readonly needs: readonly PeerName[];
  /** Names that the client can handle beside plain ones. */
  readonly names: OddNames;
  /** Whether the tree is at the server as it is here afterwards; it is unless told. */
  readonly keepsTree?: boolean;
  readonly run: (run: Run) => Promise<void>;
}

async function call(run: Run, [name = '', ...argv]: readonly string[], input = ''): Promise<void> {
  const path = findProgram(name) ?? name;
  const result = await runProgram(path, argv, { env: { HOME: run.home }, input, cwd: run.home, timeoutMs: 90_000 });
  assert.equal(result.code, 0, `${name}: ${result.stderr}${result.stdout.toString().slice(-2000)}`);
}

const options = ({ fixture, server }: Run): string[] =>
  [
    `IdentityFile=${fixture.userKey.path}`,
    `UserKnownHostsFile=${server.knownHosts}`,
    'IdentitiesOnly=yes',
    'IdentityAgent=none',
  ].flatMap((option) => ['-o', option]);
const script =
  (name: string, interpreter: string) =>
  (run: Run): Promise<void> => {
    const { fixture, server, tree, remote, back } = run;
    const words = [String(server.port), server.user, fixture.userKey.path, server.knownHosts, tree, remote, back];
    return call(run, [interpreter, peer(name), ...words]);
  };

async function psftp(run: Run): Promise<void> {
  const { fixture, server, home, tree, remote, back } = run;
  await call(run, ['puttygen', fixture.userKey.path, '-O', 'private', '-o', `${home}/key.ppk`]);
  const hostKey = (server.hostKeys[0]?.publicLine ?? '').split(' ')[1] ?? '';
  const digest = createHash('sha256').update(Buffer.from(hostKey, 'base64')).digest('base64').replace(/=+$/, '');
  fs.writeFileSync(`${home}/batch`, `put -r ${tree} ${remote}\nget -r ${remote} ${back}\nquit\n`);
  const argv = ['-batch', '-b', `${home}/batch`, '-P', String(server.port), '-i', `${home}/key.ppk`];
  await call(run, ['psftp', ...argv, '-hostkey', `SHA256:${digest}`, `${server.user}@127.0.0.1`]);
}

async function sshfs(run: Run, ssh: string): Promise<void> {
  const { server, home, tree, remote, back } = run;
  const mount = `${home}/mount`;
  fs.mkdirSync(mount);
  fs.mkdirSync(remote);
  const through = ['-o', `ssh_command=${ssh}`, '-p', String(server.port), ...options(run)];
  await call(run, ['sshfs', ...through, `${server.user}@127.0.0.1:${remote}`, mount]);
  try {
    await call(run, ['sh', '-c', 'cp -r "$1"/. "$2"/ && cp -r "$2"/. "$3"', 'sh', tree, mount, back]);
    await call(run, [
      'sh',
      '-c',
      'cd "$1" && echo x >n && ln n m && mv m n && ln -s n l && chmod 600 l && df . && rm l n',
      'sh',
      mount,
    ]);
  } finally {
    await call(run, ['fusermount3', '-u', mount]);
  }
  fs.rmSync(`${remote}/m`, { force: true });
}

async function lftp(run: Run, program: string): Promise<void> {
  const { fixture, server, tree, remote, back } = run;
  const key = `-i ${fixture.userKey.path} -o IdentitiesOnly=yes`;
  const ssh = `${program} -a -x ${key} -o UserKnownHostsFile=${server.knownHosts}`;
  const commands = [
    `set sftp:connect-program "${ssh}"`,
    'set cmd:fail-exit yes',
    'set net:max-retries 1',
    'set file:charset utf-8',
    `open -u ${server.user}, sftp://127.0.0.1:${server.port}`,
    `mirror -R --parallel=3 ${tree} ${remote}`,
    `mirror --parallel=3 ${remote} ${back}`,
    'bye',
  ];
  await call(run, ['lftp', '--norc', '-c', commands.join('; ')]);
}

async function curl(run: Run): Promise<void> {
  const { fixture, server, tree, remote, back } = run;
  const key = fixture.userKey.path;
  const argv = ['-sS', '-k', '-u', `${server.user}:`, '--key', key, '--pubkey', `${key}.pub`, '--ftp-create-dirs'];
  const url = (name: string): string => {
    const path = `${remote}/${name}`.split('/').map(encodeURIComponent).join('/');
    return `sftp://127.0.0.1:${server.port}${path}`;
  };
  for (const nameBytes of filesOf(tree)) {
    const name = Buffer.from(nameBytes, 'latin1').toString('utf8');
    fs.mkdirSync(`${back}/${name}`.replace(/\/[^/]*$/, ''), { recursive: true });
    await call(run, ['curl', ...argv, '-T', `${tree}/${name}`, url(name)]);
    await call(run, ['curl', ...argv, '-o', `${back}/${name}`, url(name)]);
  }
  if (!fs.existsSync(`${back}/empty`)) fs.writeFileSync(`${back}/empty`, '');
}

async function rclone(run: Run): Promise<void> {
  const { fixture, server, tree, remote, back } = run;
  const where = `host=127.0.0.1,port=${server.port},user=${server.user},key_file=${fixture.userKey.path}`;
  const there = `:sftp,${where},known_hosts_file=${server.knownHosts},shell_type=none:${remote}`;
  const quiet = ['--config', '/dev/null', '--local-encoding', 'None', '-q'];
  await call(run, ['rclone', ...quiet, 'copy', tree, there]);
  await call(run, ['rclone', ...quiet, 'copy', there, back]);
  await call(run, ['rclone', ...quiet, 'check', '--download', tree, there]);
}

/** Backs up, checks what it has read back, restores, and throws an older state away. */
async function restic(run: Run, ssh: string): Promise<void> {
  const { server, home, tree, remote, back } = run;
  const command = `${ssh} ${options(run).join(' ')} -p ${server.port} -s ${server.user}@127.0.0.1 sftp`;
  const flags = ['-q', '-r', `sftp:${server.user}@127.0.0.1:${remote}`, '-o', `sftp.command=${command}`];
  fs.writeFileSync(`${home}/password`, 'secret');
  const repeat = (...words: readonly string[]): Promise<void> =>
    call(run, ['restic', ...flags, '--password-file', `${home}/password`, '--cache-dir', `${home}/cache`, ...words]);
  await repeat('init');
  await repeat('backup', tree);
  fs.writeFileSync(`${tree}/later`, 'of the second state');
  await repeat('backup', tree);
  await repeat('forget', '--keep-last', '1', '--prune');
  await repeat('check', '--read-data');
  await repeat('restore', 'latest', '--target', `${home}/restored`);
  fs.renameSync(`${home}/restored${tree}`, back);
}

const rows: readonly ClientRow[] = [
  {
    title: 'stock sftp',
    needs: ['openssh-client'],
    names: 'bytes',
    run: (run) =>
      call(
        run,
        ['sftp', '-b', '-', '-P', String(run.server.port), ...options(run), `${run.server.user}@127.0.0.1`],
        `put -r ${run.tree} ${run.remote}\nget -r ${run.remote} ${run.back}\n`,
      ),
  },
  {
    title: 'stock scp',
    needs: ['openssh-client'],
    names: 'bytes',
    run: async (run) => {
      const { server, tree, remote, back } = run;
      const scp = ['scp', '-q', '-r', '-s', '-P', String(server.port), ...options(run)];
      await call(run, [...scp, tree, `${server.user}@127.0.0.1:${remote}`]);
      await call(run, [...scp, `${server.user}@127.0.0.1:${remote}`, back]);
    },
  },
  { title: 'psftp', needs: ['puttygen', 'psftp'], names: 'utf8', run: psftp },
  {
    title: 'sshfs',
    needs: ['openssh-client', 'sshfs', 'root'],
    names: 'bytes',
    run: (run) => sshfs(run, 'ssh'),
  },
  {
    title: 'sshfs through our ssh',
    needs: ['sshfs', 'root'],
    names: 'bytes',
    run: (run) => sshfs(run, ourProgram('ssh')),
  },
  { title: 'lftp', needs: ['openssh-client', 'lftp'], names: 'utf8', run: (run) => lftp(run, 'ssh') },
  { title: 'lftp through our ssh', needs: ['lftp'], names: 'utf8', run: (run) => lftp(run, ourProgram('ssh')) },
  {
    title: 'restic',
    needs: ['openssh-client', 'restic'],
    names: 'bytes',
    keepsTree: false,
    run: (run) => restic(run, 'ssh'),
  },
  {
    title: 'restic through our ssh',
    needs: ['restic'],
    names: 'bytes',
    keepsTree: false,
    run: (run) => restic(run, ourProgram('ssh')),
  },
  { title: 'curl', needs: ['curl-sftp'], names: 'lines', run: curl },
  { title: 'rclone', needs: ['rclone'], names: 'utf8', run: rclone },
  {
    title: 'paramiko',
    needs: ['paramiko'],
    names: 'lines',
    run: script('paramiko_sftp_client.py', '/usr/bin/python3'),
  },
  {
    title: 'asyncssh',
    needs: ['asyncssh'],
    names: 'bytes',
    run: script('asyncssh_sftp_client.py', '/usr/bin/python3'),
  },
  { title: 'ssh2', needs: ['ssh2'], names: 'lines', keepsTree: false, run: script('ssh2-sftp-client.mjs', 'node') },
];

describe('SFTP clients of others with our sshd', skipUnless('openssh-client'), () => {
  let fixture: OpensshFixture;
  let server: StockServer;
  before(async () => {
    fixture = await OpensshFixture.create();
    // Some clients open many connections at once.
    const config = ['Subsystem sftp internal-sftp', 'MaxStartups 100'];
    server = await fixture.startServer({ program: ourProgram('sshd'), config });
  });
  after(async () => {
    await server?.end();
    await fixture?.[Symbol.asyncDispose]();
  });
  for (const { title, needs, names, run, keepsTree = true } of rows) {
    test(`${title} puts a tree and gets it back, every hash equal`, skipUnless(...needs), async () => {
      await using folder = await TemporaryFolder.create();
      const [tree, remote, back] = [folder.file('tree'), folder.file('remote'), folder.file('back')];
      plant(tree, names);
      await run({ fixture, server, home: folder.path, tree, remote, back });
      assert.deepEqual(hashesOf(back), hashesOf(tree));
      if (keepsTree) assert.deepEqual(hashesOf(remote), hashesOf(tree));
    });
  }
});
