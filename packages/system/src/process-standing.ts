// What decides which files a process may reach and how, as far as a shell or a wrapper could have changed it between
// two processes of one account (proc(5)). Two of the same standing can do a file's work for each other.

import { readFileSync, readlinkSync } from 'node:fs';
import { fileIdentity } from './file-identity.ts';

/** Identity, rights, mask of system calls; not the umask, which is told apart. */
const statusFields = /^(Uid|Gid|Groups|Cap[A-Za-z]+|NoNewPrivs|Seccomp[a-z_]*):/;
/** RLIMIT_FSIZE. */
const limitFields = /^Max file size /;
/** The field `nice` of /proc/self/stat, counted behind the name of the program. */
const niceField = 16;

/** A text that is equal for two processes of the same standing; undefined where the system does not tell. */
export function processStanding(): string | undefined {
  try {
    const facts = [
      ...linesLike(statusFields, read('status')),
      ...linesLike(limitFields, read('limits')),
      ...['mnt', 'user', 'cgroup'].map((name) => readlinkSync(`/proc/self/ns/${name}`)),
      fileIdentity('/'),
      read('cgroup'),
      read('stat')
        .replace(/^.*\) /s, '')
        .split(' ')[niceField] ?? '',
      securityLabel(),
    ];
    return facts.join('\n');
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

/** Of SELinux or AppArmor; reading it is an error where there is neither. */
function securityLabel(): string {
  try {
    return read('attr/current');
  } catch {
    return '';
  }
}
