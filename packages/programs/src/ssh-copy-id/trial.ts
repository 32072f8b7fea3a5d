// Logging in to see what is there already: with one key and nothing else, and without any, for the name of the server's
// software. What ssh would say goes to a file and is looked at here.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openRemoteProgram } from '../ssh/in-process.ts';
import type { CopyIdOptions } from './options.ts';

export type TrialOutcome =
  | { readonly kind: 'let-in' | 'denied' }
  | { readonly kind: 'failed'; readonly lines: readonly string[] };

export class Trials implements Disposable {
  readonly #options: CopyIdOptions;
  /** For the logs, and for public keys whose private halves an agent has. */
  readonly #folder = mkdtempSync(join(tmpdir(), 'ssh-copy-id-'));

  constructor(options: CopyIdOptions) {
    this.#options = options;
  }

  /** Logs in with one key: `privatePath`, or the agent's of that line. */
  async withKey(line: string, privatePath: string | undefined): Promise<TrialOutcome> {
    const identity = privatePath ?? join(this.#folder, 'key.pub');
    if (privatePath === undefined) writeFileSync(identity, `${line}\n`, { mode: 0o600 });
    const { status, log } = await this.#connect([
      ...['-i', identity, '-oControlPath=none', '-oLogLevel=INFO'],
      ...['-oPreferredAuthentications=publickey', '-oIdentitiesOnly=yes'],
    ]);
    if (status === 0 || (this.#options.usesSftp && log.includes('allows sftp connections only')))
      return { kind: 'let-in' };
    if (log.includes('Permission denied')) return { kind: 'denied' };
    return { kind: 'failed', lines: log.split(/\r?\n/).filter((text) => text !== '') };
  }

  /** As the server names it; empty when it cannot be told. */
  async remoteSoftware(): Promise<string> {
    const { log } = await this.#connect(['-v', '-oPreferredAuthentications=none', '-oControlPath=none']);
    return /remote software version (.*)/.exec(log)?.[1]?.trim() ?? '';
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #connect(first: readonly string[]): Promise<{ readonly status: number; readonly log: string }> {
    const file = join(this.#folder, 'log');
    rmSync(file, { force: true });
    const program = await openRemoteProgram({
      sshArguments: ['-a', '-x', '-E', file, ...first, ...this.#options.sshArguments],
      host: this.#options.host,
      program: { command: 'exit' },
    });
    program?.stream.end();
    program?.stream.resume();
    const status = (await program?.exit) ?? 255;
    return { status, log: readIfThere(file) };
  }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
