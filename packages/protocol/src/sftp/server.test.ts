import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8Encode } from '../wire/utf8.ts';
import { Writer } from '../wire/writer.ts';
import type { SftpReply } from './client.ts';
import { SftpClientEngine } from './client.ts';
import type { ExtensionKey } from './extensions.ts';
import { extensionTable } from './extensions.ts';
import { HandleBudget, HandleTable } from './handle-table.ts';
import { longName, modeString } from './long-name.ts';
import { requestTable } from './requests.ts';
import type { SftpRequest } from './server.ts';
import { SftpServerEngine } from './server.ts';

const all = Object.keys(extensionTable) as ExtensionKey[];

function pair(options: { readonly maximumPendingRequests?: number; readonly enoughOutputBytes?: number } = {}): {
  client: SftpClientEngine;
  server: SftpServerEngine;
  toServer: () => void;
  toClient: () => SftpReply[];
} {
  const client = new SftpClientEngine();
  const server = new SftpServerEngine({ extensions: all, ...options });
  const toServer = (): void => {
    for (const chunk of client.takeOutput()) server.receive(chunk.slice());
  };
  const toClient = (): SftpReply[] => {
    const replies: SftpReply[] = [];
    for (const chunk of server.takeOutput()) {
      client.receive(chunk);
      for (let event = client.nextEvent(); event !== undefined; event = client.nextEvent())
        if (event.type === 'reply') replies.push(structuredClone(event.reply));
    }
    return replies;
  };
  toServer();
  assert.deepEqual(server.nextEvent(), { type: 'started', version: 3 });
  assert.deepEqual(toClient(), []);
  return { client, server, toServer, toClient };
}

function nextRequest(server: SftpServerEngine): SftpRequest | undefined {
  const event = server.nextEvent();
  assert.ok(event === undefined || event.type === 'request');
  return event?.type === 'request' ? event.request : undefined;
}

test('requests and replies of every kind pass (draft-ietf-secsh-filexfer-02 sections 6 and 7)', () => {
  const { client, server, toServer, toClient } = pair();
  const handle = Uint8Array.of(1);
  const [path, data] = [utf8Encode('/p'), new Uint8Array(20_000).fill(5)];
  const answers: ((id: number) => void)[] = [
    (id) => server.status(id, 4),
    (id) => server.handle(id, handle),
    (id) => server.data(id, data),
    (id) => server.names(id, [{ name: path, longName: path, attributes: {} }]),
    (id) => server.attributes(id, { size: 1n << 60n }),
    (id) => server.extended(id, Uint8Array.of(9)),
  ];
  client.request('close', { handle });
  client.request('open', { path, flags: 1, attributes: {} });
  client.request('read', { handle, offset: 1n << 60n, length: 20_000 });
  client.request('readdir', { handle });
  client.request('stat', { path });
  client.requestExtension('statvfs', { path });
  toServer();
  const keys: string[] = [];
  for (const answer of answers) {
    const request = nextRequest(server);
    keys.push(request?.key ?? '');
    answer(request?.id ?? 0);
  }
  assert.deepEqual(keys, ['close', 'open', 'read', 'readdir', 'stat', 'statvfs']);
  const replies = toClient();
  assert.deepEqual(
    replies.map(({ kind }) => kind),
    ['status', 'handle', 'data', 'names', 'attributes', 'extended'],
  );
  assert.ok(replies[0]?.kind === 'status' && replies[0].text === 'Failure');
  assert.ok(replies[2]?.kind === 'data' && replies[2].data.length === 20_000);
  assert.equal(server.pendingRequests, 0);
  assert.throws(() => server.status(1, 0), /a reply to no request/);
});

test('no more requests are taken than may be pending, and none while replies are not taken', () => {
  const { client, server, toServer } = pair({ maximumPendingRequests: 3, enoughOutputBytes: 500 });
  const path = utf8Encode('/p');
  for (let i = 0; i < 100; i++) client.request('stat', { path });
  toServer();
  const taken: number[] = [];
  for (let next = nextRequest(server); next !== undefined; next = nextRequest(server)) taken.push(next.id);
  assert.equal(taken.length, 3);
  assert.ok(server.isBlocked);
  let answered = 0;
  for (let id = taken.shift(); id !== undefined; id = taken.shift()) {
    server.status(id, 0);
    answered++;
    const next = nextRequest(server);
    if (next !== undefined) taken.push(next.id);
  }
  assert.ok(answered < 30 && server.pendingBytes >= 500 && server.isBlocked);
  server.takeOutput();
  assert.ok(!server.isBlocked && nextRequest(server) !== undefined);
});

