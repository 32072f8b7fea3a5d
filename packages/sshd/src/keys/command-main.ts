// The program `sshd-command`: becomes the account that it is told, starts one program with our descriptors and ends as
// that does. Started by sshd's key process only, in a session of its own, by which both can be ended.

import { onExit } from '@sallyport/system/child-exit';
import { becomeAccount, dieWithParent } from '@sallyport/system/identity';
import { spawnProcess } from '@sallyport/system/spawn';
import type { RunAs } from './question.ts';

const standardPath = '/usr/bin:/bin:/usr/sbin:/sbin';

export function main([text = '']: readonly string[]): Promise<number> {
  const { argv, runAs } = JSON.parse(text) as { readonly argv: readonly string[]; readonly runAs: RunAs };
  const [file = ''] = argv;
  if (process.getuid?.() === 0) becomeAccount(runAs);
  else if (process.getuid?.() !== runAs.uid) throw new Error('only root can run programs as somebody else');
  dieWithParent();
  const { name, home } = runAs;
  const pid = spawnProcess({
    path: file,
    argv,
    env: { PATH: standardPath, USER: name, LOGNAME: name, HOME: home },
    stdio: { 0: 0, 1: 1, 2: 2 },
  });
  return new Promise((resolve) => {
    onExit(pid, (exit) => resolve('code' in exit ? exit.code : 128 + exit.signal));
  });
}
