// SFTP in a channel of a connection: a window that many requests fit into, and the stream that a client runs on. The
// subsystem has been asked for by the caller.

import type { ChannelWindow } from '@sallyport/protocol/connection/events';
import type { CallOptions } from '../cancellation.ts';
import type { Channel } from '../channel/channel.ts';
import { channelStream } from '../channel/channel-stream.ts';
import { SftpClient } from './sftp-client.ts';

/**
 * What a server may send of a file before we say that we have it, enough for 160 MB/s over 50 ms; and in packets that
 * are larger than OpenSSH's, for servers that make use of it.
 */
export const sftpWindow: ChannelWindow = { bytes: 8 * 1024 * 1024, maximumPacketBytes: 128 * 1024 };

/** Resolves when the server has said its version. */
export function sftpOverChannel(channel: Channel, options: CallOptions): Promise<SftpClient> {
  return SftpClient.over(channelStream(channel), options);
}
