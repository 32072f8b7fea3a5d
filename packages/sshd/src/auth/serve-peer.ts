// The whole life of an auth process once it has its connection: whether it was started for it or is a copy, it serves
// this one and ends.

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import type { PeerAddress } from '@sallyport/protocol/log/stable-lines';
import { AuthConnection } from './auth-connection.ts';
import { MonitorClient, MonitorGone } from './monitor-client.ts';
import { serveConnection } from './serve-connection.ts';
import type { StackSettings } from './stack-settings.ts';

/** What an auth process has before it meets a peer. */
export interface AuthEquipment {
  readonly settings: StackSettings;
  readonly crypto: CryptoProvider;
}

export interface Peer {
  /** The connection. */
  readonly fd: number;
  /** The pipe to the monitor that is about this connection. */
  readonly callsFd: number;
  readonly peer: PeerAddress;
}

/** Returns when the transport has been handed over or the connection is over. */
export function servePeer(equipment: AuthEquipment, { fd, callsFd, peer }: Peer): void {
  const monitor = new MonitorClient(callsFd);
  const connection = new AuthConnection({ ...equipment, peer, monitor, now: performance.now() });
  try {
    serveConnection(connection, { fd, monitorFd: callsFd });
  } catch (error) {
    if (!(error instanceof MonitorGone)) throw error;
  }
}
