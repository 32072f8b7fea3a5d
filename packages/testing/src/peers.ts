// Which other implementations and privileges this machine has. A test names what it needs with skipUnless(); where that
// is missing the test is skipped and the reason is printed.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

interface PeerRow {
  readonly name: string;
  /** Programs by name, looked up in the usual folders. */
  readonly programs?: readonly string[];
  /** Files of which one must exist. */
  readonly files?: readonly string[];
  /** An npm package. */
  readonly module?: string;
  readonly holds?: () => boolean;
}

const pythonPackages = '/usr/lib/python3/dist-packages';

const peerRows = [
  { name: 'openssh-client', programs: ['ssh', 'ssh-keygen'] },
  { name: 'openssh-server', programs: ['sshd', 'ssh-keygen'] },
  { name: 'openssh-sftp-server', files: ['/usr/lib/openssh/sftp-server'] },
  { name: 'openssh-agent', programs: ['ssh-agent', 'ssh-add'] },
  { name: 'dropbear', programs: ['dropbear', 'dropbearkey'] },
  { name: 'dbclient', programs: ['dbclient'] },
  { name: 'plink', programs: ['plink'] },
  { name: 'puttygen', programs: ['puttygen'] },
  { name: 'psftp', programs: ['psftp'] },
  { name: 'sshfs', programs: ['sshfs', 'fusermount3'], files: ['/dev/fuse'] },
  { name: 'lftp', programs: ['lftp'] },
  { name: 'rclone', programs: ['rclone'] },
  { name: 'restic', programs: ['restic'] },
  { name: 'curl-sftp', programs: ['curl'], holds: () => curlKnowsSftp() },
  { name: 'paramiko', programs: ['/usr/bin/python3'], files: [`${pythonPackages}/paramiko/__init__.py`] },
  { name: 'asyncssh', programs: ['/usr/bin/python3'], files: [`${pythonPackages}/asyncssh/__init__.py`] },
  { name: 'ssh2', module: 'ssh2' },
  { name: 'tmux', programs: ['tmux'] },
  { name: 'netcat', programs: ['nc'] },
  { name: 'softhsm2', programs: ['softhsm2-util', 'pkcs11-tool'], files: ['/usr/lib/softhsm/libsofthsm2.so'] },
  { name: 'sk-dummy', files: ['/usr/lib/openssh/regress/misc/sk-dummy/sk-dummy.so'] },
  { name: 'libfido2', files: ['x86_64', 'aarch64'].map((machine) => `/usr/lib/${machine}-linux-gnu/libfido2.so.1`) },
  { name: 'root', holds: () => process.getuid?.() === 0 },
  { name: 'ordinary-account', holds: () => ordinaryAccount() !== undefined },
] as const satisfies readonly PeerRow[];

export type PeerName = (typeof peerRows)[number]['name'];

const programFolders = [
  '/usr/local/bin',
  '/usr/bin',
  '/bin',
  '/usr/local/sbin',
  '/usr/sbin',
  '/sbin',
  '/usr/lib/openssh',
];

function curlKnowsSftp(): boolean {
  return /^Protocols:.* sftp( |$)/m.test(spawnSync('curl', ['--version']).stdout?.toString() ?? '');
}

/** The path of a program, or undefined when this machine does not have it. */
export function findProgram(name: string): string | undefined {
  if (name.startsWith('/')) return existsSync(name) ? name : undefined;
  return programFolders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** The path of a program that a test has made sure of by skipUnless(). */
export function programPath(name: string): string {
  const path = findProgram(name);
  if (path === undefined) throw new Error(`${name} is not installed`);
  return path;
}

/**
 * A program of an OpenSSH that is newer than the installed one, from the folder that SALLYPORT_NEWER_OPENSSH names
 * (`.ci/newer-openssh FOLDER` makes it); undefined without.
 */
export function newerOpenssh(program: string): string | undefined {
  const folder = process.env['SALLYPORT_NEWER_OPENSSH'];
  return folder === undefined ? undefined : findProgram(join(folder, 'bin', program));
}

/** The installed program if its `ssh -Q kex` has the method, else a newer one; undefined when neither has it. */
export function opensshKnowing(program: string, keyExchange: string): string | undefined {
  const knows = (ssh: string | undefined): boolean =>
    ssh !== undefined && spawnSync(ssh, ['-Q', 'kex']).stdout.toString().split('\n').includes(keyExchange);
  if (knows(findProgram('ssh'))) return findProgram(program);
  return knows(newerOpenssh('ssh')) ? newerOpenssh(program) : undefined;
}

export function hasPeer(name: PeerName): boolean {
  const row: PeerRow = peerRows.find((candidate) => candidate.name === name) as PeerRow;
  if (row.programs?.some((program) => findProgram(program) === undefined) === true) return false;
  if (row.files !== undefined && !row.files.some((file) => existsSync(file))) return false;
  if (row.module !== undefined && !hasModule(row.module)) return false;
  return row.holds?.() ?? true;
}

/** Options for a test that needs these: `test(title, skipUnless('openssh-server'), …)`. */
export function skipUnless(...needed: readonly PeerName[]): { readonly skip: string | false } {
  const missing = needed.filter((name) => !hasPeer(name));
  if (missing.length === 0) return { skip: false };
  const reason = `not on this machine: ${missing.join(', ')}`;
  process.stderr.write(`skipped: ${reason}\n`);
  return { skip: reason };
}

function hasModule(name: string): boolean {
  try {
    createRequire(import.meta.url).resolve(name);
    return true;
  } catch {
    return false;
  }
}

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
}

/** The account with that name or id, as /etc/passwd has it. */
export function findAccount(which: string | number): Account | undefined {
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [name = '', , uid = '', gid = '', , home = '', shell = ''] = line.split(':');
    if (name === which || (uid !== '' && Number(uid) === which)) {
      return { name, uid: Number(uid), gid: Number(gid), home, shell };
    }
  }
  return undefined;
}

/**
 * An account that is not root: ourselves, or as root the one that SALLYPORT_TEST_ACCOUNT names (`sptest` unless set),
 * which the tests do not make themselves.
 */
export function ordinaryAccount(): Account | undefined {
  const uid = process.getuid?.() ?? 0;
  if (uid !== 0) return findAccount(uid);
  return findAccount(process.env['SALLYPORT_TEST_ACCOUNT'] ?? 'sptest');
}

/** The account that this process runs as. */
export function ownAccount(): Account {
  const account = findAccount(process.getuid?.() ?? 0);
  if (account === undefined) throw new Error('this process has no account in /etc/passwd');
  return account;
}
