import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8Encode } from '@sallyport/protocol/wire/utf8';
import { readNow, sendWhole } from '@sallyport/system/blocking-io';
import { sendDescriptors } from '@sallyport/system/descriptor-passing';
import { closeDescriptor, socketPair } from '@sallyport/system/descriptors';
import type { ConnectionNotice } from './receive-connection.ts';
import { receiveConnection, receiveSettings } from './receive-connection.ts';
import { encodeStackSettings } from './stack-settings.ts';

const list = ['a'];
const preferences = { keyExchanges: list, hostKeyAlgorithms: list, ciphers: list, macs: list, compressions: list };
const settings = {
  identification: 'SSH-2.0-Sallyport_0.1',
  preferences,
  hostKeys: [],
  publicKeyAlgorithms: [],
  rekeyLimits: {},
  logThreshold: 2,
};

test('an auth process is told the settings first, then it is given connections with their descriptors', () => {
  const [fd, monitorFd] = socketPair('seqpacket');
  const [socket, peerEnd] = socketPair('stream');
  const [calls] = socketPair('stream');
  const peer = { address: '192.0.2.1', port: 4022 };
  sendDescriptors(monitorFd, [], utf8Encode(encodeStackSettings(settings)));
  const notices: readonly [number[], ConnectionNotice][] = [
    [[socket, calls], { peer, copy: 3 }],
    [[socket], { peer, copy: 0 }],
  ];
  for (const [fds, notice] of notices) sendDescriptors(monitorFd, fds, utf8Encode(JSON.stringify(notice)));
  closeDescriptor(monitorFd);
  assert.deepEqual(receiveSettings(fd), settings);
  const first = receiveConnection(fd);
  assert.deepEqual([first?.peer, first?.copy, first?.callsFd === undefined], [peer, 3, false]);
  sendWhole(first?.fd ?? -1, Uint8Array.of(9));
  assert.equal(readNow(peerEnd, new Uint8Array(4)), 1);
  const second = receiveConnection(fd);
  assert.deepEqual([second?.peer, second?.copy, second?.callsFd], [peer, 0, undefined]);
  assert.equal(receiveConnection(fd), undefined);
});

test('an auth process whose monitor is gone is told nothing', () => {
  const [fd, monitorFd] = socketPair('seqpacket');
  closeDescriptor(monitorFd);
  assert.equal(receiveSettings(fd), undefined);
});
