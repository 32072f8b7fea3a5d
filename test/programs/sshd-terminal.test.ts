// Terminals of sessions (RFC 4254 sections 6.2 and 6.7): size, changes of size, modes, signals of the line, hang-up.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { encodeTerminalModes } from '@sallyport/protocol/terminal/terminal-modes';
import type { StockServer } from '@sallyport/testing';
import { programPath, skipUnless } from '@sallyport/testing';
import type { Client, RemoteProcess } from 'sallyport';
import { SshdFixture, waysToRun } from './sshd-fixture.ts';
import { TmuxTerminal } from './tmux-terminal.ts';

const fixture = await SshdFixture.create();
after(() => fixture[Symbol.asyncDispose]());

const size = { columns: 101, rows: 33, widthPixels: 808, heightPixels: 594 };

/** What a program has written so far, and waiting for more. */
class Screen {
  text = '';
  readonly #chunks: AsyncIterator<Uint8Array>;

  constructor(process: RemoteProcess) {
    this.#chunks = process.stdout[Symbol.asyncIterator]();
  }

  async untilLength(length: number): Promise<void> {
    while (this.text.length < length) await this.#more(`${length} characters`);
  }

  async until(pattern: RegExp): Promise<RegExpMatchArray> {
    for (;;) {
      const match = pattern.exec(this.text);
      if (match !== null) return match;
      await this.#more(String(pattern));
    }
  }

  async #more(wanted: string): Promise<void> {
    const { done, value } = await this.#chunks.next();
    if (done === true) throw new Error(`ended without ${wanted}: ${JSON.stringify(this.text)}`);
    this.text += new TextDecoder().decode(value);
  }
}

