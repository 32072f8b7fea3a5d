// The pump blocks, so what its peer says is in the socket before it starts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endSending, readNow, sendWhole } from '@sallyport/system/blocking-io';
import { closeDescriptor, socketPair } from '@sallyport/system/descriptors';
import type { AuthConnection } from './auth-connection.ts';
import { MonitorGone } from './monitor-client.ts';
import { serveConnection } from './serve-connection.ts';

interface Script {
  /** What it sends at each turn. */
  readonly output?: readonly Uint8Array[];
  /** How many bytes it receives until its state changes. */
  readonly wants?: number;
  readonly endsAs?: 'authenticated' | 'ended';
  readonly deadline?: number;
  /** What happens in the world when the deadline has passed. */
  readonly onExpire?: () => void;
}

/** A connection that keeps to a script and writes down what happens to it. */
class Scripted {
  readonly events: string[] = [];
  readonly fd: number;
  readonly peerFd: number;
  readonly monitorFd: number;
  readonly farMonitorFd: number;
  readonly #script: Script;
  readonly #output: Uint8Array[];
  #received = 0;
  #state: AuthConnection['state'] = 'running';

  constructor(script: Script) {
    this.#script = script;
    this.#output = [...(script.output ?? [])];
    [this.fd, this.peerFd] = socketPair('stream');
    [this.monitorFd, this.farMonitorFd] = socketPair('stream');
  }

  get state(): AuthConnection['state'] {
    const { wants, endsAs } = this.#script;
    if (wants !== undefined && this.#received >= wants) this.#state = endsAs ?? 'ended';
    return this.#state;
  }

  get inputWanted(): boolean {
    return this.state === 'running';
  }

  get deadline(): number | undefined {
    return this.#script.deadline;
  }

  takeOutput(): Uint8Array[] {
    const next = this.#output.shift();
    return next === undefined ? [] : [next];
  }

  receive(chunk: Uint8Array): void {
    this.#received += chunk.length;
    this.events.push(`received ${chunk.length}`);
  }

  expire(): void {
    this.events.push('expired');
    this.#script.onExpire?.();
  }

  peerHasGone(): void {
    this.events.push('gone');
    this.#state = 'ended';
  }

  handOver(): void {
    this.events.push('handed over');
  }

  run(): this {
    serveConnection(this as unknown as AuthConnection, this);
    return this;
  }
}

const greeting = Uint8Array.of(1, 2, 3);

test('serveConnection sends, receives, and hands over when everything is sent', () => {
  const scripted = new Scripted({ output: [greeting, greeting], wants: 2, endsAs: 'authenticated' });
  sendWhole(scripted.peerFd, Uint8Array.of(7, 8));
  assert.deepEqual(scripted.run().events, ['received 2', 'handed over']);
  assert.equal(readNow(scripted.peerFd, new Uint8Array(10)), 6);
});

test('serveConnection tells of a peer that has closed, or is no more', () => {
  const closed = new Scripted({ output: [greeting] });
  endSending(closed.peerFd);
  assert.deepEqual(closed.run().events, ['gone']);
  const reset = new Scripted({ output: [greeting] });
  closeDescriptor(reset.peerFd);
  assert.deepEqual(reset.run().events, ['gone']);
});

test('serveConnection lets the deadline of the connection pass', () => {
  const scripted: Scripted = new Scripted({
    deadline: performance.now() + 5,
    output: [greeting],
    onExpire: () => endSending(scripted.peerFd),
  });
  assert.deepEqual(scripted.run().events, ['expired', 'gone']);
});

test('serveConnection sends its last words to a peer that is still sending, then the end', () => {
  const scripted = new Scripted({ output: [greeting, greeting], wants: 1 });
  sendWhole(scripted.peerFd, new Uint8Array(40_000));
  endSending(scripted.peerFd);
  scripted.run();
  const room = new Uint8Array(16);
  assert.equal(readNow(scripted.peerFd, room), 6);
  assert.equal(readNow(scripted.peerFd, room), 0);
});

test('serveConnection does not listen to a peer that does not take what it is sent', () => {
  const much = new Uint8Array(2 * 1024 * 1024);
  const scripted: Scripted = new Scripted({
    output: [much, much, much],
    deadline: performance.now() + 50,
    onExpire: () => closeDescriptor(scripted.peerFd),
  });
  sendWhole(scripted.peerFd, Uint8Array.of(1));
  assert.deepEqual(scripted.run().events, ['expired', 'gone']);
});

test('serveConnection ends when the monitor is gone, though the peer says nothing', () => {
  const scripted = new Scripted({ output: [greeting] });
  closeDescriptor(scripted.farMonitorFd);
  assert.throws(() => scripted.run(), MonitorGone);
});
