import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FailureCode } from '@sallyport/protocol/failure/catalogue';
import { failureCatalogue } from '@sallyport/protocol/failure/catalogue';
import { failure } from '@sallyport/protocol/failure/failure';

import { cancellable, throwIfAborted, watch } from './cancellation.ts';
import {
  AbortedError,
  AuthenticationError,
  ChannelError,
  ConnectionLostError,
  errorOf,
  HostKeyError,
  NegotiationError,
  ProtocolError,
  SshError,
  TimeoutError,
} from './errors.ts';

test('every failure becomes an error of the tree with its own code and name', () => {
  const classes: Partial<Record<FailureCode, abstract new (...parts: never) => SshError>> = {
    'no-common-algorithm': NegotiationError,
    'channel-refused': ChannelError,
    'request-refused': ChannelError,
    'connection-lost': ConnectionLostError,
    'disconnected-by-peer': ConnectionLostError,
    closed: ConnectionLostError,
    'authentication-failed': AuthenticationError,
    'too-many-authentication-failures': AuthenticationError,
    'timed-out': TimeoutError,
    aborted: AbortedError,
  };
  for (const code of Object.keys(failureCatalogue) as FailureCode[]) {
    const error = errorOf(failure(code));
    assert.ok(error instanceof SshError);
    assert.ok(error instanceof (classes[code] ?? ProtocolError), code);
    assert.equal(error.code, code);
    assert.equal(error.name, error.constructor.name);
    assert.notEqual(error.message, '');
  }
});

test('text of the peer is escaped in a message', () => {
  const said = { reason: 2, description: 'bye\u001b[2J\nforged line' };
  const error = errorOf(failure('disconnected-by-peer'), said);
  assert.ok(error instanceof ConnectionLostError);
  assert.equal(error.disconnect, said);
  assert.match(error.message, /bye\\033\[2J\\012forged line$/);
  const hostKey = new HostKeyError('changed', { host: 'a\u0007b', fingerprint: 'SHA256:x', known: [] });
  assert.match(hostKey.message, /a\\007b/);
});

test('a call that was given up rejects at once, stops its work once, and a later end changes nothing', async () => {
  const controller = new AbortController();
  const cancelled: SshError[] = [];
  let finish: (value: string) => void = () => undefined;
  const work = (): Promise<string> =>
    new Promise((resolve) => {
      finish = resolve;
    });
  const call = cancellable({ signal: controller.signal, timeoutMs: 10_000 }, work, (error) => cancelled.push(error));
  controller.abort('because');
  controller.abort('again');
  await assert.rejects(call, (error) => error instanceof AbortedError && error.cause === 'because');
  finish('late');
  assert.equal(cancelled.length, 1);
});

test('a call that ends leaves no listener and no timer behind', async () => {
  const controller = new AbortController();
  let listeners = 0;
  const { signal } = controller;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listeners++;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listeners--;
    remove(...args);
  };
  const result = await cancellable(
    { signal, timeoutMs: 60_000 },
    () => Promise.resolve(1),
    () => assert.fail('not given up'),
  );
  assert.equal(result, 1);
  assert.equal(listeners, 0);
});

test('the time of a call is limited, and a signal that is aborted already starts nothing', async () => {
  await assert.rejects(
    cancellable(
      { timeoutMs: 5 },
      () => new Promise(() => undefined),
      () => undefined,
    ),
    TimeoutError,
  );
  assert.throws(() => throwIfAborted({ signal: AbortSignal.abort() }), AbortedError);
  const stop = watch({ timeoutMs: 1 }, () => assert.fail('stopped'));
  stop();
  await new Promise((resolve) => setTimeout(resolve, 5));
});
