// Paths at the server: `~` and `~user` in front, which a shell would have expanded, and patterns. Paths are byte
// strings.

import { parseGlobPattern } from '@sallyport/protocol/wire/glob-pattern';
import type { FileStatus } from 'sallyport/sftp/file-status';
import type { SftpClient } from 'sallyport/sftp/sftp-client';
import { SftpError } from 'sallyport/sftp/sftp-error';
import { byteStringOf, bytesOf } from '../../shared/byte-string.ts';

/**
 * The path as the server takes it: the home is where a session begins. undefined when the server cannot look up
 * another user's. Rejects with SftpError.
 */
export async function serverPath(client: SftpClient, path: string): Promise<string | undefined> {
  if (path === '' || path === '~') return '.';
  if (path.startsWith('~/')) return path.replace(/^~\/+/, '') || '.';
  if (!path.startsWith('~')) return path;
  if (!client.extensions.has('expand-path@openssh.com')) return undefined;
  return byteStringOf(await client.expandPath(bytesOf(path)));
}

export interface RemoteMatch {
  readonly path: string;
  readonly status: FileStatus;
}

/** What a path stands for: what fits it as a pattern, or else the file of just that name. */
export async function findRemote(client: SftpClient, path: string): Promise<readonly RemoteMatch[]> {
  const components = path.split('/').map((component) => parseGlobPattern(component));
  const isPattern = components.some((component) => component.hasWildcards);
  if (isPattern) {
    const paths = await client.globBytes(bytesOf(path));
    const found = await Promise.all(paths.map((one) => statusAt(client, byteStringOf(one))));
    const matches = found.filter((match) => match !== undefined);
    if (matches.length > 0) return matches;
  }
  const literal = isPattern ? path : components.map((component) => component.literal).join('/');
  const match = (await statusAt(client, literal)) ?? (literal === path ? undefined : await statusAt(client, path));
  return match === undefined ? [] : [match];
}

/** undefined when there is nothing, or nothing that we may see. */
async function statusAt(client: SftpClient, path: string): Promise<RemoteMatch | undefined> {
  try {
    return { path, status: await client.stat(bytesOf(path)) };
  } catch (error) {
    if (error instanceof SftpError) return undefined;
    throw error;
  }
}

export async function isRemoteFolder(client: SftpClient, path: string): Promise<boolean> {
  return (await statusAt(client, path))?.status.type === 'directory';
}
