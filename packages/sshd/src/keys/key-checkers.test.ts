import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { PrivateKey } from '@sallyport/protocol/keys/private-key';
import { base64Encode } from '@sallyport/protocol/wire/base64';
import { encodeFrame } from '@sallyport/protocol/wire/frame';
import type { StreamEnd } from '@sallyport/testing/stream-end';
import { streamPair } from '@sallyport/testing/stream-end';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import { answerQuestion } from './answer-question.ts';
import type { KeyCheckersOptions } from './key-checkers.ts';
import { KeyCheckers } from './key-checkers.ts';
import { KeyChecking } from './key-checking.ts';
import type { KeyAnswer, KeyQuestion } from './question.ts';
import { keyCalls } from './question.ts';

const ends: StreamEnd[] = [];
after(() => {
  for (const end of ends) end.close();
});

function question(name: string, changed: Partial<KeyQuestion> = {}): KeyQuestion {
  return {
    account: {
      name,
      uid: process.getuid?.() ?? 0,
      gid: process.getgid?.() ?? 0,
      groups: [],
      home: '/',
      shell: '/bin/sh',
    },
    key: '',
    peer: { address: '192.0.2.1', port: 4022 },
    local: { address: '192.0.2.2', port: 22 },
    files: [],
    revokedKeys: [],
    authorityAlgorithms: [],
    strictModes: false,
    permitUserEnvironment: false,
    ...changed,
  };
}

/** A question that may take the time of commands: where another's time is short, it is answered on any machine. */
function patientQuestion(name: string): KeyQuestion {
  return question(name, { keysCommand: { words: ['/bin/true'], runAs: undefined, user: 'nobody' } });
}

/** A key process that the test plays. */
class Played {
  readonly end: StreamEnd;
  readonly onGone: () => void;
  killed = false;

  constructor(end: StreamEnd, onGone: () => void) {
    this.end = end;
    this.onGone = onGone;
  }

  /** The account that it is asked about. */
  async asked(): Promise<string> {
    const header = await this.end.take(5);
    const body = await this.end.take(header.readUInt32BE(0) - 1);
    const asked = JSON.parse(keyCalls.ask.fields.decode(body).question) as KeyQuestion;
    return asked.account.name;
  }

  answer(answer: KeyAnswer): void {
    const body = keyCalls.answer.fields.encode({ answer: JSON.stringify(answer) });
    this.end.send(encodeFrame(keyCalls.answer.number, body));
  }
}

class Bench {
  readonly started: Played[] = [];
  readonly lines: string[] = [];
  readonly checkers: KeyCheckers;

  constructor(options: Partial<KeyCheckersOptions> = {}, onStarted: (played: Played) => void = () => undefined) {
    this.checkers = new KeyCheckers({
      start: (onGone) => {
        const { stream, end } = streamPair();
        ends.push(end);
        const played = new Played(end, onGone);
        this.started.push(played);
        onStarted(played);
        return { calls: stream, kill: () => void (played.killed = true) };
      },
      spares: 1,
      patienceMs: 0,
      answerMs: 10_000,
      commandsMs: 10_000,
      log: ({ text }) => this.lines.push(text),
      ...options,
    });
  }

  at(index: number): Played {
    const played = this.started[index];
    assert.ok(played !== undefined, `process ${index} was not started`);
    return played;
  }
}

const said = (text: string): KeyAnswer => ({ lines: [{ level: 'info', text }] });

test('one process is warm, and answers one question after the other', async () => {
  const bench = new Bench();
  bench.checkers.fill();
  for (const name of ['alice', 'bob']) {
    const answer = bench.checkers.ask(question(name));
    assert.equal(await bench.at(0).asked(), name);
    bench.at(0).answer(said(name));
    assert.deepEqual(await answer, said(name));
  }
  assert.equal(bench.started.length, 1);
});

test('an account whose files hang does not hold up another, and is refused in time', async () => {
  const bench = new Bench({ answerMs: 30 });
  bench.checkers.fill();
  const hung = bench.checkers.ask(question('hung'));
  assert.equal(await bench.at(0).asked(), 'hung');
  const other = bench.checkers.ask(patientQuestion('other'));
  assert.equal(await bench.at(1).asked(), 'other');
  bench.at(1).answer(said('other'));
  assert.deepEqual(await other, said('other'));
  assert.deepEqual(await hung, { lines: [] });
  assert.equal(bench.at(0).killed, true);
  assert.deepEqual(bench.lines, ['key files of user hung could not be read in time']);
});

test('while a process that hangs has not gone, its account is refused at once and starts no more of them', async () => {
  const bench = new Bench({ answerMs: 10 });
  await bench.checkers.ask(question('hung'));
  for (let i = 0; i < 50; i++) assert.deepEqual(await bench.checkers.ask(question('hung')), { lines: [] });
  assert.equal(bench.started.length, 1);
  bench.at(0).onGone();
  const again = bench.checkers.ask(patientQuestion('hung'));
  assert.equal(await bench.at(1).asked(), 'hung');
  bench.at(1).answer(said('back'));
  assert.deepEqual(await again, said('back'));
});

