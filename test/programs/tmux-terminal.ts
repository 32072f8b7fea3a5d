// A terminal for tests of interactive programs: one pane of tmux with a server of its own, a shell in it, keys in
// and the screen out. It ends with its tmux server, by socket.

import { execFileSync } from 'node:child_process';
import { programPath, TemporaryFolder } from '@sallyport/testing';

export class TmuxTerminal {
  readonly #folder: TemporaryFolder;
  readonly #socket: string;

  private constructor(folder: TemporaryFolder) {
    this.#folder = folder;
    this.#socket = folder.file('tmux');
  }

  /** A terminal of that size; what its shell inherits is `env` alone. */
  static async create(
    size: { readonly columns: number; readonly rows: number },
    env: Readonly<Record<string, string>> = {},
  ): Promise<TmuxTerminal> {
    const terminal = new TmuxTerminal(await TemporaryFolder.create());
    const settings = Object.entries(env).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
    const place = ['-x', `${size.columns}`, '-y', `${size.rows}`];
    terminal.#tmux('-f', '/dev/null', 'new-session', '-d', ...place, ...settings, '/bin/sh');
    terminal.#tmux('set-option', '-g', 'status', 'off');
    // The prompt: what is typed before it would stand in front of it.
    await terminal.until(/\S/);
    return terminal;
  }

  /** Types text as it is. */
  type(text: string): void {
    this.#tmux('send-keys', '-l', text);
  }

  /** Presses keys by tmux's names: Enter, C-c. */
  press(...keys: readonly string[]): void {
    this.#tmux('send-keys', ...keys);
  }

  resize(columns: number, rows: number): void {
    this.#tmux('resize-window', '-x', `${columns}`, '-y', `${rows}`);
  }

  /** What is on the screen, lines joined as they were wrapped. */
  screen(): string {
    return this.#tmux('capture-pane', '-p', '-J', '-S', '-200');
  }

  /** Resolves when the screen matches. */
  async until(pattern: RegExp, timeoutMs = 30_000): Promise<RegExpMatchArray> {
    for (const started = performance.now(); ; ) {
      const screen = this.screen();
      const match = pattern.exec(screen);
      if (match !== null) return match;
      if (performance.now() - started > timeoutMs) throw new Error(`no ${pattern} on the screen:\n${screen}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#tmux('kill-server');
    await this.#folder[Symbol.asyncDispose]();
  }

  #tmux(...args: readonly string[]): string {
    const env = { PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8', HOME: this.#folder.path };
    return execFileSync(programPath('tmux'), ['-S', this.#socket, ...args], { encoding: 'utf8', env });
  }
}
