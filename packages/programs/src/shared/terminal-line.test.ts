import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onExit } from '@sallyport/system/child-exit';
import { openDescriptor } from '@sallyport/system/descriptor-stream';
import { closeDescriptor } from '@sallyport/system/descriptors';
import { openPty } from '@sallyport/system/pty';
import { type Exit, spawnProcess } from '@sallyport/system/spawn';
import { hideEcho } from '@sallyport/system/terminal-echo';
import { mainArguments, runProgram, TemporaryFolder } from '@sallyport/testing';
import { hasTerminal, readTerminalLine } from './terminal-line.ts';

/** ssh-keygen on a terminal of its own: what it shows, what is typed, how it ends. */
class Session {
  readonly path: string;
  readonly pid: number;
  readonly exited: Promise<Exit>;
  #shown = '';
  readonly #slaveFd: number;
  readonly #stream;
  #changed = (): void => undefined;

  constructor(argv: readonly string[]) {
    const pty = openPty({ columns: 80, rows: 24, widthPixels: 0, heightPixels: 0 });
    this.path = pty.path;
    this.#slaveFd = pty.slaveFd;
    this.#stream = openDescriptor(pty.masterFd);
    this.#stream.onData = (chunk) => {
      this.#shown += Buffer.from(chunk).toString('utf8');
      this.#changed();
    };
    this.#stream.resume();
    const main = import.meta.resolve('@sallyport/programs/ssh-keygen/main');
    this.pid = spawnProcess({
      path: process.execPath,
      argv: [process.execPath, ...mainArguments(main, argv)],
      env: { PATH: '/usr/bin:/bin' },
      stdio: {},
      newSession: true,
      terminalPath: pty.path,
    });
    this.exited = new Promise((resolve) => onExit(this.pid, resolve));
  }

  get shown(): string {
    return this.#shown;
  }

  async until(text: string, from = 0): Promise<void> {
    const started = performance.now();
    while (!this.#shown.includes(text, from)) {
      assert.ok(performance.now() - started < 20_000, `no ${JSON.stringify(text)} in ${JSON.stringify(this.#shown)}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 1000);
        this.#changed = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  type(text: string): void {
    this.#stream.write([Buffer.from(text, 'utf8')]);
  }

  async echoes(): Promise<boolean> {
    const { stdout } = await runProgram('/usr/bin/stty', ['-F', this.path, '-a']);
    return / echo /.test(stdout.toString());
  }

  async end(): Promise<Exit> {
    const exit = await this.exited;
    closeDescriptor(this.#slaveFd);
    this.#stream.destroy();
    return exit;
  }
}

test('a passphrase is asked for on the terminal and not shown', async () => {
  await using folder = await TemporaryFolder.create();
  const path = folder.file('id');
  const session = new Session(['-q', '-a', '1', '-f', path]);
  await session.until('(empty for no passphrase): ');
  assert.equal(await session.echoes(), false);
  session.type('open sesamf\u007fe\n');
  await session.until('same passphrase again: ');
  session.type('open sesame\n');
  assert.deepEqual(await session.exited, { code: 0 });
  assert.equal(await session.echoes(), true);
  const question = `Enter passphrase for "${path}" (empty for no passphrase): \r\nEnter same passphrase again: \r\n`;
  await session.until(question);
  assert.equal(session.shown, question);
  await session.end();
  const reading = new Session(['-y', '-P', 'open sesame', '-f', path]);
  await reading.until('ssh-ed25519 ');
  assert.deepEqual(await reading.end(), { code: 0 });
});

test('an interrupt at the question ends the program by that signal with the terminal as it was', async () => {
  await using folder = await TemporaryFolder.create();
  const session = new Session(['-q', '-f', folder.file('id')]);
  await session.until('(empty for no passphrase): ');
  session.type('half a passphr\u0003');
  assert.deepEqual(await session.exited, { signal: 2, coreDumped: false });
  assert.equal(await session.echoes(), true);
  await session.end();
});

test('a stop at the question brings the echo back, and the question comes again after it', async () => {
  await using folder = await TemporaryFolder.create();
  const session = new Session(['-q', '-a', '1', '-f', folder.file('id')]);
  await session.until('(empty for no passphrase): ');
  const from = session.shown.length;
  // A session leader without a shell is never stopped by the terminal, so this signal only passes through.
  process.kill(session.pid, 'SIGTSTP');
  await session.until('(empty for no passphrase): ', from);
  assert.equal(await session.echoes(), false);
  session.type('\n');
  await session.until('same passphrase again: ');
  session.type('\n');
  assert.deepEqual(await session.exited, { code: 0 });
  await session.end();
});

test('a line longer than any passphrase is cut and leaves nothing for the next question', async () => {
  await using folder = await TemporaryFolder.create();
  const session = new Session(['-q', '-a', '1', '-f', folder.file('id')]);
  await session.until('(empty for no passphrase): ');
  session.type(`${'x'.repeat(2000)}\n`);
  await session.until('same passphrase again: ');
  session.type(`${'x'.repeat(1023)}\n`);
  assert.deepEqual(await session.exited, { code: 0 });
  await session.end();
});

test('what is no terminal has no echo to hide', () => {
  const pty = openPty({ columns: 80, rows: 24, widthPixels: 0, heightPixels: 0 });
  const restore = hideEcho(pty.slaveFd);
  assert.ok(restore);
  restore();
  for (const fd of [pty.masterFd, pty.slaveFd]) closeDescriptor(fd);
  assert.equal(hideEcho(pty.slaveFd), undefined);
});

test('without a terminal and without leave to use stdin there is no answer', { skip: hasTerminal() }, async () => {
  assert.equal(await readTerminalLine('Question: ', { echo: false, mayUseStandardInput: false }), undefined);
});
