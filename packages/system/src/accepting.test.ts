import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import type { AcceptedDescriptor } from './accepting.ts';
import { endsOf, listenForDescriptors } from './accepting.ts';
import { openDescriptor } from './descriptor-stream.ts';
import { closeDescriptor } from './descriptors.ts';

async function acceptOne(address: string): Promise<void> {
  const accepted: AcceptedDescriptor[] = [];
  const waiting: (() => void)[] = [];
  const listener = await listenForDescriptors({ address, port: 0 }, (one) => {
    accepted.push(one);
    for (const resolve of waiting) resolve();
  });
  const client = connect(listener.port, address);
  await once(client, 'connect');
  client.write('early');
  if (accepted.length === 0) await new Promise<void>((resolve) => waiting.push(resolve));
  const one = accepted[0] as AcceptedDescriptor;
  assert.equal(one.peer.address, address);
  assert.equal(one.peer.port, client.localPort);
  assert.equal(one.local.port, listener.port);
  const stream = openDescriptor(one.fd);
  const heard = await new Promise<string>((resolve) => {
    stream.onData = (chunk) => resolve(Buffer.from(chunk).toString());
    stream.resume();
  });
  assert.equal(heard, 'early');
  stream.write([Buffer.from('answer')]);
  const [answer] = (await once(client, 'data')) as [Buffer];
  assert.equal(answer.toString(), 'answer');
  stream.destroy();
  await once(client, 'close');
  listener.close();
}

test('an accepted connection is a descriptor of ours with nothing read from it (IPv4)', () => acceptOne('127.0.0.1'));

test('an accepted connection is a descriptor of ours with nothing read from it (IPv6)', () => acceptOne('::1'));

test('a port that is taken is refused with the error of bind', async () => {
  const listener = await listenForDescriptors({ address: '127.0.0.1', port: 0 }, ({ fd }) => closeDescriptor(fd));
  await assert.rejects(
    listenForDescriptors({ address: '127.0.0.1', port: listener.port }, () => undefined),
    {
      code: 'EADDRINUSE',
    },
  );
  listener.close();
});

test('what is no connected TCP socket has no ends', () => {
  assert.equal(endsOf(0), undefined);
});
