// The template of an sshd's auth processes, and peers that keep copies of it busy (decision record 0015): for tests
// that look at these processes from outside.

import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { connect as connectTcp } from 'node:net';
import type { StockServer } from '@sallyport/testing';
import { until } from '@sallyport/testing';
import { childrenNamed, commandLine } from './processes.ts';

export const authProcesses = (server: StockServer): readonly number[] => childrenNamed(server.pid, /^sshd-auth\b/);

/** The template, which is all that is there when nobody is connected; once it is ready, which its first copy shows. */
export async function template(server: StockServer): Promise<number> {
  for (let attempt = 1; attempt < 100; attempt++) {
    await until(() => authProcesses(server).length === 1, 'one auth process is left');
    const [original = 0] = authProcesses(server);
    const [peer] = await listening(server, 1);
    const pids = authProcesses(server);
    const areCopies = pids.every((pid) => commandLine(pid).startsWith('sshd-auth template'));
    await peer?.close();
    await until(() => authProcesses(server).length === 1, 'the copy has ended');
    // The process that was started may have been seen before it went on as its copy.
    const stays = pids.length === 2 && pids.includes(original) && authProcesses(server)[0] === original;
    if (stays && areCopies) return original;
  }
  throw new Error('no template is ready');
}

/** A peer that has heard what sshd says first: its identification and KEXINIT. */
export class Listening {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  #heard = Buffer.alloc(0);

  constructor(server: StockServer) {
    this.socket = connectTcp(server.port, '127.0.0.1');
    this.socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => this.socket.once('close', () => resolve()));
  }

  /** The cookie of the KEXINIT (RFC 4253 section 7.1). */
  async cookie(): Promise<string> {
    this.socket.write('SSH-2.0-Test\r\n');
    for await (const chunk of this.socket.iterator({ destroyOnReturn: false })) {
      this.#heard = Buffer.concat([this.#heard, chunk as Buffer]);
      const packet = this.#heard.indexOf('\r\n') + 2;
      if (packet > 1 && this.#heard.length >= packet + 22) {
        assert.equal(this.#heard[packet + 5], 20);
        return this.#heard.toString('hex', packet + 6, packet + 22);
      }
    }
    throw new Error('sshd closed the connection');
  }

  close(): Promise<void> {
    this.socket.destroy();
    return this.closed;
  }
}

export async function listening(server: StockServer, count: number): Promise<Listening[]> {
  const peers = Array.from({ length: count }, () => new Listening(server));
  await Promise.all(peers.map((peer) => peer.cookie()));
  return peers;
}
