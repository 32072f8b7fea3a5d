import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Route, StackPhase } from './routing.ts';
import { ownerOf, routeOf } from './routing.ts';

/** Every number 0 to 255 with one route. */
function numbersWith(role: 'client' | 'server', phase: StackPhase, route: Route): number[] {
  return Array.from({ length: 256 }, (_, number) => number).filter((number) => routeOf(role, phase, number) === route);
}

/** `5-6 50` as numbers. */
function numbers(...ranges: readonly string[]): number[] {
  return ranges
    .flatMap((range) => range.split(' '))
    .flatMap((range) => {
      const [first = 0, last = first] = range.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, i) => first + i);
    });
}

const known = { service: '5-6', userauth: '50-53 60-79', connection: '80-82 90-100' };

test('message numbers belong to the protocols of RFC 4250 section 4.1.2', () => {
  assert.equal(ownerOf(5), 'service');
  assert.equal(ownerOf(50), 'userauth');
  assert.equal(ownerOf(60), 'userauth');
  assert.equal(ownerOf(79), 'userauth');
  assert.equal(ownerOf(80), 'connection');
  assert.equal(ownerOf(100), 'connection');
  for (const number of [0, 4, 7, 20, 30, 49, 54, 59, 83, 89, 101, 127, 192, 255])
    assert.equal(ownerOf(number), 'nobody');
});

test('each phase delivers its own protocol and refuses every other known number', () => {
  for (const role of ['client', 'server'] as const) {
    assert.deepEqual(numbersWith(role, 'service', 'deliver'), numbers(known.service));
    assert.deepEqual(numbersWith(role, 'service', 'refuse'), numbers(known.userauth, known.connection));
    assert.deepEqual(numbersWith(role, 'connection', 'deliver'), numbers(known.connection));
  }
  assert.deepEqual(numbersWith('client', 'authentication', 'deliver'), numbers(known.userauth));
  assert.deepEqual(numbersWith('client', 'authentication', 'refuse'), numbers(known.service, known.connection));
  assert.deepEqual(numbersWith('client', 'connection', 'refuse'), numbers(known.service, known.userauth));
});

test('channels are refused before authentication is complete (RFC 4252 section 6)', () => {
  assert.deepEqual(numbersWith('server', 'authentication', 'deliver'), numbers(known.service, known.userauth));
  assert.deepEqual(numbersWith('server', 'authentication', 'refuse'), numbers(known.connection));
});

test('after success a request to authenticate is ignored, the rest of userauth refused (RFC 4252 section 5.1)', () => {
  assert.deepEqual(numbersWith('server', 'connection', 'ignore'), numbers('50'));
  assert.deepEqual(numbersWith('server', 'connection', 'refuse'), numbers('5-6 51-53 60-79'));
});

test('numbers without a meaning are unknown in every phase and role (RFC 4253 section 11.4)', () => {
  for (const role of ['client', 'server'] as const) {
    for (const phase of ['service', 'authentication', 'connection'] as const) {
      assert.deepEqual(numbersWith(role, phase, 'unknown'), numbers('0-4 7-49 54-59 83-89 101-255'));
    }
  }
});
