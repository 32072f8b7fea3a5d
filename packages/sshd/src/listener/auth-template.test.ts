// The test plays the template: it takes what the monitor sends and reports copies, which are processes that sleep.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { encodeFrame } from '@sallyport/protocol/wire/frame';
import { utf8Decode } from '@sallyport/protocol/wire/utf8';
import { receiveDescriptors } from '@sallyport/system/descriptor-passing';
import { openDescriptor } from '@sallyport/system/descriptor-stream';
import { closeDescriptor, setNonBlocking, socketPair } from '@sallyport/system/descriptors';
import { spawnProcess } from '@sallyport/system/spawn';
import { StreamEnd } from '@sallyport/testing/stream-end';
import { templateReports } from '../monitor/calls.ts';
import type { AuthTemplateOptions, Ending } from './auth-template.ts';
import { AuthTemplate, isCrash } from './auth-template.ts';

const peer = { address: '192.0.2.1', port: 4022 };
const left: (() => void)[] = [];
after(() => {
  for (const end of left) end();
});

function sleeper(): number {
  return spawnProcess({ path: '/bin/sleep', argv: ['sleep', '60'], env: {}, stdio: {} });
}

class Bench {
  readonly pid = sleeper();
  readonly template: AuthTemplate;
  readonly end: StreamEnd;
  readonly passing: number;
  readonly happened: string[] = [];
  readonly endings: Ending[] = [];
  #wake: () => void = () => undefined;

  constructor(options: Partial<AuthTemplateOptions> = {}) {
    const [callsFd, farCalls] = socketPair('stream');
    const [passingFd, farPassing] = socketPair('seqpacket');
    setNonBlocking(passingFd, true);
    this.passing = farPassing;
    this.end = new StreamEnd(openDescriptor(farCalls));
    this.template = new AuthTemplate({
      worker: { pid: this.pid, callsFd, passingFd },
      patienceMs: 60_000,
      onReady: () => this.#note('ready'),
      onGone: () => this.#note('gone'),
      onFailure: (error) => this.#note(String(error)),
      onExit: (of, _, how) => {
        this.endings.push(how);
        this.#note(`${of} ended`);
      },
      ...options,
    });
    left.push(() => {
      if (!this.happened.includes('template ended')) process.kill(this.pid, 'SIGKILL');
      this.end.close();
    });
  }

  report(name: keyof typeof templateReports, value: object): this {
    const { number, fields } = templateReports[name];
    this.end.send(encodeFrame(number, fields.encode(value as never)));
    return this;
  }