for (const { as, needs } of waysToRun) {
  describe(`a terminal of sshd as ${as}`, needs, () => {
    let server: StockServer;
    let client: Client;
    before(async () => {
      server = await fixture.start(as);
      client = await fixture.connect(server);
    });
    after(async () => {
      await client?.end();
      await server?.end();
    });

    test('it has the size, TERM and name that the session is told', async () => {
      const command = 'stty size; echo $TERM; echo $SSH_TTY; tty; ls -l $(tty)';
      const { stdout, exit } = await client.run(command, { pty: { term: 'vt220', ...size } });
      const [rowsAndColumns, term, name, tty, listing] = stdout.trim().split('\r\n');
      assert.deepEqual([rowsAndColumns, term, name, exit.code], ['33 101', 'vt220', tty, 0]);
      assert.match(listing ?? '', new RegExp(` ${fixture.account.name} `));
      await server.untilLog(/Starting session: command on pts\/\d+ for /);
    });

    test('it is the controlling terminal of a session of its own', async () => {
      const { stdout } = await client.run('echo $$; cut -d" " -f5,6,7,8 /proc/$$/stat', { pty: true });
      const [pid, rest = ''] = stdout.trim().split('\r\n');
      const [group, session, terminal, foreground] = rest.split(' ');
      assert.deepEqual([group, session], [pid, pid]);
      assert.ok(Number(terminal) > 0 && Number(foreground) > 0);
    });

    test('a change of size reaches the program as SIGWINCH', async () => {
      const process = await client.spawn('trap "stty size" WINCH; echo ready; while :; do sleep 0.05; done', {
        pty: size,
      });
      const screen = new Screen(process);
      await screen.until(/ready/);
      process.resize({ columns: 60, rows: 20 });
      await screen.until(/20 60\r\n/);
      process.abort();
    });

    test('modes of the client are set (RFC 4254 section 8)', async () => {
      const modes = encodeTerminalModes([
        { opcode: 53, argument: 0 },
        { opcode: 1, argument: 7 },
        { opcode: 72, argument: 0 },
      ]);
      const { stdout } = await client.run('stty -a', { pty: { ...size, modes } });
      assert.match(stdout, /-echo\b/);
      assert.match(stdout, /intr = \^G/);
      assert.match(stdout, /-onlcr/);
    });

    test('the interrupt character is a signal for the foreground', async () => {
      const process = await client.spawn('trap "echo caught; exit 3" INT; echo ready; while :; do sleep 0.05; done', {
        pty: true,
      });
      const screen = new Screen(process);
      await screen.until(/ready/);
      await process.stdin.write('\u0003');
      await screen.until(/caught/);
      assert.deepEqual(await process.exited, { code: 3 });
    });

    test("the end of the client's input is no end of the terminal, and its end-of-file character is", async () => {
      const process = await client.spawn('cat; echo after', { pty: true });
      const screen = new Screen(process);
      await process.stdin.write('one\n');
      await screen.until(/one\r\none\r\n/);
      await process.stdin.write('\u0004');
      await screen.until(/after/);
      assert.deepEqual(await process.exited, { code: 0 });
    });

    test('the last output of a program arrives before its status', async () => {
      for (let i = 0; i < 10; i++) {
        const { stdout, exit } = await client.run('seq 1 2000; exit 4', { pty: true });
        assert.equal(exit.code, 4);
        assert.ok(stdout.endsWith('\r\n1999\r\n2000\r\n'), stdout.slice(-40));
        assert.equal(stdout.split('\r\n').length, 2001);
      }
    });

    test('much input and output at once do not stop each other', async () => {
      const process = await client.spawn(
        'stty raw -echo; echo ready; head -c 200000 | wc -c; head -c 200000 /dev/zero | tr "\\0" x',
        { pty: true },
      );
      const screen = new Screen(process);
      await screen.until(/ready/);
      await process.stdin.write('y'.repeat(200_000));
      await screen.until(/200000\n/);
      const before = screen.text.indexOf('x') < 0 ? screen.text.length : screen.text.indexOf('x');
      await screen.untilLength(before + 200_000);
    });

    test('a channel that closes hangs its terminal up', async () => {
      const file = `/tmp/sallyport-hup-${process.pid}-${as}`;
      const program = await client.spawn(
        `trap '' TERM; trap 'echo hup > ${file}; exit' HUP; echo ready; while :; do sleep 0.05; done`,
        { pty: true },
      );
      await new Screen(program).until(/ready/);
      program.abort();
      const { stdout } = await client.run(`while [ ! -s ${file} ]; do sleep 0.05; done; cat ${file}; rm ${file}`);
      assert.equal(stdout, 'hup\n');
    });

    test('a break is sent on a terminal and refused without one (RFC 4335)', async () => {
      const process = await client.spawn('echo ready; cat', { pty: true });
      const screen = new Screen(process);
      await screen.until(/ready/);
      await process.break(500);
      process.abort();
      const without = await client.spawn('cat');
      await assert.rejects(without.break(500));
      without.abort();
    });
  });

  const withTmux = needs.skip === false ? skipUnless('tmux') : needs;
  test(`the stock ssh has an interactive shell on sshd as ${as}`, withTmux, async () => {
    await using server = await fixture.start(as);
    await using terminal = await TmuxTerminal.create({ columns: 90, rows: 25 });
    terminal.type("PS1='here> '");
    terminal.press('Enter');
    await terminal.until(/^here> *$/m);
    const command = [programPath('ssh'), '-tt', ...fixture.openssh.clientArguments(server)].map((word) => `'${word}'`);
    terminal.type(command.join(' '));
    terminal.press('Enter');
    await server.untilLog(/Starting session: shell on pts\/\d+ for /);
    terminal.type('PS1="there> "; echo size $(stty size)');
    terminal.press('Enter');
    await terminal.until(/size 25 90\n/);
    terminal.resize(70, 20);
    terminal.type('until [ "$(stty size)" = "20 70" ]; do sleep 0.1; done; echo size $(stty size)');
    terminal.press('Enter');
    await terminal.until(/size 20 70\n/);
    // One job, which has the terminal when it speaks: between two the key would be the shell's.
    terminal.type("sh -c 'echo be$((1+1))gin; exec cat > /dev/null'");
    terminal.press('Enter');
    await terminal.until(/be2gin\n/);
    terminal.press('C-c');
    await terminal.until(/be2gin\n\^C\s*there> /);
    terminal.type('echo st$((1+1))ll; exit 7');
    terminal.press('Enter');
    // What is typed before the local shell is back is for nobody.
    await terminal.until(/st2ll\n[^]*^here> *$/m);
    terminal.type('echo status $?');
    terminal.press('Enter');
    await terminal.until(/status 7\n/);
    assert.match(readFileSync(`/proc/${server.pid}/comm`, 'utf8'), /sshd/);
  });
}
