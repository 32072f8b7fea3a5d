// An SFTP server as the session handler of createServer(): the subsystem `sftp` and nothing else. A server that offers
// more asks `session.program` itself and hands sessions of this kind over.

import { SshError } from '../errors.ts';
import type { SessionHandler } from '../server/server-options.ts';
import type { ServerSession } from '../server/server-session.ts';
import type { SftpFileSystem } from './file-system.ts';
import { sendsLinkFirst } from './link-order.ts';
import { serveSftp } from './serve-sftp.ts';
import type { SftpServerOptions } from './sftp-session.ts';

/** One file system for everybody, or one for each session. */
export type SftpFileSystems = SftpFileSystem | ((session: ServerSession) => SftpFileSystem | Promise<SftpFileSystem>);

export function sftpServer(fs: SftpFileSystems, options: SftpServerOptions = {}): SessionHandler {
  return async (session) => {
    const { program } = session;
    if (program.kind !== 'subsystem' || program.name !== 'sftp') {
      throw new SshError('request-refused', 'only the subsystem sftp is served');
    }
    const { user, remoteAddress, identification } = session.peer;
    const peer = { user, address: remoteAddress ?? 'UNKNOWN' };
    const linkFirst = sendsLinkFirst(identification);
    const files = typeof fs === 'function' ? await fs(session) : fs;
    await serveSftp(session.stream(), files, { peer, linkFirst, ...options });
  };
}
