// sftp on a terminal: line editing, completion, history, the interrupt key and job control.

import assert from 'node:assert/strict';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { ourProgram, skipUnless, TemporaryFolder } from '@sallyport/testing';
import { stockSftpServer } from '@sallyport/testing/sftp-process';
import { TmuxTerminal } from './tmux-terminal.ts';

const sftp = ourProgram('sftp');
const needed = skipUnless('openssh-sftp-server', 'tmux');

async function onTerminal(work: (terminal: TmuxTerminal, folder: TemporaryFolder) => Promise<void>): Promise<void> {
  await using folder = await TemporaryFolder.create();
  await using terminal = await TmuxTerminal.create({ columns: 80, rows: 24 }, { LC_ALL: 'C.UTF-8' });
  mkdirSync(folder.file('work'));
  mkdirSync(folder.file('work/folder'));
  for (const name of ['alpha one', 'alphabet']) writeFileSync(folder.file(`work/${name}`), name);
  terminal.type(`PS1='local> '; cd ${folder.file('work')} && clear`);
  terminal.press('Enter');
  await terminal.until(/^local> *$/m);
  await work(terminal, folder);
}

async function start(terminal: TmuxTerminal, options = ''): Promise<void> {
  terminal.type(`${sftp} ${options} -D ${stockSftpServer}`);
  terminal.press('Enter');
  await terminal.until(/^sftp> $/m);
}

test('a line is edited, completed and found again, and the terminal is as before in the end', needed, async () => {
  await onTerminal(async (terminal, folder) => {
    terminal.type('stty -g');
    terminal.press('Enter');
    const [, before = ''] = await terminal.until(/^([0-9a-f]+(?::[0-9a-f]+)+)$/m);
    await start(terminal);
    terminal.type('vers');
    terminal.press('Tab', 'Enter');
    // While a command runs the terminal is in its own mode: keys that come then are no keys of the editor.
    await terminal.until(/^sftp> version\s*\nSFTP protocol version 3\nsftp> $/m);
    terminal.type('cd fo');
    terminal.press('Tab', 'Enter');
    await terminal.until(/^sftp> cd folder\/\s*\nsftp> $/m);
    terminal.type('xpwd');
    terminal.press('C-a', 'C-d', 'Enter');
    await terminal.until(/^sftp> cd folder\/\s*\nsftp> pwd\s*\nRemote working directory: \S+\/work\/folder\nsftp> $/m);
    terminal.type('cd ..');
    terminal.press('Enter');
    await terminal.until(/^sftp> cd \.\.\s*\nsftp> $/m);
    terminal.type('get al');
    terminal.press('Tab');
    await terminal.until(/^alpha one +alphabet *\nsftp> get alpha *$/m);
    terminal.type('\\ ');
    terminal.press('Tab');
    terminal.type('copy');
    terminal.press('Enter');
    await terminal.until(/^sftp> get alpha\\ one copy\s*\nFetching \S+\/alpha one to copy$/m);
    await terminal.until(/^alpha one +100% +9 +\S+\/s +\d\d:\d\d *\nsftp> $/m);
    assert.equal(statSync(folder.file('work/copy')).size, 9);
    terminal.press('Up', 'Up', 'Up', 'C-u');
    terminal.type('!echo from the $((40 + 2)) shell');
    terminal.press('Enter');
    await terminal.until(/^from the 42 shell\nsftp> $/m);
    terminal.press('Up', 'Enter');
    await terminal.until(/^from the 42 shell[^]*^from the 42 shell\nsftp> $/m);
    terminal.type('something that is not wanted');
    await terminal.until(/not wanted *$/m);
    terminal.press('C-c');
    await terminal.until(/not wanted\^C\s*\nsftp> $/m);
    terminal.press('C-d');
    await terminal.until(/^sftp> \s*\nlocal> $/m);
    terminal.type('echo status $?; stty -g');
    terminal.press('Enter');
    const [, after] = await terminal.until(/^status 0\n([0-9a-f:]+)$/m);
    assert.equal(after, before);
  });
});

test('the interrupt key stops a transfer and not the session; the part that came stays', needed, async () => {
  await onTerminal(async (terminal, folder) => {
    writeFileSync(folder.file('work/big'), Buffer.alloc(64 * 1024 * 1024));
    await start(terminal, '-l 8000');
    terminal.type('get big part');
    terminal.press('Enter');
    await terminal.until(/^big +\d+% .* ETA$/m);
    terminal.press('C-c');
    await terminal.until(/Interrupt {2}\s*\n[^]*^sftp> $/m);
    const { size } = statSync(folder.file('work/part'));
    assert.ok(size < 64 * 1024 * 1024, `${size} bytes came`);
    terminal.type('pwd');
    terminal.press('Enter');
    await terminal.until(/^Remote working directory: \S+\nsftp> $/m);
    terminal.type('bye');
    terminal.press('Enter');
    await terminal.until(/^local> *$/m);
  });
});

test(
  'the meter is as wide as the terminal, also when that changes; names of ours are completed and quoted',
  needed,
  async () => {
    await onTerminal(async (terminal, folder) => {
      const name = `${'long '.repeat(10)}name`;
      writeFileSync(folder.file(`work/${name}`), Buffer.alloc(64 * 1024 * 1024));
      await start(terminal, '-l 8000');
      terminal.type('put lo');
      terminal.press('Tab');
      terminal.type(' part');
      await terminal.until(/^sftp> put (?:long\\ )+name\s+part *$/m);
      terminal.press('Enter');
      // Name, percentage, amount, rate and time take the columns of the terminal, but for the last.
      await terminal.until(/^(?=.{60,79}$)(?:long )+.*\d+% .* ETA$/m);
      terminal.resize(110, 24);
      await terminal.until(/^(?=.{100,109}$)(?:long )+name +\d+% .* ETA$/m);
      // What stood there is wrapped by the terminal; the meter goes on with less of the name.
      terminal.resize(60, 24);
      await terminal.until(/(?<!long )(?:long ){3,6} +\d+% .* ETA$/m);
      terminal.press('C-c');
      await terminal.until(/Interrupt {2}\s*\n[^]*^sftp> $/m);
      terminal.press('C-d');
      await terminal.until(/^local> *$/m);
    });
  },
);

test('a line that is being typed survives another width of the terminal and a stop', needed, async () => {
  await onTerminal(async (terminal) => {
    await start(terminal);
    terminal.type(`!echo ${'wide '.repeat(16)}`);
    await terminal.until(/^sftp> !echo (?:wide ){15}wide/m);
    terminal.resize(50, 24);
    terminal.press('C-z');
    await terminal.until(/Stopped[^]*^local> *$/m);
    terminal.type('fg');
    terminal.press('Enter');
    await terminal.until(/^local> fg\n[^]*^sftp> !echo (?:wide )+/m);
    terminal.type('end');
    terminal.press('Enter');
    await terminal.until(/^(?:wide ){16}end\nsftp> $/m);
    terminal.press('C-d');
    await terminal.until(/^local> *$/m);
  });
});

test('a terminal that cannot move its cursor gets plain lines', needed, async () => {
  await onTerminal(async (terminal) => {
    terminal.type('export TERM=dumb');
    terminal.press('Enter');
    await start(terminal);
    terminal.press('C-c');
    await terminal.until(/Interrupt {2}\s*\nsftp> $/m);
    terminal.type('version');
    terminal.press('Enter');
    await terminal.until(/^sftp> version\nSFTP protocol version 3$/m);
    terminal.press('C-d');
    await terminal.until(/^local> *$/m);
  });
});