test('a process that ends or sends what is no answer refuses its question only', async () => {
  for (const breaking of [
    (played: Played) => played.end.close(),
    (played: Played) => played.end.send(Uint8Array.of(0, 0, 0, 1, 99)),
    (played: Played) => played.end.send(encodeFrame(keyCalls.answer.number, Uint8Array.of(0, 0, 0, 1, 0x7b))),
  ]) {
    const bench = new Bench();
    const answer = bench.checkers.ask(question('alice'));
    await bench.at(0).asked();
    breaking(bench.at(0));
    assert.deepEqual(await answer, { lines: [] });
    assert.equal(bench.at(0).killed, true);
    const next = bench.checkers.ask(question('alice'));
    await bench.at(1).asked();
    bench.at(1).answer(said('next'));
    assert.deepEqual(await next, said('next'));
  }
});

test('of a hundred questions at once sixteen are worked on, and all are answered', async () => {
  let working = 0;
  let most = 0;
  const serve = async (played: Played): Promise<void> => {
    for (;;) {
      const name = await played.asked();
      working += 1;
      most = Math.max(most, working);
      await new Promise((resolve) => setImmediate(resolve));
      working -= 1;
      played.answer(said(name));
    }
  };
  const bench = new Bench({}, (played) => void serve(played).catch(() => undefined));
  const names = Array.from({ length: 100 }, (_, index) => `user${index}`);
  const answers = names.map((name) => bench.checkers.ask(question(name)));
  assert.equal(bench.started.length, 16);
  assert.deepEqual(await Promise.all(answers), names.map(said));
  assert.ok(most <= 16, `${most} at a time`);
});

test('a question waits a moment for a process that works before another is started', async () => {
  const bench = new Bench({ patienceMs: 60_000 });
  const first = bench.checkers.ask(question('alice'));
  const second = bench.checkers.ask(question('bob'));
  assert.equal(await bench.at(0).asked(), 'alice');
  bench.at(0).answer(said('alice'));
  assert.deepEqual(await first, said('alice'));
  assert.equal(await bench.at(0).asked(), 'bob');
  bench.at(0).answer(said('bob'));
  assert.deepEqual(await second, said('bob'));
  assert.equal(bench.started.length, 1);
});

test('a question starts another process when the one that works takes too long', async () => {
  const started: Played[] = [];
  let tell: (played: Played) => void = () => undefined;
  const second = new Promise<Played>((resolve) => {
    tell = resolve;
  });
  const bench = new Bench({ patienceMs: 20 }, (played) => {
    if (started.push(played) === 2) tell(played);
  });
  void bench.checkers.ask(question('alice'));
  const answer = bench.checkers.ask(question('bob'));
  assert.equal(bench.started.length, 1);
  const other = await second;
  assert.equal(await other.asked(), 'bob');
  other.answer(said('bob'));
  assert.deepEqual(await answer, said('bob'));
});

test('a process that cannot be started costs its question, not the daemon', async () => {
  const bench = new Bench({
    start: () => {
      throw new Error('no room');
    },
  });
  bench.checkers.fill();
  assert.deepEqual(await bench.checkers.ask(question('alice')), { lines: [] });
  assert.deepEqual(bench.lines, Array(2).fill('cannot start an sshd-keys process: no room'));
});

test('stop ends what is idle, and what is at work after its answer', async () => {
  const bench = new Bench();
  bench.checkers.fill();
  const answer = bench.checkers.ask(question('alice'));
  await bench.at(0).asked();
  bench.checkers.fill();
  bench.checkers.stop();
  assert.deepEqual([bench.at(0).killed, bench.at(1).killed], [false, true]);
  bench.at(0).answer(said('alice'));
  assert.deepEqual(await answer, said('alice'));
  assert.equal(bench.at(0).killed, true);
});

test('a question is answered by what the files say, with its lines for the log', async () => {
  await using folder = await TemporaryFolder.create();
  const crypto = createCryptoProvider();
  const { publicKey } = new PrivateKey(crypto.generateKey('ed25519'));
  const key = base64Encode(publicKey.blob);
  const file = await folder.write('keys', `no-pty ssh-ed25519 ${key}\n`, 0o644);
  const asked = question('alice', { key, files: [file] });
  const program = { path: '/nonexistent', argv: () => [] };
  const { allowed, lines } = await answerQuestion({ crypto, program }, asked);
  assert.equal(allowed?.grant.permitPty, false);
  assert.match(lines[0]?.text ?? '', /^Accepted key ED25519 SHA256:\S+ found at .*keys:1$/);
  const direct = new KeyChecking({ crypto, program, errorFd: 2, hasProcesses: false, log: () => undefined });
  assert.deepEqual(await direct.ask(asked), { allowed, lines });
  assert.equal((await direct.ask(question('alice', { key, files: [] }))).allowed, undefined);
});
