// What decides which files a process may reach and how, and what it may use up, as far as a shell or a wrapper could
// have changed it between two processes of one account (proc(5)). Two of the same standing can do a file's work for
// each other.

import { closeSync, openSync, readFileSync, readlinkSync } from 'node:fs';
import { fileIdentity } from './file-identity.ts';

/** Identity, rights, mask of system calls, processors; not the umask, which is told apart. */
const statusFields = /^(Uid|Gid|Groups|Cap[A-Za-z]+|NoNewPrivs|Seccomp[a-z_]*|(Cpus|Mems)_allowed):/;
/** Without it anybody may have put himself under rules that are shown nowhere (landlock(7)). */
const noRules = /^NoNewPrivs:\s+0$/m;
/** All but the one that is told apart. */
const limitFields = /^Max (?!open files )/;
/** The field `nice` of /proc/self/stat, counted behind the name of the program. */
const niceField = 16;
const namespaces = ['mnt', 'user', 'cgroup', 'net', 'pid'];
/** The zone of the times in listings and logs; what stands between a program and its system calls. */
const variables = ['TZ', 'LD_PRELOAD'];
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
      ...variables.map((name) => process.env[name] ?? ''),
      `${fileIdentity('/')} ${rootMount()}`,
      read('cgroup'),
      read('stat')
        .replace(/^.*\) /s, '')
        .split(' ')[niceField] ?? '',
      securityLabel(),
    ].join('\n');
  } catch {
    return undefined;
  }
}

function read(name: string): string {
  return readFileSync(`/proc/self/${name}`, 'latin1');
}

function linesLike(pattern: RegExp, text: string): string[] {
  return text.split('\n').filter((line) => pattern.test(line));
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
