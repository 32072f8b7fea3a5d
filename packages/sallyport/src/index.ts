// An embeddable SSH library for Node and Bun. What programs share but an application does not need is reached by its
// module's path (driver/engine-driver).

export type { ByteStream, ByteStreamHandlers } from './driver/byte-stream.ts';
