import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MeterState, MeterTerminal } from './progress-meter.ts';
import { format, hasProgress, ProgressMeter, RateEstimate, standardTerminal } from './progress-meter.ts';

const kilo = 1024;
const mega = 1024 * kilo;
const giga = 1024 * mega;

const state: MeterState = { name: 'f', position: 0, total: 3_000_000, bytesPerSecond: 0, seconds: 0, isStalled: false };
const half: MeterState = { ...state, position: 1_044_480, bytesPerSecond: 1_020_006, seconds: 1.9 };

// Lines of the stock scp on a terminal, byte for byte.
test('A line is that of OpenSSH: name, percent, amount, rate and time', () => {
  const name = `f${' '.repeat(44)}`;
  assert.equal(format(state, 80), `${name}   0%    0     0.0KB/s   --:-- ETA`);
  assert.equal(format(half, 80), `${name}  34% 1020KB 996.1KB/s   00:01 ETA`);
  const done = { ...state, position: 3_000_000, bytesPerSecond: 1_045_000, seconds: 2.9 };
  assert.equal(format(done, 80), `${name} 100% 2930KB   1.0MB/s   00:02    `);
});

test('Amounts have four digits and rates three and a tenth, with the unit that fits', () => {
  const shown = (position: number, bytesPerSecond: number): string =>
    format({ ...state, position, total: position, bytesPerSecond }, 60).slice(31, 48);
  assert.equal(shown(9_999, 9), '9999     0.0KB/s ');
  assert.equal(shown(10_000, 100), '  10KB   0.1KB/s ');
  assert.equal(shown(9_999 * kilo, 999 * kilo), '9999KB 999.0KB/s ');
  assert.equal(shown(10 * mega, 1000 * kilo), '  10MB   1.0MB/s ');
  assert.equal(shown(5 * giga, 1.2 * giga), '5120MB   1.2GB/s ');
  assert.equal(shown(3000 * giga, 2000 * giga), '3000GB   2.0TB/s ');
});

test('Times above an hour have hours; nothing moved for a while is stalled', () => {
  const time = (changes: Partial<MeterState>): string => format({ ...half, ...changes }, 60).slice(-11);
  assert.equal(time({ seconds: 59.9 }), '  00:59 ETA');
  assert.equal(time({ seconds: 3599 }), '  59:59 ETA');
  assert.equal(time({ seconds: 7_384 }), '2:03:04 ETA');
  assert.equal(time({ isStalled: true }), '- stalled -');
  assert.equal(time({ bytesPerSecond: 0.5 }), '  --:-- ETA');
});

test('A line fits every width, and the last column stays free', () => {
  for (let columns = 3; columns <= 600; columns++) {
    const line = format({ ...half, name: 'n'.repeat(700) }, columns);
    const expected = columns > 35 ? Math.min(columns, 512) - 1 : Math.min(columns - 1, 34);
    assert.equal(line.length, expected, `${columns} columns`);
  }
  assert.equal(format(half, 2), '');
});

test('A rate is smoothed over the looks, and at the end it is that of the whole transfer', () => {
  const estimate = new RateEstimate({ name: 'f', total: 10_000 }, 0, 0);
  assert.equal(estimate.look(1_000, 1_000).bytesPerSecond, 1_000);
  const second = estimate.look(3_000, 2_000);
  assert.ok(Math.abs(second.bytesPerSecond - 1_100) < 1e-6);
  assert.ok(Math.abs(second.seconds - 7_000 / 1_100) < 1e-6);
  const last = estimate.look(10_000, 5_000);
  assert.deepEqual([last.bytesPerSecond, last.seconds], [2_000, 5]);
});

test('A resumed file counts only what this transfer moved', () => {
  const estimate = new RateEstimate({ name: 'f', total: 10_000 }, 9_000, 0);
  assert.equal(estimate.look(10_000, 1_000).bytesPerSecond, 1_000);
});

test('Five seconds without a byte are stalled, and one byte ends that', () => {
  const estimate = new RateEstimate({ name: 'f', total: 10_000 }, 0, 0);
  estimate.look(100, 1_000);
  const stalled = [2, 3, 4, 5, 6].map((second) => estimate.look(100, second * 1_000).isStalled);
  assert.deepEqual(stalled, [false, false, false, false, true]);
  assert.equal(estimate.look(101, 7_000).isStalled, false);
});

function fakeTerminal(): MeterTerminal & { written: string; ours: boolean; wide: number } {
  return {
    written: '',
    ours: true,
    wide: 60,
    isUtf8: true,
    isOurs() {
      return this.ours;
    },
    columns() {
      return this.wide;
    },
    write(text) {
      this.written += text;
    },
  };
}

test('A meter draws at the start, once a tick and at the end, in the width of that moment', () => {
  const terminal = fakeTerminal();
  const clock = { now: 0, position: 0 };
  const meter = new ProgressMeter(terminal, () => clock.now);
  const name = Buffer.from('a\x1b[2Jb');
  const stop = meter.start({ name, total: 4_096, position: () => clock.position });
  clock.now = 1_000;
  clock.position = 2_048;
  terminal.wide = 50;
  meter.tick();
  clock.now = 2_000;
  clock.position = 4_096;
  stop();
  stop();
  assert.deepEqual(terminal.written.split('\r'), [
    '',
    `a\\033[2Jb${' '.repeat(16)}   0%    0     0.0KB/s   --:-- ETA`,
    `a\\033[2Jb${' '.repeat(6)}  50% 2048     2.0KB/s   00:01 ETA`,
    `a\\033[2Jb${' '.repeat(6)} 100% 4096     2.0KB/s   00:02    \n`,
  ]);
});

test('A meter in the background writes nothing', () => {
  const terminal = fakeTerminal();
  terminal.ours = false;
  const meter = new ProgressMeter(terminal, () => 0);
  const stop = meter.start({ name: Buffer.from('f'), total: 1, position: () => 1 });
  meter.tick();
  stop();
  assert.equal(terminal.written, '');
});

test('Of several files the oldest is drawn, and each leaves a line of its own', () => {
  const terminal = fakeTerminal();
  const meter = new ProgressMeter(terminal, () => 0);
  const stops = ['one', 'two'].map((name) => meter.start({ name: Buffer.from(name), total: 1, position: () => 1 }));
  meter.tick();
  stops[1]?.();
  meter.tick();
  stops[0]?.();
  const names = terminal.written.split('\r').map((line) => line.slice(0, 3) + (line.endsWith('\n') ? '.' : ''));
  assert.deepEqual(names, ['', 'one', 'one', 'two.', 'one', 'one.']);
});

test('The meter of the standard terminal knows its locale', () => {
  assert.equal(standardTerminal({ LANG: 'C.UTF-8' }).isUtf8, true);
});

test('What is fetched and empty has no line', () => {
  assert.deepEqual([hasProgress({ totalBytes: 0 }, 'down'), hasProgress({ totalBytes: 1 }, 'down')], [false, true]);
  assert.equal(hasProgress({ totalBytes: 0 }, 'up'), true);
});
