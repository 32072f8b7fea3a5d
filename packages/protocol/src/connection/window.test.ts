import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Violation } from '../failure/violation.ts';
import { defaultWindow, ReceivingWindow, SendingWindow } from './window.ts';

test('a session of 2 MiB in messages of 32 KiB is granted again after more than three messages', () => {
  const window = new ReceivingWindow(defaultWindow);
  for (let i = 0; i < 3; i++) {
    window.receive(32768);
    window.consume(32768);
    assert.equal(window.grantDue, false, `message ${i}`);
  }
  window.receive(1);
  window.consume(1);
  assert.equal(window.grantDue, true);
  assert.equal(window.grant(), 3 * 32768 + 1);
  assert.equal(window.grantDue, false);
});

test('a large window is granted again in parts of a thirty-second, each worth a packet', () => {
  const window = new ReceivingWindow({ bytes: 8 * 1024 * 1024, maximumPacketBytes: 32768 });
  for (let i = 0; i < 8; i++) {
    window.receive(32768);
    window.consume(32768);
    assert.equal(window.grantDue, false, `message ${i}`);
  }
  window.receive(1);
  window.consume(1);
  assert.equal(window.grant(), 8 * 32768 + 1);
});

test('nothing is granted that the owner has not consumed', () => {
  const window = new ReceivingWindow({ bytes: 100, maximumPacketBytes: 100 });
  window.receive(100);
  assert.equal(window.grantDue, false);
  window.consume(1);
  assert.equal(window.grantDue, true);
  assert.equal(window.grant(), 1);
});

test('more than the window or the maximum packet is a violation (RFC 4254 section 5.2)', () => {
  const window = new ReceivingWindow({ bytes: 100, maximumPacketBytes: 60 });
  assert.throws(() => window.receive(61), Violation);
  window.receive(60);
  window.receive(40);
  assert.throws(() => window.receive(1), Violation);
  window.receive(0);
});

test('a window that may grow doubles after each that was consumed at once, up to its end', () => {
  const window = new ReceivingWindow({ bytes: 800, maximumPacketBytes: 100, growsToBytes: 3000 });
  let openBytes = 800;
  const sizes = new Set<number>();
  for (let i = 0; i < 100; i++) {
    window.receive(100);
    window.consume(100);
    openBytes -= 100;
    if (!window.grantDue) continue;
    openBytes += window.grant();
    sizes.add(openBytes);
  }
  assert.deepEqual([...sizes], [800, 1600, 3000]);
});

test('a window that may grow does not while its data waits for the owner', () => {
  const window = new ReceivingWindow({ bytes: 800, maximumPacketBytes: 200, growsToBytes: 3000 });
  for (let i = 0; i < 40; i++) {
    window.receive(200);
    if (i % 4 < 3) continue;
    window.consume(800);
    assert.equal(window.grant(), 800);
  }
});

test('consuming more than was received is misuse', () => {
  const window = new ReceivingWindow(defaultWindow);
  window.receive(10);
  for (const bytes of [11, -1, Number.NaN]) assert.throws(() => window.consume(bytes), /cannot consume/);
  window.consume(10);
  assert.throws(() => window.consume(1), /cannot consume/);
});

test('a window of our own that does not fit into uint32 is misuse', () => {
  const small = { bytes: 1, maximumPacketBytes: 1024 };
  assert.throws(() => new ReceivingWindow({ ...small, growsToBytes: 2 ** 32 }), /too large/);
  assert.throws(() => new ReceivingWindow({ bytes: 2 ** 32, maximumPacketBytes: 1024 }), /too large/);
});

test('the sending window grows to 2^32 - 1 and no further (RFC 4254 section 5.2)', () => {
  const window = new SendingWindow(0xffffffff, 32768);
  window.adjust(0);
  assert.throws(() => window.adjust(1), Violation);
  window.use(5);
  window.adjust(5);
  assert.equal(window.openBytes, 0xffffffff);
  assert.throws(() => window.adjust(0xffffffff), Violation);
});

test('a huge maximum packet of the peer is not used in full', () => {
  assert.equal(new SendingWindow(0, 0xffffffff).packetBytes, 128 * 1024);
});

test('for every order of receiving, consuming and granting the peer never holds more window than the maximum', () => {
  const action = fc.tuple(fc.constantFrom('receive', 'consume', 'grant'), fc.nat({ max: 3000 }));
  fc.assert(
    fc.property(fc.array(action, { maxLength: 200 }), fc.integer({ min: 1, max: 5000 }), (actions, bytes) => {
      const window = new ReceivingWindow({ bytes, maximumPacketBytes: 1000 });
      let open = bytes;
      let held = 0;
      let granted = 0;
      let consumed = 0;
      for (const [kind, amount] of actions) {
        if (kind === 'receive') {
          const legal = Math.min(amount, open, 1000);
          window.receive(legal);
          open -= legal;
          held += legal;
        } else if (kind === 'consume') {
          const legal = Math.min(amount, held);
          window.consume(legal);
          held -= legal;
          consumed += legal;
        } else if (window.grantDue) {
          const grant = window.grant();
          open += grant;
          granted += grant;
        }
        assert.ok(open + held <= bytes);
        assert.ok(granted <= consumed);
        // A peer without window always gets some as soon as everything is consumed.
        if (open === 0 && held === 0) assert.equal(window.grantDue, true);
      }
    }),
    { seed: 4254, numRuns: 300 },
  );
});