  /** Waits until that has happened so often. */
  async until(what: string, count = 1): Promise<void> {
    while (this.happened.filter((name) => name === what).length < count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** What the template was sent: number of the copy, and how many descriptors came. */
  received(): string {
    const message = receiveDescriptors(this.passing, { maximumDescriptors: 2, maximumBytes: 1024 });
    if (message === undefined) return 'nothing';
    for (const fd of message.descriptors) closeDescriptor(fd);
    const text = utf8Decode(message.data);
    return text === '' ? 'end' : `${text} ${message.descriptors.length}`;
  }

  #note(what: string): void {
    this.happened.push(what);
    this.#wake();
  }
}

test('AuthTemplate gives each connection with a pipe and a number, and knows the copy that has it', async () => {
  const bench = new Bench();
  const [fd] = socketPair('stream');
  const [first, second] = [bench.template.copyFor(fd, peer), bench.template.copyFor(fd, peer)];
  assert.deepEqual(
    [bench.received(), bench.received()],
    [`${JSON.stringify({ peer, copy: 1 })} 2`, `${JSON.stringify({ peer, copy: 2 })} 2`],
  );
  assert.deepEqual([first?.pid, second?.pid, bench.template.copies], [0, 0, 2]);
  const pids = [sleeper(), sleeper()] as const;
  bench.report('copied', { copy: 2, pid: pids[1] }).report('copied', { copy: 1, pid: pids[0] }).report('ready', {});
  await bench.until('ready');
  assert.deepEqual([first?.pid, second?.pid], pids);
  first?.kill();
  process.kill(pids[1], 'SIGKILL');
  await bench.until('copy ended', 2);
  const killed = bench.endings.map((ending) => ending.killed).sort();
  assert.deepEqual(killed, [false, true]);
  first?.kill();
});

test('AuthTemplate kills a copy whose connection was over before its process id was known', async () => {
  const bench = new Bench();
  const copy = bench.template.copyFor(socketPair('stream')[0], peer);
  copy?.kill();
  bench.report('copied', { copy: 1, pid: sleeper() });
  await bench.until('copy ended');
  assert.deepEqual(bench.endings, [{ exit: { signal: 9, coreDumped: false }, killed: true }]);
});

test('AuthTemplate goes on with the copy that its process says it goes on as, once', async () => {
  const bench = new Bench({ patienceMs: 50 });
  const moved = sleeper();
  bench.report('moved', { pid: moved });
  process.kill(bench.pid, 'SIGTERM');
  // Nothing more is reported, so what makes the copies now is ended; whose end is seen first is not said.
  await bench.until('template ended', 2);
  const signals = bench.endings.map(({ exit, killed }) => ['signal' in exit ? exit.signal : exit, killed]);
  assert.deepEqual(signals.sort(), [
    [15, false],
    [9, false],
  ]);
  const other = sleeper();
  bench.report('moved', { pid: other }).report('ready', {});
  await bench.until('ready');
  process.kill(other, 'SIGKILL');
});

test('a process crashed that ended otherwise than well or by us, also when we killed it too late', () => {
  const bySignal = (signal: number) => ({ signal, coreDumped: false });
  assert.deepEqual(
    [isCrash({ exit: { code: 0 }, killed: true }), isCrash({ exit: { code: 1 }, killed: true })],
    [false, true],
  );
  assert.deepEqual(
    [isCrash({ exit: bySignal(9), killed: true }), isCrash({ exit: bySignal(9), killed: false })],
    [false, true],
  );
  assert.equal(isCrash({ exit: bySignal(11), killed: true }), true);
});

test('AuthTemplate that is retired takes no more, and its process is told by the end of the socket', () => {
  const bench = new Bench();
  bench.template.copyFor(socketPair('stream')[0], peer);
  bench.template.retire();
  bench.template.retire();
  assert.equal(bench.template.copyFor(socketPair('stream')[0], peer), undefined);
  assert.deepEqual([bench.received().endsWith(' 2'), bench.received()], [true, 'end']);
});

test('AuthTemplate keeps connections for which its socket has no room until there is some, but for those that are over', async () => {
  const bench = new Bench();
  const [fd] = socketPair('stream');
  const copies = Array.from({ length: 2000 }, () => bench.template.copyFor(fd, peer));
  assert.ok(!copies.includes(undefined));
  bench.template.retire();
  copies[1998]?.kill();
  const taken: string[] = [];
  const take = (): void => {
    for (let message = bench.received(); message !== 'nothing' && message !== 'end'; message = bench.received()) {
      taken.push(message);
    }
  };
  take();
  const atOnce = taken.length;
  assert.ok(atOnce > 10 && atOnce < 1999, `${atOnce} at once`);
  // Each report makes it send on.
  for (let number = 1; taken.length < 1999; number++) {
    bench.report('notCopied', { copy: number });
    await bench.until('Error: the system has no room for another process', number);
    take();
  }
  assert.deepEqual(taken.at(-1), `${JSON.stringify({ peer, copy: 2000 })} 2`);
  assert.equal(bench.received(), 'end');
  for (const copy of copies) copy?.calls.destroy();
});

test('AuthTemplate tells of the copy that there was no room for, and its pipe is closed', async () => {
  const bench = new Bench();
  const copy = bench.template.copyFor(socketPair('stream')[0], peer);
  const closed = new StreamEnd(copy?.calls ?? assert.fail()).closed();
  bench.received();
  bench.report('notCopied', { copy: 1 });
  await bench.until('Error: the system has no room for another process');
  await closed;
});

test('AuthTemplate that is gone closes the connections that it made no copy for', async () => {
  const bench = new Bench();
  const copy = bench.template.copyFor(socketPair('stream')[0], peer);
  const closed = new StreamEnd(copy?.calls ?? assert.fail()).closed();
  process.kill(bench.pid, 'SIGKILL');
  closeDescriptor(bench.passing);
  bench.end.close();
  await bench.until('gone');
  await bench.until('template ended');
  await closed;
  assert.equal(bench.template.copyFor(socketPair('stream')[0], peer), undefined);
});

test('AuthTemplate is ended when it is not ready in time, or makes no copy in time', async () => {
  const slow = new Bench({ patienceMs: 20 });
  await slow.until('template ended');
  const stuck = new Bench({ patienceMs: 200 });
  stuck.report('ready', {});
  await stuck.until('ready');
  stuck.template.copyFor(socketPair('stream')[0], peer);
  await stuck.until('template ended');
  assert.deepEqual(stuck.endings, [{ exit: { signal: 9, coreDumped: false }, killed: false }]);
});
