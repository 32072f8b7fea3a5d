import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { openSync } from 'node:fs';
import { test } from 'node:test';
import type { TerminalMode } from '@sallyport/protocol/terminal/terminal-modes';
import { terminalModes } from '@sallyport/protocol/terminal/terminal-modes';
import { closeDescriptor } from './descriptors.ts';
import type { Pty } from './pty.ts';
import { openPty } from './pty.ts';
import {
  lineEditingSettings,
  modesOf,
  rawSettings,
  setTerminalSettings,
  terminalSettings,
  withModes,
} from './terminal.ts';
import { characterIndexes, flags, speeds } from './terminal-flags.ts';

function stty(pty: Pty, ...args: readonly string[]): string {
  return execFileSync('stty', ['-F', pty.path, ...args], {
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
  });
}

function withPty(use: (pty: Pty) => void): void {
  const pty = openPty({ columns: 80, rows: 24, widthPixels: 0, heightPixels: 0 });
  try {
    use(pty);
  } finally {
    closeDescriptor(pty.masterFd);
    closeDescriptor(pty.slaveFd);
  }
}

function argumentOf(modes: readonly TerminalMode[], name: string): number | undefined {
  const opcode = terminalModes.find((row) => row.name === name)?.opcode;
  return modes.find((mode) => mode.opcode === opcode)?.argument;
}

test('The settings of a terminal are what stty sets and shows', () => {
  withPty((pty) => {
    stty(pty, 'intr', '^X', 'quit', 'undef', '-icrnl', 'ixany', '-echo', 'tostop', '-onlcr', '19200');
    const modes = modesOf(terminalSettings(pty.slaveFd));
    const expected = { VINTR: 24, VQUIT: 255, ICRNL: 0, IXANY: 1, ECHO: 0, TOSTOP: 1, ONLCR: 0, ICANON: 1, CS8: 1 };
    for (const [name, argument] of Object.entries(expected)) assert.equal(argumentOf(modes, name), argument, name);
    assert.deepEqual(modes.slice(0, 2), [
      { opcode: 129, argument: 19_200 },
      { opcode: 128, argument: 19_200 },
    ]);
  });
});

test('The modes of one terminal make another one the same (RFC 4254 section 8)', () => {
  withPty((from) => {
    withPty((to) => {
      stty(
        from,
        'erase',
        '^H',
        'kill',
        'undef',
        'susp',
        'undef',
        '-ixon',
        'iutf8',
        '-icanon',
        'noflsh',
        'ocrnl',
        '-opost',
        '9600',
      );
      stty(to, 'susp', '^Y', 'kill', '^K', '38400');
      const modes = modesOf(terminalSettings(from.slaveFd));
      setTerminalSettings(to.slaveFd, withModes(terminalSettings(to.slaveFd), modes), 'now');
      assert.equal(stty(to, '-a').replace(/^.*line = \d+;/s, ''), stty(from, '-a').replace(/^.*line = \d+;/s, ''));
      assert.match(stty(to, '-a'), /^speed 9600 baud/);
    });
  });
});

test('Every flag and character of the table arrives in the terminal on its own', () => {
  withPty((pty) => {
    const start = terminalSettings(pty.slaveFd);
    for (const { name, opcode } of terminalModes) {
      const isFlag = flags[name] !== undefined;
      if (!isFlag && characterIndexes[name] === undefined) continue;
      for (const argument of isFlag ? [1, 0] : [7, 255]) {
        const wanted = withModes(start, [{ opcode, argument }]);
        assert.equal(argumentOf(modesOf(wanted), name), argument, name);
        // A pseudo-terminal has eight bits without parity, whatever it is told, and the kernel uses PENDIN itself.
        if (flags[name]?.[0] === 'control' || name === 'PENDIN') continue;
        setTerminalSettings(pty.slaveFd, wanted, 'now');
        assert.deepEqual(terminalSettings(pty.slaveFd), wanted, name);
      }
    }
    setTerminalSettings(pty.slaveFd, start, 'when-written');
    assert.deepEqual(terminalSettings(pty.slaveFd), start);
  });
});

test('Modes that this system lacks and speeds that no terminal has change nothing', () => {
  withPty((pty) => {
    const settings = terminalSettings(pty.masterFd);
    const modes = [17, 11, 15, 16, 127, 159].map((opcode) => ({ opcode, argument: 1 }));
    modes.push({ opcode: 128, argument: 12_345 }, { opcode: 129, argument: 0 });
    assert.deepEqual(withModes(settings, modes), settings);
  });
});

test('Input and output speeds are kept apart', () => {
  withPty((pty) => {
    const settings = withModes(terminalSettings(pty.slaveFd), [
      { opcode: 128, argument: 300 },
      { opcode: 129, argument: 115_200 },
    ]);
    assert.deepEqual(modesOf(settings).slice(0, 2), [
      { opcode: 129, argument: 115_200 },
      { opcode: 128, argument: 300 },
    ]);
    assert.equal(new Set(speeds.values()).size, speeds.size);
  });
});

test('Raw mode passes every byte through unchanged, both ways', () => {
  withPty((pty) => {
    const before = terminalSettings(pty.slaveFd);
    setTerminalSettings(pty.slaveFd, rawSettings(before), 'when-written');
    const shown = stty(pty, '-a');
    for (const off of ['-icrnl', '-ixon', '-ixoff', '-isig', '-icanon', '-echo', '-iexten', '-opost', '-istrip']) {
      assert.match(shown, new RegExp(`\\s${off}\\b`), off);
    }
    assert.match(shown, /min = 1; time = 0;/);
    setTerminalSettings(pty.slaveFd, before, 'when-written');
    assert.deepEqual(terminalSettings(pty.slaveFd), before);
  });
});

test('What is no terminal has no settings', () => {
  const fd = openSync('/dev/null', 'r');
  assert.throws(() => terminalSettings(fd), { code: 'ENOTTY' });
  closeDescriptor(fd);
});

test('For line editing keys come as they are pressed, and those of signals stay', () => {
  withPty((pty) => {
    stty(pty, 'sane');
    const modes = modesOf(lineEditingSettings(terminalSettings(pty.slaveFd)));
    const expected = { ICANON: 0, ECHO: 0, ICRNL: 0, IXON: 0, IEXTEN: 0, ISIG: 1, OPOST: 1, ONLCR: 1 };
    for (const [name, argument] of Object.entries(expected)) assert.equal(argumentOf(modes, name), argument, name);
  });
});
