// The test plays the templates, as in auth-template.test.ts.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { encodeFrame } from '@sallyport/protocol/wire/frame';
import { receiveDescriptors } from '@sallyport/system/descriptor-passing';
import { openDescriptor } from '@sallyport/system/descriptor-stream';
import { closeDescriptor, socketPair } from '@sallyport/system/descriptors';
import { spawnProcess } from '@sallyport/system/spawn';
import { StreamEnd } from '@sallyport/testing/stream-end';
import { templateReports } from '../monitor/calls.ts';
import { AuthTemplates } from './auth-templates.ts';
import type { AuthWorker } from './auth-worker.ts';

const peer = { address: '192.0.2.1', port: 4022 };
const [connection] = socketPair('stream');
const left: (() => void)[] = [];
after(() => {
  for (const end of left) end();
});

function sleeper(): number {
  return spawnProcess({ path: '/bin/sleep', argv: ['sleep', '60'], env: {}, stdio: {} });
}

interface Played {
  readonly pid: number;
  readonly end: StreamEnd;
  readonly passing: number;
}

class Bench {
  readonly played: Played[] = [];
  readonly happened: string[] = [];
  readonly templates: AuthTemplates;
  readonly #ended = new Set<Played>();

  /** `room`: for so many templates. */
  constructor(room = Number.POSITIVE_INFINITY) {
    this.templates = new AuthTemplates({
      start: () => {
        if (this.played.length >= room) throw new Error('no process');
        return this.#start();
      },
      patienceMs: 60_000,
      onCrash: (_, exit) => this.happened.push('signal' in exit ? `signal ${exit.signal}` : `status ${exit.code}`),
      onFailure: (error) => this.happened.push(String(error)),
      onUnusable: () => this.happened.push('unusable'),
    });
    left.push(() => this.templates.stop());
  }

  report(of: number, name: keyof typeof templateReports, value: object): void {
    const { number, fields } = templateReports[name];
    this.played[of]?.end.send(encodeFrame(number, fields.encode(value as never)));
  }

  copy(): AuthWorker | undefined {
    const copy = this.templates.copyFor(connection, peer);
    if (copy === undefined) return undefined;
    left.push(() => copy.calls.destroy());
    // The template takes what it is given, or its socket would be full.
    for (const { passing } of this.played.filter((played) => !this.#ended.has(played))) {
      const given = receiveDescriptors(passing, { maximumDescriptors: 2, maximumBytes: 1024 });
      for (const fd of given?.descriptors ?? []) closeDescriptor(fd);
    }
    return copy;
  }

  /** The process of a template ends as if by itself. */
  end(of: number): void {
    const played = this.played[of] ?? assert.fail();
    if (this.#ended.has(played)) return;
    this.#ended.add(played);
    process.kill(played.pid, 'SIGKILL');
    closeDescriptor(played.passing);
    played.end.close();
  }

  async until(holds: () => boolean): Promise<void> {
    const deadline = performance.now() + 10_000;
    while (!holds()) {
      assert.ok(performance.now() < deadline, `happened: ${this.happened.join(', ')}`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  async ready(of: number): Promise<void> {
    this.report(of, 'ready', {});
    await this.until(() => this.copy() !== undefined);
  }

  #start() {
    const [callsFd, farCalls] = socketPair('stream');
    const [passingFd, passing] = socketPair('seqpacket');
    const pid = sleeper();
    this.played.push({ pid, end: new StreamEnd(openDescriptor(farCalls)), passing });
    const of = this.played.length - 1;
    left.push(() => this.end(of));
    return { pid, callsFd, passingFd };
  }
}

test('AuthTemplates makes copies as soon as its template is ready, and not before', async () => {
  const bench = new Bench();
  bench.templates.prepare();
  bench.templates.prepare();
  assert.deepEqual([bench.played.length, bench.copy()], [1, undefined]);
  await bench.ready(0);
  bench.templates.prepare();
  assert.equal(bench.played.length, 1);
  bench.templates.stop();
  assert.equal(bench.copy(), undefined);
});

test('AuthTemplates has a new template after a hundred copies, and none of the old one after a thousand', async () => {
  const bench = new Bench();
  bench.templates.prepare();
  await bench.ready(0);
  for (let copies = 1; copies < 99; copies++) bench.copy();
  assert.equal(bench.played.length, 1);
  bench.copy();
  assert.equal(bench.played.length, 2);
  for (let copies = 100; copies < 1000; copies++) assert.ok(bench.copy(), `${copies}`);
  assert.equal(bench.copy(), undefined);
  await bench.ready(1);
  assert.deepEqual([bench.played.length, bench.happened], [2, []]);
});

test('AuthTemplates makes no more copies of a template of which one has crashed', async () => {
  const bench = new Bench();
  bench.templates.prepare();
  await bench.ready(0);
  const pid = sleeper();
  bench.report(0, 'copied', { copy: 1, pid });
  process.kill(pid, 'SIGSEGV');
  await bench.until(() => bench.happened.length > 0);
  assert.deepEqual([bench.happened, bench.copy()], [['signal 11'], undefined]);
  await bench.until(() => bench.played.length === 2);
  await bench.ready(1);
});

test('AuthTemplates starts another when its template is gone', async () => {
  const bench = new Bench();
  bench.templates.prepare();
  await bench.ready(0);
  bench.end(0);
  await bench.until(() => bench.played.length === 2);
  assert.equal(bench.copy(), undefined);
  await bench.ready(1);
  await bench.until(() => bench.happened.includes('signal 9'));
});

test('AuthTemplates gives up when two templates in a row end before they are ready', async () => {
  const bench = new Bench();
  bench.templates.prepare();
  bench.end(0);
  await bench.until(() => bench.played.length === 2);
  bench.end(1);
  await bench.until(() => bench.happened.includes('unusable'));
  bench.templates.prepare();
  await bench.until(() => bench.happened.filter((what) => what === 'signal 9').length === 2);
  assert.equal(bench.played.length, 2);
});

test('AuthTemplates throws when no process can be started for a template', () => {
  const bench = new Bench(0);
  assert.throws(() => bench.templates.prepare(), /no process/);
});

test('a connection keeps its copy when the next template cannot be started', async () => {
  const bench = new Bench(1);
  bench.templates.prepare();
  await bench.ready(0);
  for (let copies = 1; copies < 101; copies++) assert.ok(bench.copy(), `${copies}`);
  assert.deepEqual(bench.happened, ['Error: no process', 'Error: no process']);
});
