// What decides which files a process may reach and how, and what it may use up, as far as a shell or a wrapper could
// have changed it between two processes of one account (proc(5)). Two of the same standing can do a file's work for
// each other.

import { closeSync, openSync, readFileSync, readlinkSync } from 'node:fs';
import { fileIdentity } from './file-identity.ts';
import { call } from './libc.ts';

/** Identity, rights, mask of system calls, who traces them, processors; not the umask, which is told apart. */
const statusFields = /^(Uid|Gid|Groups|Cap[A-Za-z]+|NoNewPrivs|Seccomp[a-z_]*|TracerPid|(Cpus|Mems)_allowed):/;
/** Without it anybody may have put himself under rules that are shown nowhere (landlock(7)). */
const noRules = /^NoNewPrivs:\s+0$/m;
/** All but the one that is told apart. */
const limitFields = /^Max (?!open files )/;
/** `nice`, `rt_priority` and `policy` of /proc/self/stat, counted behind the name of the program. */
const priorityFields = [16, 37, 38];
const namespaces = ['mnt', 'user', 'cgroup', 'net', 'pid'];
/** The zone of the times in listings and logs; what ld.so(8) puts between a program and its system calls. */
const variables = /^(TZ|TZDIR|LD_.*|GLIBC_TUNABLES)$/;
/** System calls that the C library has no function for. */
const callNumbers: Readonly<Record<string, { readonly ioprioGet: number; readonly keyctl: number }>> = {
  x64: { ioprioGet: 252, keyctl: 250 },
  arm64: { ioprioGet: 31, keyctl: 219 },
};
const thisProcess = 1;
const keyringId = 0;
const sessionKeyring = -3;
/** O_PATH of Linux: nothing is opened but the place. */
const pathOnly = 0o10000000;

/**
 * A text that is equal for two processes of the same standing; undefined where the system does not tell, or may not
 * tell all.
 */
export function processStanding(): string | undefined {
  try {
    const status = read('status');
    if (!noRules.test(status)) return undefined;
    return [
      ...linesLike(statusFields, status),
      ...linesLike(limitFields, read('limits')),
      ...namespaces.map((name) => readlinkSync(`/proc/self/ns/${name}`)),
      ...Object.keys(process.env)
        .filter((name) => variables.test(name))
        .toSorted()
        .map((name) => `${name}=${process.env[name]}`),
      `${fileIdentity('/')} ${rootMount()}`,
      read('cgroup'),
      read('oom_score_adj'),
      priorities(),
      securityLabel(),
      ...diskAndKeys(),
    ].join('\n');
  } catch {
    return undefined;
  }
}

/** The mask of permissions of this process. Asking umask(2) sets it to nothing for a moment, for all threads. */
export function ownUmask(): number | undefined {
  const [, mask] = /^Umask:\s+([0-7]+)$/m.exec(read('status')) ?? [];
  return mask === undefined ? undefined : Number.parseInt(mask, 8);
}

function read(name: string): string {
  return readFileSync(`/proc/self/${name}`, 'latin1');
}

function linesLike(pattern: RegExp, text: string): string[] {
  return text.split('\n').filter((line) => pattern.test(line));
}

function priorities(): string {
  const fields = read('stat')
    .replace(/^.*\) /s, '')
    .split(' ');
  return priorityFields.map((field) => fields[field] ?? '').join(' ');
}

/** The class of its reads and writes (ionice(1)), and the keys by which file systems know it (keyrings(7)). */
function diskAndKeys(): number[] {
  const numbers = callNumbers[process.arch];
  if (numbers === undefined) throw new Error('the numbers of system calls are not known here');
  return [
    call('syscall', numbers.ioprioGet, thisProcess, 0, 0, 0, 0),
    call('syscall', numbers.keyctl, keyringId, sessionKeyring, 0, 0, 0),
  ];
}

/** A folder may be mounted a second time, read-only. */
function rootMount(): string {
  const fd = openSync('/', pathOnly);
  try {
    return /^mnt_id:.*$/m.exec(read(`fdinfo/${fd}`))?.[0] ?? '';
  } finally {
    closeSync(fd);
  }
}

/** Of SELinux or AppArmor; reading it is an error where there is neither. */
function securityLabel(): string {
  try {
    return read('attr/current');
  } catch {
    return '';
  }
}

/**
 * Whether nothing but ids decides what this process may do to a process of its own account: rules of landlock(7), which
 * are shown nowhere else, forbid to look at one that has not the same.
 */
export function mayLookAt(pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`) !== '';
  } catch {
    return false;
  }
}
