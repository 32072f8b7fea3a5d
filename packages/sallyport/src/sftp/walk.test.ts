import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ScriptedRequest, SftpScript } from '@sallyport/testing/scripted-sftp-server';
import { ScriptedSftpServer } from '@sallyport/testing/scripted-sftp-server';
import { memoryStreams } from '../driver/memory-stream.ts';
import type { SshError } from '../errors.ts';
import { SftpClient } from './sftp-client.ts';

const noSuchFile = 2;
const handle = Uint8Array.of(7);
const names = [{ name: Uint8Array.of(0x66), longName: Uint8Array.of(0x66), attributes: { permissions: 0o100644 } }];

/** A server whose one folder gives names for ever, until `isSilent`; it counts what it has open. */
async function endlessFolder(): Promise<{
  readonly client: SftpClient;
  readonly state: { open: number; isSilent: boolean };
  readonly asked: (name: ScriptedRequest['name']) => number;
}> {
  const [ours, theirs] = memoryStreams();
  const state = { open: 0, isSilent: false };
  const script: SftpScript = ({ name, id }, server) => {
    if (name === 'opendir') state.open++;
    if (name === 'close') state.open--;
    if (name === 'opendir') server.reply('handle', { id, handle });
    else if (name !== 'readdir') server.status(id, name === 'close' ? 0 : noSuchFile);
    else if (!state.isSilent) server.reply('names', { id, entries: names });
  };
  const server = new ScriptedSftpServer(theirs, script);
  const client = await SftpClient.over(ours, { timeoutMs: 30_000 });
  return { client, state, asked: (name) => server.requests.filter((request) => request.name === name).length };
}

const hasCode =
  (code: string) =>
  (error: SshError): boolean => {
    assert.equal(error.code, code);
    return true;
  };

type Call = (client: SftpClient, options: { readonly signal?: AbortSignal }) => Promise<unknown>;

const calls: Readonly<Record<string, Call>> = {
  list: (client, options) => client.list('d', options),
  opendir: async (client, options) => {
    for await (const batch of client.opendir('d', options)) assert.ok(batch.length > 0);
  },
  walk: async (client, options) => {
    for await (const { depth } of client.walk('d', options)) assert.equal(depth, 1);
  },
  glob: (client, options) => client.glob('d/*', options),
};

for (const [name, call] of Object.entries(calls)) {
  test(`${name} ends with its signal, before, between and without answers, and closes its folder`, async () => {
    const { client, state, asked } = await endlessFolder();
    await assert.rejects(call(client, { signal: AbortSignal.abort() }), hasCode('aborted'));
    assert.equal(asked('opendir'), 0);
    const between = new AbortController();
    const running = call(client, { signal: between.signal });
    setImmediate(() => between.abort());
    await assert.rejects(running, hasCode('aborted'));
    state.isSilent = true;
    const silent = new AbortController();
    const waiting = call(client, { signal: silent.signal });
    setImmediate(() => setImmediate(() => silent.abort()));
    await assert.rejects(waiting, hasCode('aborted'));
    // A folder whose opening was given up is closed after the answer to that.
    for (const _ of [1, 2]) assert.equal(await client.exists('d'), false);
    assert.deepEqual([asked('opendir'), state.open], [2, 0]);
  });
}

test('a listing and a pattern end with their time', async () => {
  const { client, state } = await endlessFolder();
  state.isSilent = true;
  await assert.rejects(client.list('d', { timeoutMs: 20 }), hasCode('timed-out'));
  await assert.rejects(client.glob('d/*', { timeoutMs: 20 }), hasCode('timed-out'));
  for (const _ of [1, 2]) assert.equal(await client.exists('d'), false);
  assert.equal(state.open, 0);
});
