// A folder for one test: own name, mode 0755 (sshd refuses keys below writable folders), removed at the end with all it
// holds.

import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class TemporaryFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async create(): Promise<TemporaryFolder> {
    const path = await mkdtemp(join(tmpdir(), 'sallyport-test-'));
    await chmod(path, 0o755);
    return new TemporaryFolder(path);
  }

  /** The path of `name` in this folder. */
  file(name: string): string {
    return join(this.path, name);
  }

  /** Writes a file with that mode and returns its path. */
  async write(name: string, contents: string | Uint8Array, mode = 0o600): Promise<string> {
    const path = this.file(name);
    await writeFile(path, contents, { mode });
    await chmod(path, mode);
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Who is not root cannot empty folders without permission to write.
    spawnSync('chmod', ['-R', 'u+rwX', this.path]);
    // Programs that have just been ended may still put something there.
    await rm(this.path, { recursive: true, force: true, maxRetries: 10 });
  }
}
