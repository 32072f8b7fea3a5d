// An account of this machine for one test, with a home of its own: made and removed with the system's tools, which only
// root may do. A test process that ends early removes it as well.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

import { hashPassword } from '@sallyport/system/accounts';

import type { Account } from './peers.ts';
import { findAccount, programPath } from './peers.ts';
import { runProgram } from './program.ts';

export interface TemporaryAccountOptions {
  /** No password logs in unless told; '' is the empty password. */
  readonly password?: string;
  /** /bin/sh unless told. */
  readonly shell?: string;
  /** Supplementary groups that exist. */
  readonly groups?: readonly string[];
  /** More arguments of useradd(8). */
  readonly useradd?: readonly string[];
}

/** Cheap to compute: it protects nothing. */
const passwordSetting = '$6$rounds=1000$sallyport';
const attempts = 20;
/** Exit statuses of userdel(8). */
const [noAccount, noHome] = [6, 12];

export class TemporaryAccount implements Account, AsyncDisposable {
  static #count = 0;
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
  readonly #onExit: () => void;

  private constructor(account: Account) {
    this.name = account.name;
    this.uid = account.uid;
    this.gid = account.gid;
    this.home = account.home;
    this.shell = account.shell;
    this.#onExit = () => void spawnSync(programPath('userdel'), ['-r', '-f', this.name], { stdio: 'ignore' });
    process.once('exit', this.#onExit);
  }

  /** Only for root. */
  static async create(options: TemporaryAccountOptions = {}): Promise<TemporaryAccount> {
    await removeForgotten();
    const name = `sptest-${process.pid}-${++TemporaryAccount.#count}`;
    const { password, shell = '/bin/sh', groups = [], useradd = [] } = options;
    const hash = password === undefined ? '*' : password === '' ? '' : hashPassword(password, passwordSetting);
    const args = ['-m', '-s', shell, '-p', hash ?? '*', ...(groups.length > 0 ? ['-G', groups.join(',')] : [])];
    await retry(programPath('useradd'), [...args, ...useradd, name]);
    const account = findAccount(name);
    if (account === undefined) throw new Error(`useradd made no account ${name}`);
    return new TemporaryAccount(account);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off('exit', this.#onExit);
    await retry(programPath('userdel'), ['-r', '-f', this.name]);
  }
}

/** Accounts of test processes that were killed before they could remove them. */
async function removeForgotten(): Promise<void> {
  for (const [, name = '', pid] of readFileSync('/etc/passwd', 'utf8').matchAll(/^(sptest-(\d+)-\d+):/gm)) {
    if (existsSync(`/proc/${pid}`)) continue;
    try {
      await retry(programPath('userdel'), ['-r', '-f', name]);
    } catch (error) {
      // Another test process may have removed it at the same time.
      if (findAccount(name) !== undefined) throw error;
    }
  }
}

/** The tools give up when another one holds the lock of the user database. */
async function retry(program: string, args: readonly string[]): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const { code, stderr } = await runProgram(program, args);
    if (code === 0 || (args[0] === '-r' && (code === noAccount || code === noHome))) return;
    if (attempt === attempts || !/lock/.test(stderr)) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
