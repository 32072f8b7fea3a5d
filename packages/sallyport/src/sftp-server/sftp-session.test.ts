import assert from 'node:assert/strict';
import { test } from 'node:test';
import { init, requestPackets } from '@sallyport/protocol/sftp/packets';
import { Writer } from '@sallyport/protocol/wire/writer';
import { localFileSystem } from './local-file-system.ts';
import { SftpSession } from './sftp-session.ts';

const framed = (packet: Uint8Array): Uint8Array => new Writer().string(packet).bytes();

test('a session that is held answers nothing more until it is drained, and then everything, and ends', () => {
  const state = { isHeld: false, isFinished: false };
  const lines: string[] = [];
  const session: SftpSession = new SftpSession(
    localFileSystem({ blocking: true }),
    {
      blocking: true,
      log: ({ text }) => {
        lines.push(text);
        if (text.startsWith('opendir')) state.isHeld = true;
      },
    },
    {
      send: () => true,
      isHeld: () => state.isHeld,
      consumed: () => undefined,
      failed: assert.fail,
      finished: () => {
        state.isFinished = true;
      },
    },
  );
  const opendir = (id: number): Uint8Array =>
    framed(requestPackets.opendir.encode({ id, path: Buffer.from(`/none/${id}`) }));
  const input = Buffer.concat([framed(init.encode({ version: 3, extensions: [] })), opendir(1), opendir(2)]);
  session.receive(input);
  session.endInput();
  const opened = (): string[] => lines.filter((line) => line.startsWith('opendir'));
  assert.deepEqual([opened(), state.isFinished], [['opendir "/none/1"'], false]);
  state.isHeld = false;
  session.drained();
  assert.deepEqual([opened(), state.isFinished], [['opendir "/none/1"', 'opendir "/none/2"'], false]);
  state.isHeld = false;
  session.drained();
  assert.ok(state.isFinished);
});
