// What a channel of an authenticated connection does with what comes: sessions and forwardings alike. The connection
// knows no more of them.

/** What a channel does with what comes; sessions and forwardings alike. */
export interface ChannelHandler {
  receive(data: Uint8Array): void;
  receiveEof(): void;
  resume(): void;
  destroy(): void;
  request?(type: string, wantReply: boolean, fields: Uint8Array): void;
}
