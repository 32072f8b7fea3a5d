// An agent for one test: our ssh-agent in the foreground or the stock one, on a socket in a temporary folder. It ends
// with the test.

import { once } from 'node:events';
import { programPath } from './peers.ts';
import { type ProgramOptions, type RunningProgram, startProgram } from './program.ts';
import { startMain } from './program-main.ts';
import { TemporaryFolder } from './temporary-folder.ts';

/** No file of tests may take longer. */
const longestMs = 900_000;

export interface AgentFixtureOptions extends ProgramOptions {
  /** The URL of the module with our ssh-agent's main; the stock program unless told. */
  readonly module?: string;
  readonly args?: readonly string[];
}

export class AgentFixture implements AsyncDisposable {
  readonly folder: TemporaryFolder;
  readonly program: RunningProgram;
  /** SSH_AUTH_SOCK and a HOME without keys. */
  readonly env: Readonly<Record<string, string>>;

  private constructor(folder: TemporaryFolder, program: RunningProgram) {
    this.folder = folder;
    this.program = program;
    this.env = { SSH_AUTH_SOCK: folder.file('agent'), HOME: folder.path };
  }

  static async start({ module, args = [], ...options }: AgentFixtureOptions = {}): Promise<AgentFixture> {
    const folder = await TemporaryFolder.create();
    const argv = ['-D', '-a', folder.file('agent'), ...args];
    const own = { timeoutMs: longestMs, ...options, env: { HOME: folder.path, ...options.env } };
    const program =
      module === undefined ? startProgram(programPath('ssh-agent'), argv, own) : startMain(module, argv, own);
    if (program.child.stdout !== null) await once(program.child.stdout, 'data');
    return new AgentFixture(folder, program);
  }

  get path(): string {
    return this.folder.file('agent');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program.end();
    await this.folder[Symbol.asyncDispose]();
  }
}
