// ssh on a terminal, from the question about a new host to the prompt of the local shell afterwards.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { OpensshFixture, ourProgram, skipUnless } from '@sallyport/testing';
import { TmuxTerminal } from './tmux-terminal.ts';

const ssh = ourProgram('ssh');
// The stock sshd gives terminals only as root.
const needed = skipUnless('openssh-server', 'tmux', 'root');

interface Place {
  readonly terminal: TmuxTerminal;
  readonly fixture: OpensshFixture;
  /** The command line that logs in, without a known host. */
  readonly command: (...options: readonly string[]) => string;
  readonly knownHosts: string;
}

async function onTerminal(work: (place: Place) => Promise<void>): Promise<void> {
  await using fixture = await OpensshFixture.create();
  await using server = await fixture.startServer();
  await using terminal = await TmuxTerminal.create({ columns: 93, rows: 31 });
  terminal.type("PS1='local> '");
  terminal.press('Enter');
  await terminal.until(/^local> *$/m);
  const knownHosts = fixture.folder.file('new_known_hosts');
  const command = (...options: readonly string[]): string => {
    const own = [`UserKnownHostsFile=${knownHosts}`, 'BatchMode=no', 'LogLevel=INFO', ...options];
    return [ssh, ...fixture.clientArguments(server, own)].join(' ');
  };
  await work({ terminal, fixture, command, knownHosts });
}

test(
  'a new host is asked about on the terminal, a shell gets its size and kind, ~. puts the terminal back',
  needed,
  async () => {
    await onTerminal(async ({ terminal, command, knownHosts }) => {
      terminal.type(`stty -g; ${command('StrictHostKeyChecking=ask')}`);
      terminal.press('Enter');
      const [, before = ''] = await terminal.until(/^([0-9a-f]+(?::[0-9a-f]+)+)$/m);
      await terminal.until(/\(yes\/no\/\[fingerprint\]\)\? $/m);
      terminal.type('yes');
      terminal.press('Enter');
      await terminal.until(
        /Warning: Permanently added '\[127\.0\.0\.1\]:\d+' \(ED25519\) to the list of known hosts\./,
      );
      assert.match(readFileSync(knownHosts, 'utf8'), /^\[127\.0\.0\.1\]:\d+ ssh-ed25519 \S+\n$/);
      terminal.type("PS1='remote> '; stty size; echo kind=$TERM");
      terminal.press('Enter');
      await terminal.until(/^31 93$/m);
      await terminal.until(/^kind=(?:screen|tmux)/m);
      terminal.resize(70, 20);
      terminal.type('until [ "$(stty size)" = "20 70" ]; do sleep 0.1; done; stty size');
      terminal.press('Enter');
      await terminal.until(/^20 70$/m);
      // What comes before the shell has let go of the terminal is for the shell's editor.
      terminal.type('echo be$((1+1))gin; cat');
      terminal.press('Enter');
      await terminal.until(/^be2gin$/m);
      terminal.type('through cat');
      terminal.press('Enter');
      await terminal.until(/^through cat\nthrough cat$/m);
      terminal.press('C-c');
      await terminal.until(/\^C\s*remote> \s*$/);
      terminal.type('echo after interrupt');
      terminal.press('Enter');
      await terminal.until(/^after interrupt$/m);
      terminal.type('~?');
      await terminal.until(/Supported escape sequences:/);
      terminal.press('Enter');
      terminal.type('~.');
      await terminal.until(/^Connection to 127\.0\.0\.1 closed\.\nlocal> *$/m);
      terminal.press('Enter');
      terminal.type('stty -g');
      terminal.press('Enter');
      await terminal.until(new RegExp(`${before}\\n[^]*${before}`));
    });
  },
);

test('logout gives the status of the shell, and the terminal is as it was', needed, async () => {
  await onTerminal(async ({ terminal, command }) => {
    terminal.type(
      `${command('StrictHostKeyChecking=no')}; echo status=$?; stty -a | grep -o ' .\\?icanon\\| .\\?echo '`,
    );
    terminal.press('Enter');
    await terminal.until(/Permanently added/);
    terminal.type('exit 7');
    terminal.press('Enter');
    await terminal.until(/^status=7$/m);
    await terminal.until(/^ icanon\n echo/m);
  });
});

test('-tt gives a terminal to a command, and its end of input is the end of ours', needed, async () => {
  await onTerminal(async ({ terminal, command }) => {
    terminal.type(`${command('StrictHostKeyChecking=no', 'RequestTTY=force')} 'tty && cat'; echo status=$?`);
    terminal.press('Enter');
    await terminal.until(/^\/dev\/pts\/\d+$/m);
    terminal.type('typed');
    terminal.press('Enter');
    await terminal.until(/^typed\ntyped$/m);
    terminal.press('C-d');
    await terminal.until(/^status=0$/m);
  });
});

test('~^Z gives the terminal to the local shell until fg, as it was', needed, async () => {
  await onTerminal(async ({ terminal, command }) => {
    terminal.type(command('StrictHostKeyChecking=no'));
    terminal.press('Enter');
    await terminal.until(/Permanently added/);
    terminal.type("PS1='remote> '; echo there");
    terminal.press('Enter');
    await terminal.until(/^there$/m);
    terminal.type('~');
    terminal.press('C-z');
    await terminal.until(/~\^Z \[suspend ssh\][^]*^local> *$/m);
    terminal.type("stty -a | grep -o ' .\\?icanon\\| .\\?echo '; echo here");
    terminal.press('Enter');
    await terminal.until(/^ icanon\n echo ?\nhere$/m);
    terminal.type('fg');
    terminal.press('Enter');
    terminal.type('echo there again');
    terminal.press('Enter');
    await terminal.until(/^there again$/m);
    terminal.type('exit');
    terminal.press('Enter');
    await terminal.until(/^Connection to 127\.0\.0\.1 closed\.$/m);
  });
});

test('a signal that ends ssh leaves the terminal as it was', needed, async () => {
  await onTerminal(async ({ terminal, command, fixture }) => {
    const pidFile = fixture.folder.file('pid');
    const ssh = command('StrictHostKeyChecking=no');
    terminal.type(`sh -c 'echo $$ > ${pidFile}; exec ${ssh}'; echo status=$?; stty -a | grep -o ' .\\?icanon'`);
    terminal.press('Enter');
    await terminal.until(/Permanently added/);
    terminal.type('echo there');
    terminal.press('Enter');
    await terminal.until(/^there$/m);
    process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGTERM');
    await terminal.until(/status=255\n icanon$/m);
  });
});
