// Adding keys without a shell (-s): the file is read, and a new one beside it takes its name. A server that cannot
// replace a file in one step gets the new lines written behind the old ones.

import { randomBytes } from 'node:crypto';
import { SftpClient } from 'sallyport/sftp/sftp-client';
import { SftpError } from 'sallyport/sftp/sftp-error';
import { withLines } from './authorized-keys.ts';

/** Nobody has so many keys. */
const largestFileBytes = 16 * 1024 * 1024;
const folderMode = 0o700;
const fileMode = 0o600;

interface Found {
  readonly path: string;
  readonly contents: Uint8Array;
  readonly permissions: number;
}

/** Rejects with SshError when the file is as it was. */
export async function installBySftp(client: SftpClient, path: string, lines: readonly string[]): Promise<void> {
  await makeFolder(client, path);
  const found = await readFile(client, path);
  const contents = withLines(found?.contents ?? new Uint8Array(0), lines);
  if (found !== undefined && !client.extensions.has('posix-rename@openssh.com')) {
    return await append(client, found, contents);
  }
  const target = found?.path ?? path;
  const unfinished = `${target}.${randomBytes(6).toString('hex')}`;
  const permissions = found?.permissions ?? fileMode;
  try {
    await using file = await client.open(unfinished, 'wx', { attributes: { permissions } });
    await file.write(0, contents);
    await file.setstat({ permissions });
    if (client.extensions.has('fsync@openssh.com')) await file.sync();
    await file.close();
    await client.rename(unfinished, target);
  } catch (error) {
    await client.remove(unfinished).catch(() => undefined);
    throw error;
  }
}

/** A folder that is there stays as it is. */
async function makeFolder(client: SftpClient, path: string): Promise<void> {
  const folder = path.slice(0, Math.max(path.lastIndexOf('/'), 0));
  if (folder === '' || (await client.exists(folder))) return;
  await client.mkdir(folder, { attributes: { permissions: folderMode } });
}

/** undefined when there is none. A link is followed, so that it stays one. */
async function readFile(client: SftpClient, path: string): Promise<Found | undefined> {
  try {
    const { permissions = fileMode } = await client.stat(path);
    const contents = await client.readFile(path, { limitBytes: largestFileBytes });
    return { path: await client.realpath(path), contents, permissions };
  } catch (error) {
    if (error instanceof SftpError && error.code === 'no-such-file') return undefined;
    throw error;
  }
}

async function append(client: SftpClient, { path, contents: old }: Found, contents: Uint8Array): Promise<void> {
  await using file = await client.open(path, 'r+');
  await file.write(old.length, contents.subarray(old.length));
  await file.close();
}
