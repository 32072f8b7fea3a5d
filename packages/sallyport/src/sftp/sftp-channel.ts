// SFTP in a channel of a connection: a window that many requests fit into, and the stream that a client runs on. The
// subsystem has been asked for by the caller.

import { defaultWindow } from '@sallyport/protocol/connection/window';
import type { CallOptions } from '../cancellation.ts';
import type { Channel } from '../channel/channel.ts';
import { channelStream } from '../channel/channel-stream.ts';
import { SftpClient } from './sftp-client.ts';

/** What a server may send of a file before we say that we have it: enough for 160 MB/s over 50 ms. */
const sftpWindowBytes = 8 * 1024 * 1024;
export const sftpWindow = { bytes: sftpWindowBytes, maximumPacketBytes: defaultWindow.maximumPacketBytes } as const;

/** Resolves when the server has said its version. */
export function sftpOverChannel(channel: Channel, options: CallOptions): Promise<SftpClient> {
  return SftpClient.over(channelStream(channel), options);
}
