import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8Decode, utf8Encode } from '../wire/utf8.ts';
import { maximumRecordBytes } from './records.ts';
import { requestedNames } from './requested-names.ts';
import type { SinkCommand, SinkEvent, SinkOptions } from './sink.ts';
import { SinkEngine } from './sink.ts';

const ready = '\0';

interface Run {
  /** One word or so for each event, in order. */
  readonly heard: readonly string[];
  readonly output: string;
  readonly engine: SinkEngine;
}

type Owner = (event: SinkEvent) => SinkCommand | undefined;

const willing: Owner = (event) => {
  if (event.type === 'file-offered' || event.type === 'folder-offered') return { type: 'accept' };
  return event.type === 'file-received' || event.type === 'folder-left' ? { type: 'settle' } : undefined;
};

function tell(event: SinkEvent): string {
  switch (event.type) {
    case 'file-offered':
    case 'folder-offered': {
      const { name, mode, times } = event.entry;
      const size = event.type === 'file-offered' ? ` ${event.sizeBytes}` : '/';
      const at = times === undefined ? '' : ` @${times.modified},${times.accessed}`;
      return `${utf8Decode(name)}${size} ${mode.toString(8)}${at}`;
    }
    case 'data':
      return `"${utf8Decode(event.bytes)}"`;
    case 'file-received':
      return event.isIntact ? 'good' : 'broken';
    case 'error-told':
      return `${event.isFatal ? 'fatal' : 'told'}: ${utf8Decode(event.text)}`;
    case 'failed':
      return `failed: ${typeof event.reason === 'string' ? event.reason : utf8Decode(event.reason)}`;
    default:
      return event.type;
  }
}

/** Feeds the chunks as far as the engine wants them, and spoils each afterwards. */
function run(input: readonly (string | Uint8Array)[], options: SinkOptions, owner: Owner = willing): Run {
  const engine = new SinkEngine(options);
  const heard: string[] = [];
  let output = '';
  const turn = (): void => {
    for (let event = engine.nextEvent(); event !== undefined; event = engine.nextEvent()) {
      const told = tell(event);
      if (event.type === 'data' && heard.at(-1)?.endsWith('"'))
        heard.push((heard.pop() as string).slice(0, -1) + told.slice(1));
      else heard.push(told);
      const command = owner(event);
      if (command !== undefined) engine.perform(command);
    }
    output += engine.takeOutput().map(utf8Decode).join('');
  };
  turn();
  for (const text of input) {
    const chunk = Buffer.from(typeof text === 'string' ? utf8Encode(text) : text);
    engine.receive(chunk);
    turn();
    chunk.fill(0x58);
  }
  engine.receiveEnd();
  turn();
  return { heard, output, engine };
}

const flat: SinkOptions = { recursive: false };
const deep: SinkOptions = { recursive: true };

test('A file comes with its name, mode, times and bytes, and every step is answered', () => {
  const { heard, output } = run(['T100 0 200 0\n', 'C0640 5 a b\n', 'hello', '\0'], flat);
  assert.deepEqual(heard, ['a b 5 640 @100,200', '"hello"', 'good', 'ended']);
  assert.equal(output, `${ready}\0\0\0`);
});

test('Folders are entered and left, and the name at the top is the only one that was asked for', () => {
  const all = 'T1 0 2 0\nD0755 0 d\nC0644 0 x\n\0D0700 0 e\nE\nE\n';
  const { heard, output } = run([all], { recursive: true, isRequested: (name) => utf8Decode(name) === 'd' });
  assert.deepEqual(heard, ['d/ 755 @1,2', 'x 0 644', 'good', 'e/ 700', 'folder-left', 'folder-left', 'ended']);
  assert.equal(output, `${ready}${'\0'.repeat(7)}`);
});

test('The same bytes in any pieces give the same events', () => {
  const stream = utf8Encode('T1 0 2 0\nD0755 0 d\nC4755 3 x\nabc\0C0644 2 y\nab\x01oh\nE\n');
  const whole = run([stream], deep);
  for (let size = 1; size < stream.length; size++) {
    const pieces = [];
    for (let at = 0; at < stream.length; at += size) pieces.push(stream.subarray(at, at + size));
    const parts = run(pieces, deep);
    assert.deepEqual(parts.heard, whole.heard, `pieces of ${size}`);
    assert.equal(parts.output, whole.output);
  }
});

test('Names that lead elsewhere or hold control characters are refused before anybody hears of them', () => {
  const names = ['', '.', '..', '/', '/etc/x', '../x', 'a/../../b', 'a/b', 'x\x1b[2J', 'a\tb', 'a\0b', 'a\rb', 'a\x7f'];
  for (const name of names) {
    for (const letter of ['C', 'D']) {
      const { heard, output } = run([`${letter}0755 2 ${name}\n`, 'ab\0'], deep);
      assert.deepEqual(heard, [`failed: error: unexpected filename: ${name}`], JSON.stringify(name));
      assert.ok(output.startsWith(`${ready}\x01scp: error: unexpected filename: `));
    }
  }
});

