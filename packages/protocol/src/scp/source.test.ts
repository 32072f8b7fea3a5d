import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concatBytes } from '../wire/bytes.ts';
import { utf8Decode, utf8Encode } from '../wire/utf8.ts';
import { maximumRecordBytes } from './records.ts';
import { SinkEngine } from './sink.ts';
import type { SourceCommand, SourceEvent } from './source.ts';
import { SourceEngine } from './source.ts';

const file = { name: utf8Encode('f'), mode: 0o644 };

const shown = (event: SourceEvent | undefined): string => {
  if (event === undefined) return 'nothing';
  if (event.type === 'failed') return `failed: ${asText(event.reason)}`;
  return event.isAccepted ? 'accepted' : `refused: ${asText(event.text ?? '')}`;
};

const asText = (text: string | Uint8Array): string => (typeof text === 'string' ? text : utf8Decode(text));

class Session {
  readonly engine = new SourceEngine();

  /** What the other side's bytes lead to, and what goes out then. */
  receive(text: string): { readonly heard: string; readonly output: string } {
    const chunk = utf8Encode(text);
    this.engine.receive(chunk);
    const heard = shown(this.engine.nextEvent());
    chunk.fill(0x58);
    return { heard, output: this.output() };
  }

  perform(command: SourceCommand): string {
    this.engine.perform(command);
    return this.output();
  }

  output(): string {
    return utf8Decode(concatBytes(...this.engine.takeOutput()));
  }
}

function readySession(): Session {
  const session = new Session();
  assert.equal(session.receive('\0').heard, 'accepted');
  return session;
}

test('A file goes out as times, record, bytes and end, each after its answer', () => {
  const session = readySession();
  const entry = { ...file, mode: 0o104755, times: { modified: 100, accessed: 200 } };
  assert.equal(session.perform({ type: 'offer-file', entry, sizeBytes: 3 }), 'T100 0 200 0\n');
  assert.deepEqual(session.receive('\0'), { heard: 'nothing', output: 'C4755 3 f\n' });
  assert.equal(session.receive('\0').heard, 'accepted');
  assert.equal(session.perform({ type: 'data', bytes: utf8Encode('ab') }), 'ab');
  assert.throws(() => session.perform({ type: 'finish-file' }), TypeError);
  assert.throws(() => session.perform({ type: 'data', bytes: utf8Encode('cd') }), TypeError);
  assert.equal(session.perform({ type: 'data', bytes: utf8Encode('c') }), 'c');
  assert.equal(session.perform({ type: 'finish-file' }), '\0');
  assert.equal(session.receive('\0').heard, 'accepted');
});

test('Folders are entered and left; what cannot be sent is told without an answer', () => {
  const session = readySession();
  assert.equal(session.perform({ type: 'enter-folder', entry: { ...file, mode: 0o700 } }), 'D0700 0 f\n');
  assert.equal(session.receive('\0').heard, 'accepted');
  assert.equal(
    session.perform({ type: 'tell-problem', problem: 'x: Permission denied' }),
    '\x01scp: x: Permission denied\n',
  );
  assert.equal(session.perform({ type: 'leave-folder' }), 'E\n');
  assert.equal(session.receive('\0').heard, 'accepted');
});

test('A refusal is told in the words of the other side, also in answer to the times; then the next file may follow', () => {
  const session = readySession();
  const entry = { ...file, times: { modified: 1, accessed: 1 } };
  session.perform({ type: 'offer-file', entry, sizeBytes: 3 });
  assert.equal(session.receive('\x01scp: f: Is a di').heard, 'nothing');
  assert.deepEqual(session.receive('rectory\n'), { heard: 'refused: scp: f: Is a directory', output: '' });
  assert.equal(session.perform({ type: 'offer-file', entry: file, sizeBytes: 0 }), 'C0644 0 f\n');
});

test('Fatal errors, other words and an endless line end it', () => {
  const ends: readonly (readonly [string, string])[] = [
    ['\x02no\n', 'failed: no'],
    ['bash: no\n', 'failed: bash: no'],
    [`\x01${'n'.repeat(maximumRecordBytes)}`, 'failed: protocol error: line too long'],
  ];
  for (const [answer, heard] of ends) {
    const session = new Session();
    assert.equal(session.receive(answer).heard, heard);
    assert.equal(session.receive('\0').heard, 'nothing');
    assert.throws(() => session.perform({ type: 'leave-folder' }), TypeError);
  }
});

test('An end while an answer is awaited is a lost connection', () => {
  const session = readySession();
  session.perform({ type: 'offer-file', entry: file, sizeBytes: 0 });
  session.engine.receiveEnd();
  assert.equal(shown(session.engine.nextEvent()), 'failed: lost connection');
});

test('Answers that nobody asked for are kept within bounds, and an end is seen while data is sent', () => {
  const session = readySession();
  session.perform({ type: 'offer-file', entry: file, sizeBytes: 10 });
  session.receive('\0');
  assert.equal(session.engine.inputWanted, true);
  session.receive('x'.repeat(maximumRecordBytes));
  assert.equal(session.engine.inputWanted, false);
});

test('A newline in a name travels as vis(3) writes it, and a problem of the file takes the place of its end', () => {
  const session = readySession();
  const entry = { ...file, name: utf8Encode('a\n\\b\x1b') };
  assert.equal(session.perform({ type: 'offer-file', entry, sizeBytes: 0 }), 'C0644 0 a\\^J\\\\b\\^[\n');
  session.receive('\0');
  assert.equal(session.perform({ type: 'finish-file', problem: 'f: bad' }), '\x01scp: f: bad\n');
});

test('A source and a sink understand each other, whatever the bytes of the names', () => {
  const source = new SourceEngine();
  const sink = new SinkEngine({ recursive: true });
  const names = [utf8Encode('-rf :x "$(id)`'), Uint8Array.of(0xff, 0xe9, 0x20), utf8Encode('日本')];
  const commands: SourceCommand[] = [{ type: 'enter-folder', entry: { name: utf8Encode('d'), mode: 0o755 } }];
  for (const name of names) {
    const entry = { name, mode: 0o600, times: { modified: 5, accessed: 6 } };
    commands.push(
      { type: 'offer-file', entry, sizeBytes: 2 },
      { type: 'data', bytes: name.slice(0, 2) },
      { type: 'finish-file' },
    );
  }
  commands.push({ type: 'leave-folder' });
  const received: Uint8Array[] = [];
  let isAnswered = false;
  let contents = '';
  for (let turn = 0; turn < 100; turn++) {
    for (const chunk of sink.takeOutput()) source.receive(chunk);
    if (source.nextEvent() !== undefined) isAnswered = true;
    while (isAnswered && commands.length > 0) {
      const command = commands.shift() as SourceCommand;
      source.perform(command);
      isAnswered = command.type === 'data';
    }
    for (const chunk of source.takeOutput()) sink.receive(chunk);
    for (let event = sink.nextEvent(); event !== undefined; event = sink.nextEvent()) {
      if (event.type === 'file-offered') received.push(event.entry.name);
      if (event.type === 'data') contents += String.fromCharCode(...event.bytes);
      if (event.type === 'file-offered' || event.type === 'folder-offered') sink.perform({ type: 'accept' });
      if (event.type === 'file-received' || event.type === 'folder-left') sink.perform({ type: 'settle' });
    }
  }
  assert.deepEqual(received, names);
  assert.equal(contents, names.map((name) => String.fromCharCode(...name.slice(0, 2))).join(''));
  assert.deepEqual(commands, []);
});
