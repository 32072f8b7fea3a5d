// What comes on the descriptor socket of an auth process, from the monitor, which it trusts: the settings first, then
// connections, each with its descriptor and the peer's address as JSON.

import type { PeerAddress } from '@sallyport/protocol/log/stable-lines';
import { utf8Decode } from '@sallyport/protocol/wire/utf8';
import { receiveDescriptors } from '@sallyport/system/descriptor-passing';
import type { StackSettings } from './stack-settings.ts';
import { decodeStackSettings } from './stack-settings.ts';

const settingsLimitBytes = 128 * 1024;
const connectionLimitBytes = 1024;

/** undefined when the monitor is gone. */
export function receiveSettings(passingFd: number): StackSettings | undefined {
  const limits = { maximumDescriptors: 0, maximumBytes: settingsLimitBytes, wait: true };
  const received = receiveDescriptors(passingFd, limits);
  if (received === undefined || received.data.length === 0) return undefined;
  return decodeStackSettings(utf8Decode(received.data));
}

/** What comes with the descriptors. */
export interface ConnectionNotice {
  readonly peer: PeerAddress;
  /** 0 when it is not for a copy. */
  readonly copy: number;
}

export interface ReceivedConnection {
  readonly fd: number;
  /** The copy's own pipe to the monitor, if this is for a copy of a template. */
  readonly callsFd: number | undefined;
  readonly peer: PeerAddress;
  /** The number of the copy. */
  readonly copy: number;
}

/** Waits for the next one; undefined when the monitor has closed the socket. */
export function receiveConnection(passingFd: number): ReceivedConnection | undefined {
  const limits = { maximumDescriptors: 2, maximumBytes: connectionLimitBytes, wait: true };
  const received = receiveDescriptors(passingFd, limits);
  const [fd, callsFd] = received?.descriptors ?? [];
  if (received === undefined || fd === undefined) return undefined;
  const { peer, copy } = JSON.parse(utf8Decode(received.data)) as ConnectionNotice;
  return { fd, callsFd, peer, copy };
}
