// ChrootDirectory: the folder that becomes the root of an account's process, with its tokens, and OpenSSH's rules for
// it: absolute, and every component of its path a folder of root's that nobody else can write to.

import * as fs from 'node:fs';
import { isProblem } from '@sallyport/protocol/config/config-error';
import { expand } from '@sallyport/protocol/config/percent';
import type { LogLine } from '@sallyport/protocol/log/stable-lines';
import { stableLines } from '@sallyport/protocol/log/stable-lines';
import { utf8EncodeReversibly } from '@sallyport/protocol/wire/utf8';
import { errorText } from '@sallyport/system/system-error';
import type { AccountRecord } from './login-policy.ts';

const tokenLetters = 'hUu';
const otherWritable = 0o022;

/** The folder for that account; undefined when it keeps the root that everybody has. */
export function chrootDirectory(
  setting: string,
  account: AccountRecord,
): { readonly path: string } | LogLine | undefined {
  if (setting.toLowerCase() === 'none') return undefined;
  const values = { h: account.home, U: String(account.uid), u: account.name };
  const path = expand(setting, {
    tokens: { letters: tokenLetters, values },
    home: (user) => (user === '' ? account.home : undefined),
  });
  if (isProblem(path)) return { level: 'fatal', text: path.problem };
  return unsafeRoot(path) ?? { path };
}

/** Why a folder must not become anybody's root. */
function unsafeRoot(path: string): LogLine | undefined {
  if (!path.startsWith('/')) return { level: 'fatal', text: 'chroot path does not begin at root' };
  const ends = [...path.matchAll(/\//g)].map(({ index }) => index + 1);
  for (const end of new Set([...ends, path.length])) {
    const isWhole = end === path.length && !path.endsWith('/');
    const line = unsafeComponent(path.slice(0, end), isWhole);
    if (line !== undefined) return line;
  }
  return undefined;
}

function unsafeComponent(component: string, isWhole: boolean): LogLine | undefined {
  try {
    const stat = fs.statSync(Buffer.from(utf8EncodeReversibly(component)));
    if (stat.uid !== 0 || (stat.mode & otherWritable) !== 0) return stableLines.unsafeChroot(component, isWhole);
    return stat.isDirectory() ? undefined : stableLines.chrootIsNoFolder(component, isWhole);
  } catch (error) {
    const reason = errorText((error as NodeJS.ErrnoException).code ?? '');
    return { level: 'fatal', text: `safely_chroot: stat("${component}"): ${reason}` };
  }
}
