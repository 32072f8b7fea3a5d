// Reads a remote file back and compares SHA-256 of it with that of ours. Servers of version 3 cannot be asked for a
// digest of what they have.

import { createHash } from 'node:crypto';

import { SftpError } from '../sftp-error.ts';
import { BlockReader } from './block-reader.ts';
import { tryLocally } from './local-call.ts';
import type { Transfer } from './transfer.ts';

/** Rejects with code `digest-mismatch`. `handle` is open for reading at the server. */
export async function compareDigests(
  transfer: Transfer,
  handle: Uint8Array,
  paths: { readonly remotePath: Uint8Array; readonly localPath: Uint8Array },
): Promise<void> {
  const { remotePath, localPath } = paths;
  const [theirs, ours] = await Promise.all([
    remoteDigest(transfer, handle, remotePath),
    localDigest(transfer, localPath),
  ]);
  if (theirs === ours) return;
  const reason = `SHA-256 is ${theirs} there and ${ours} here`;
  throw new SftpError('digest-mismatch', { operation: 'verify', path: remotePath }, { reason });
}

async function remoteDigest(transfer: Transfer, handle: Uint8Array, path: Uint8Array): Promise<string> {
  const hash = createHash('sha256');
  const range = { handle, subject: { operation: 'read', path }, start: 0, end: undefined };
  const put = (data: Uint8Array): void => {
    hash.update(data);
  };
  const putNow = (data: Uint8Array): boolean => {
    put(data);
    return true;
  };
  const reader = new BlockReader(transfer, range, { putNow, put });
  const forget = transfer.onAbort((error) => reader.stop(error));
  try {
    await reader.run();
  } finally {
    forget();
  }
  return hash.digest('hex');
}

async function localDigest(transfer: Transfer, path: Uint8Array): Promise<string> {
  const hash = createHash('sha256');
  const file = await tryLocally('open', path, () => transfer.local.open(path, {}));
  const block = transfer.takeBlock();
  try {
    for (let position = 0; ; ) {
      const count = await tryLocally('read', path, () => file.read(block, position));
      if (count === 0) break;
      hash.update(block.subarray(0, count));
      position += count;
    }
  } finally {
    transfer.giveBlock(block);
    await tryLocally('close', path, () => file.close());
  }
  return hash.digest('hex');
}
