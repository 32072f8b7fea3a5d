// sshd -i: one connection on descriptors 0 and 1, which are one socket or two pipes. Ends when the connection has
// ended.

import * as fs from 'node:fs';
import { endsOf } from '@sallyport/system/accepting';
import { duplicate, duplicateTo, setCloseOnExec, socketPair } from '@sallyport/system/descriptors';
import { relay } from './relay.ts';
import type { ServeOptions } from './serve-options.ts';
import { startServing } from './start-serving.ts';

/** What sshd says of a peer that has no address. */
const unknownEnd = { address: 'UNKNOWN', port: 65535 };

export async function serveInetd(options: ServeOptions): Promise<number> {
  const ends = endsOf(0);
  const connection = ends === undefined ? joinPipes() : { fd: takeStandardSocket(), written: Promise.resolve() };
  const failed = await new Promise<boolean>((resolve) => {
    const serving = startServing(options, {
      isLasting: false,
      accountIdleMs: 0,
      hasKeyProcesses: false,
      onEnded: () => {
        serving.connections.stop();
        resolve(serving.connections.failed);
      },
    });
    serving.connections.accept({ fd: connection.fd, ...(ends ?? { peer: unknownEnd, local: unknownEnd }) });
  });
  await connection.written;
  return failed ? 255 : 0;
}

/** A copy of the socket; 0 and 1 become /dev/null, so that the peer sees the connection end when others close it. */
function takeStandardSocket(): number {
  const fd = duplicate(0);
  setCloseOnExec(fd, true);
  const nullFd = fs.openSync('/dev/null', 'r+');
  for (const standard of [0, 1]) duplicateTo(nullFd, standard);
  return fd;
}

function joinPipes(): { readonly fd: number; readonly written: Promise<void> } {
  const [socketFd, fd] = socketPair('stream');
  for (const own of [socketFd, fd]) setCloseOnExec(own, true);
  return { fd, written: relay({ inputFd: 0, outputFd: 1, socketFd }) };
}