test('A folder without -r, another name and an extra file are refused', () => {
  assert.deepEqual(run(['D0755 0 d\n'], flat).heard, ['failed: protocol error: received directory without -r']);
  const isRequested = requestedNames('some/{a,b*}') as (name: Uint8Array) => boolean;
  for (const [name, expected] of [
    ['a', true],
    ['bcd', true],
    ['c', false],
    ['extrafile', false],
  ] as const) {
    const { heard } = run([`C0644 0 ${name}\n\0`], { recursive: false, isRequested });
    const refusal = 'failed: protocol error: filename does not match request';
    assert.equal(heard[0], expected ? `${name} 0 644` : refusal);
  }
});

test('Lines that are no records end it, and the other side is told which rule they break', () => {
  const rules: readonly (readonly [string, string])[] = [
    ['\n', 'protocol error: unexpected <newline>'],
    ['C64 5 f\n', 'protocol error: bad mode'],
    ['C0648 5 f\n', 'protocol error: bad mode'],
    ['C06440 5 f\n', 'protocol error: mode not delimited'],
    ['C0644 x f\n', 'protocol error: size not present'],
    ['C0644 -1 f\n', 'protocol error: size not present'],
    ['C0644 5f\n', 'protocol error: size not delimited'],
    ['C0644 99999999999999999999 f\n', 'protocol error: size out of range'],
    ['Tx\n', 'protocol error: mtime.sec not present'],
    ['T1\n', 'protocol error: mtime.sec not delimited'],
    ['T1 0\n', 'protocol error: mtime.usec not delimited'],
    ['T1 1000000 1 0\n', 'protocol error: mtime.usec not delimited'],
    ['T1 0 1\n', 'protocol error: atime.sec not delimited'],
    ['T1 0 1 0 \n', 'protocol error: atime.usec not delimited'],
    ['T1 0 1 1000000\n', 'protocol error: atime.usec not delimited'],
    ['T1 0 1 0\nbanana\n', 'protocol error: expected control record'],
    ['bash: scp: not found\n', 'bash: scp: not found'],
    [`C0644 5 ${'n'.repeat(maximumRecordBytes)}`, 'protocol error: line too long'],
  ];
  for (const [line, reason] of rules) {
    const { heard, output } = run([line], deep);
    assert.deepEqual(heard, [`failed: ${reason}`], line);
    assert.equal(output.slice(output.indexOf('\x01')), `\x01scp: ${reason}\n`);
  }
});

test('Times that no clock has are left out', () => {
  assert.deepEqual(run(['T99999999999999999999 0 1 0\nC0644 0 f\n\0'], flat).heard.slice(0, 1), ['f 0 644']);
});

test('Warnings of the source are told and it goes on; after a fatal error nothing is heard', () => {
  const { heard } = run(['\x01one\nC0644 0 f\n\0\x02two\nC0644 0 g\n\0'], flat);
  assert.deepEqual(heard, ['told: one', 'f 0 644', 'good', 'fatal: two']);
});

test('A file that the source could not read whole is told to be broken', () => {
  const { heard, output } = run(['C0644 2 f\nab\x01scp: f: Input/output error\n'], flat, (event) =>
    event.type === 'file-received' ? { type: 'settle', problem: 'f: not whole' } : willing(event),
  );
  assert.deepEqual(heard, ['f 2 644', '"ab"', 'told: scp: f: Input/output error', 'broken', 'ended']);
  assert.equal(output, `${ready}\0\x01scp: f: not whole\n`);
});

test('A connection that ends in the middle is lost, and never a success', () => {
  const stream = 'T1 0 1 0\nD0755 0 d\nC0644 3 f\nabc\0E\n';
  for (let length = 1; length < stream.length; length++) {
    const { heard } = run([stream.slice(0, length)], deep);
    // Between records at the top there is nothing to lose, times or not.
    assert.equal(heard.at(-1), length === 9 ? 'ended' : 'failed: lost connection', `${length} bytes`);
  }
  assert.equal(run([], flat).heard.at(-1), 'ended');
});

test('What is refused is answered with the reason on one line, and the source goes on', () => {
  const { heard, output } = run(['C0644 3 f\n', 'C0644 0 g\n\0'], flat, (event) =>
    event.type === 'file-offered' && event.sizeBytes > 0 ? { type: 'refuse', problem: 'f: no\nspace' } : willing(event),
  );
  assert.deepEqual(heard, ['f 3 644', 'g 0 644', 'good', 'ended']);
  assert.equal(output, `${ready}\x01scp: f: no space\n\0\0`);
});

test('While an answer is awaited no input is wanted, and nothing that came is looked at', () => {
  const engine = new SinkEngine(flat);
  engine.receive(utf8Encode('C0644 3 f\nabc\0C0644 0 g\n\0'));
  assert.equal(engine.nextEvent()?.type, 'file-offered');
  assert.equal(engine.inputWanted, false);
  assert.equal(engine.nextEvent(), undefined);
  assert.throws(() => engine.perform({ type: 'settle' }), TypeError);
  engine.perform({ type: 'accept' });
  assert.equal(engine.inputWanted, true);
  assert.throws(() => engine.perform({ type: 'accept' }), TypeError);
});

test('Folders in folders without end are refused', () => {
  const { heard } = run(['D0755 0 d\n'.repeat(2_000)], deep);
  assert.equal(heard.at(-1), 'failed: protocol error: too many directory levels');
  assert.equal(heard.length, 1025);
});
