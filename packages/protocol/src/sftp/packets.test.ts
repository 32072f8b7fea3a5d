import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '@sallyport/testing/seeded-random';
import { DecodeError } from '../wire/decode-error.ts';
import { utf8Encode } from '../wire/utf8.ts';
import { extensionKeyOf, extensionTable, fileSystemFields, limitFields, nameLists } from './extensions.ts';
import { init, replyNameOf, replyPackets, requestNameOf, requestPackets, version } from './packets.ts';
import { statusCodes, statusDescription, statusName, statusTable } from './status.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'));
const path = utf8Encode('/a');
const handle = Uint8Array.of(0, 0, 0, 7);

test('requests have the bytes of draft-ietf-secsh-filexfer-02 section 6', () => {
  const { open, read, write, symlink, setstat } = requestPackets;
  assert.deepEqual(
    open.encode({ id: 1, path, flags: 0x1a, attributes: {} }),
    hex('03 00000001 00000002 2f61 0000001a 00000000'),
  );
  assert.deepEqual(
    read.encode({ id: 2, handle, offset: 2n ** 63n - 1n, length: 32768 }),
    hex('05 00000002 00000004 00000007 7fffffffffffffff 00008000'),
  );
  assert.deepEqual(
    write.encode({ id: 3, handle, offset: 5n, data: Uint8Array.of(9) }),
    hex('06 00000003 00000004 00000007 0000000000000005 00000001 09'),
  );
  const attributes = { size: 1n, uid: 2, gid: 3, permissions: 0o644, accessTime: 5, modificationTime: 0xffffffff };
  assert.deepEqual(
    setstat.encode({ id: 4, path, attributes }),
    hex('09 00000004 00000002 2f61 0000000f 0000000000000001 00000002 00000003 000001a4 00000005 ffffffff'),
  );
  assert.deepEqual(setstat.decode(setstat.encode({ id: 4, path, attributes })).attributes, attributes);
  // OpenSSH sends the target first (PROTOCOL section 4.1).
  const link = symlink.decode(hex('14 00000001 00000002 7461 00000002 6c69'));
  assert.deepEqual([link.target, link.link], [utf8Encode('ta'), utf8Encode('li')]);
});

test('a status without its texts is understood, one with half a text is not', () => {
  const { status } = replyPackets;
  assert.deepEqual(status.decode(hex('65 00000001 00000002')), { id: 1, code: 2, text: '', language: '' });
  assert.equal(status.decode(hex('65 00000001 00000004 00000002 6e6f')).text, 'no');
  assert.throws(() => status.decode(hex('65 00000001 00000004 00000003 6e6f')), DecodeError);
});

test('counts and lengths are checked before anything is made of them', () => {
  const { names, handle: opened, attributes } = replyPackets;
  for (const bytes of [
    '68 00000001 ffffffff',
    '68 00000001 00000001',
    '68 00000001 00000001 00000001 61 00000000 00000000 00',
  ]) {
    assert.throws(() => names.decode(hex(bytes)), DecodeError, bytes);
  }
  assert.deepEqual(names.decode(hex('68 00000001 00000001 00000001 61 00000000 00000000')).entries, [
    { name: Uint8Array.of(0x61), longName: new Uint8Array(0), attributes: {} },
  ]);
  assert.throws(() => opened.decode(hex('66 00000001 00000000')), DecodeError);
  assert.throws(() => opened.decode(hex(`66 00000001 00000101 ${'00'.repeat(257)}`)), DecodeError);
  assert.equal(opened.decode(hex(`66 00000001 00000100 ${'00'.repeat(256)}`)).handle.length, 256);
  for (const flags of ['00000010', '40000000', '80000000 ffffffff', '80000000 00000001 00000000']) {
    assert.throws(() => attributes.decode(hex(`69 00000001 ${flags}`)), DecodeError, flags);
  }
  const extended = attributes.decode(hex('69 00000001 80000000 00000001 00000001 61 00000001 62')).attributes.extended;
  assert.deepEqual(extended, [{ type: Uint8Array.of(0x61), data: Uint8Array.of(0x62) }]);
});

