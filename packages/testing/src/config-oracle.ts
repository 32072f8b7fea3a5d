// The installed OpenSSH as an oracle of configuration: what `ssh -G` and `sshd -T` make of a file, and the algorithm
// names they know. Files lie in a temporary folder of the oracle.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AlgorithmNames } from '@sallyport/protocol/config/keyword';
import { findProgram } from './peers.ts';

/** What a program printed; complaints only if it failed. */
export interface OracleAnswer {
  readonly lines: readonly string[];
  readonly complaints: readonly string[];
}

/** False, or why nothing can be compared: another release has other defaults and texts. */
export function configOracleMissing(release: string): string | false {
  if (findProgram('ssh') === undefined || findProgram('sshd') === undefined) return 'ssh and sshd are not installed';
  const { stderr } = spawnSync('ssh', ['-V'], { encoding: 'utf8' });
  return stderr.startsWith(`OpenSSH_${release}`) ? false : `the installed OpenSSH is not ${release}`;
}

export class ConfigOracle implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'sallyport-config-'));
  readonly #sshd = findProgram('sshd') ?? 'sshd';

  /** The path of every file that is asked about. */
  get path(): string {
    return join(this.#folder, 'config');
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** A new ed25519 host key. */
  hostKey(): string {
    const path = join(this.#folder, 'host-key');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path]);
    return path;
  }

  /** What `ssh -G host` makes of a configuration. */
  ssh(text: string, host: string): OracleAnswer {
    writeFileSync(this.path, text);
    const noise = /^Pseudo-terminal will not/;
    return answer(spawnSync('ssh', ['-F', this.path, '-G', host], { encoding: 'utf8', input: '' }), noise);
  }

  /** What `sshd -T` makes of a configuration, for a connection as -C describes it. */
  sshd(text: string, connection?: string): OracleAnswer {
    writeFileSync(this.path, text);
    const spec = connection === undefined ? [] : ['-C', connection];
    return answer(spawnSync(this.#sshd, ['-T', '-f', this.path, ...spec], { encoding: 'utf8' }));
  }

  /** The names that the installed programs know, and their defaults. */
  algorithms(): AlgorithmNames {
    const { lines } = this.ssh('', 'host');
    const names = (query: string, keyword: string): { known: string[]; defaults: string[] } => {
      const line = lines.find((one) => one.startsWith(`${keyword} `)) ?? '';
      const known = execFileSync('ssh', ['-Q', query], { encoding: 'utf8' }).trim().split('\n');
      return { known, defaults: line.slice(keyword.length + 1).split(',') };
    };
    return {
      ciphers: names('cipher', 'ciphers'),
      macs: names('mac', 'macs'),
      keyExchanges: names('kex', 'kexalgorithms'),
      signatures: names('HostKeyAlgorithms', 'hostkeyalgorithms'),
      caSignatures: names('sig', 'casignaturealgorithms'),
    };
  }
}

function answer(
  result: { readonly stdout: string; readonly stderr: string; readonly status: number | null },
  noise?: RegExp,
): OracleAnswer {
  const said = result.stderr.split(/\r?\n/).filter((line) => line !== '' && noise?.test(line) !== true);
  return { lines: result.stdout.trim().split('\n'), complaints: result.status === 0 ? [] : said };
}