test('what breaks the protocol ends it, and what is unknown is answered as unsupported', () => {
  const { server, toClient } = pair();
  server.receive(new Writer().string(new Writer().byte(77).uint32(3).string('x').bytes()).bytes());
  assert.deepEqual(server.nextEvent(), { type: 'unknown', request: 77 });
  assert.equal(server.nextEvent(), undefined);
  const text = server.takeOutput()[0]?.subarray(4);
  assert.deepEqual(text?.subarray(0, 9), Uint8Array.of(101, 0, 0, 0, 3, 0, 0, 0, 8));
  server.receive(new Writer().string(new Writer().byte(4).uint32(3).bytes()).bytes());
  const event = server.nextEvent();
  assert.ok(event?.type === 'failed' && event.failure.code === 'message-malformed');
  server.receive(Uint8Array.of(1, 2, 3));
  assert.equal(server.nextEvent(), undefined);
  assert.deepEqual(toClient(), []);
});

test('the table of requests has OpenSSH’s names in OpenSSH’s order, and says which of them change something', () => {
  const rows = Object.values(requestTable);
  assert.equal(rows.length, 29);
  assert.deepEqual(
    rows.filter(({ changes }) => changes).map(({ name }) => name),
    'write setstat fsetstat remove mkdir rmdir rename symlink posix-rename hardlink fsync lsetstat copy-data'.split(
      ' ',
    ),
  );
  for (const key of all) assert.ok(Object.hasOwn(requestTable, key));
});

test('a handle means what it was given for until it is closed, and nothing afterwards', () => {
  const table = new HandleTable<string>(3);
  const [a, b, c] = [table.add('a'), table.add('b'), table.add('c')];
  assert.ok(table.isFull);
  assert.equal(table.remove(b), 'b');
  assert.equal(table.remove(b), undefined);
  const again = table.add('d');
  assert.deepEqual(again.subarray(0, 4), b.subarray(0, 4));
  assert.equal(table.find(b), undefined);
  assert.equal(table.find(again), 'd');
  assert.equal(table.find(Uint8Array.of(0, 0, 0, 0)), undefined);
  assert.deepEqual([table.find(a), table.find(c)], ['a', 'c']);
  assert.deepEqual(table.takeAll().sort(), ['a', 'c', 'd']);
  assert.equal(table.find(a), undefined);
});

test('modes and lines look as in `ls -l` of sftp-server', () => {
  assert.equal(modeString(0o100644), '-rw-r--r--');
  assert.equal(modeString(0o104755), '-rwsr-xr-x');
  assert.equal(modeString(0o102640), '-rw-r-S---');
  assert.equal(modeString(0o041777), 'drwxrwxrwt');
  assert.equal(modeString(0o120777), 'lrwxrwxrwx');
  assert.equal(modeString(0o001000), '?--------T');
  const line = longName({
    name: Uint8Array.of(0x61, 0xff),
    attributes: { size: 1234n, permissions: 0o100600 },
    links: '1',
    user: 'root',
    group: 'averylonggroup',
    time: 'Jan  5 09:07',
  });
  const expected = '-rw-------    1 root     averylonggroup     1234 Jan  5 09:07 a\xff';
  assert.equal(String.fromCharCode(...line), expected);
});

test('clients that share a budget of handles leave a third of what they have to the others', () => {
  const budget = new HandleBudget(16);
  assert.equal(budget.mostForOne, 12);
  const tables = [new HandleTable<number>(100, budget), new HandleTable<number>(100, budget)] as const;
  const fill = (table: HandleTable<number>): Uint8Array[] => {
    const handles: Uint8Array[] = [];
    while (!table.isFull) handles.push(table.add(0));
    return handles;
  };
  const [first, second] = [fill(tables[0]), fill(tables[1])];
  assert.deepEqual([first.length, second.length], [12, 3]);
  for (const handle of [...first, ...first]) tables[0].remove(handle);
  assert.equal(fill(tables[1]).length, 9);
  tables[1].takeAll();
  assert.equal(fill(tables[0]).length, 12);
});
