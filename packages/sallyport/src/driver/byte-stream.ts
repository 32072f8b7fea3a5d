// What an EngineDriver pumps: a two-way stream of bytes with back-pressure. A TCP socket, an inherited descriptor
// (packages/system), a channel of another connection and a pair in memory all have this shape.

export type { ByteStream } from '@sallyport/system/byte-stream';