test('every packet gives back what was put in, and a damaged one never anything but a DecodeError', () => {
  const random = new SeededRandom(4);
  const samples = [
    [init, init.encode({ version: 3, extensions: [] })],
    [version, version.encode({ version: 3, extensions: [{ name: 'a', data: Uint8Array.of(1) }] })],
    [requestPackets.open, requestPackets.open.encode({ id: 1, path, flags: 1, attributes: { permissions: 0o600 } })],
    [requestPackets.extended, requestPackets.extended.encode({ id: 9, extension: 'x', fields: path })],
    [
      replyPackets.names,
      replyPackets.names.encode({ id: 1, entries: [{ name: path, longName: path, attributes: {} }] }),
    ],
    [replyPackets.data, replyPackets.data.encode({ id: 1, data: path })],
  ] as const;
  for (const [packet, bytes] of samples) {
    assert.deepEqual(packet.encode(packet.decode(bytes) as never), bytes);
    for (let round = 0; round < 300; round++) {
      try {
        packet.decode(random.damage(bytes));
      } catch (error) {
        assert.ok(error instanceof DecodeError, String(error));
      }
    }
  }
  assert.equal(init.encode({ version: 3, extensions: [] }).length, 5);
  const many = Array.from({ length: 1025 }, () => ({ name: '', data: new Uint8Array(0) }));
  assert.throws(() => version.decode(version.encode({ version: 3, extensions: many })), DecodeError);
});

test('numbers, names and codes find each other', () => {
  assert.equal(requestNameOf(200), 'extended');
  assert.equal(requestNameOf(101), undefined);
  assert.equal(replyNameOf(103), 'data');
  assert.equal(replyNameOf(3), undefined);
  for (const [index, row] of statusTable.entries()) assert.equal(row.code, index);
  assert.deepEqual(
    Object.values(statusCodes),
    statusTable.map(({ code }) => code),
  );
  assert.equal(statusName(11), 'failure');
  assert.equal(statusDescription(8), 'Operation unsupported');
  assert.equal(statusDescription(4_000_000_000), 'Unknown error');
});

test('the extensions have the fields of PROTOCOL section 4', () => {
  assert.equal(extensionKeyOf('copy-data'), 'copyData');
  assert.equal(extensionKeyOf('toString'), undefined);
  const { copyData, usersGroupsById, limits, lsetstat } = extensionTable;
  const copy = { readHandle: handle, readOffset: 1n, length: 0n, writeHandle: handle, writeOffset: 2n };
  const copyBytes = '00000004 00000007 0000000000000001 0000000000000000 00000004 00000007 0000000000000002';
  assert.deepEqual(copyData.request.encode(copy), hex(copyBytes));
  assert.deepEqual(
    usersGroupsById.request.encode({ users: [0, 1000], groups: [] }),
    hex('00000008 00000000 000003e8 00000000'),
  );
  assert.throws(() => usersGroupsById.request.decode(hex('00000003 000000 00000000')), DecodeError);
  assert.deepEqual(nameLists.decode(hex('00000008 00000004 726f6f74 00000004 00000000')), {
    users: [utf8Encode('root')],
    groups: [new Uint8Array(0)],
  });
  assert.deepEqual(limits.request.encode({}), new Uint8Array(0));
  assert.equal(limitFields.decode(new Uint8Array(32)).openHandles, 0n);
  assert.equal(fileSystemFields.decode(new Uint8Array(88)).flags, 0n);
  assert.throws(() => fileSystemFields.decode(new Uint8Array(87)), DecodeError);
  assert.equal(
    lsetstat.request.decode(lsetstat.request.encode({ path, attributes: { size: 3n } })).attributes.size,
    3n,
  );
});
