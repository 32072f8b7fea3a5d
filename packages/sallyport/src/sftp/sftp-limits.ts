// How much one request may carry and how many files may be open: what the server says, within bounds of our own. A
// server that says nothing gets what every server takes.

import type { LimitFields } from '@sallyport/protocol/sftp/extensions';

/** Sizes for the requests to one server. */
export interface SftpLimits {
  /** Data of one READ, and of one WRITE, in bytes. */
  readonly readBytes: number;
  readonly writeBytes: number;
  /** Files and folders that we keep open at the same time. */
  readonly openHandles: number;
}

/** The most that OpenSSH takes: 255 KiB. */
const mostDataBytes = 255 * 1024;
/** A server that takes less than that would make every byte a packet. */
const leastDataBytes = 1024;
/** What a packet has besides the data of a write, with room to spare. */
const packetOverheadBytes = 1024;
const mostHandles = 256;

/** Draft-ietf-secsh-filexfer-02 section 3: all servers take packets with 32 KiB of data. */
export const defaultLimits: SftpLimits = { readBytes: 32 * 1024, writeBytes: 32 * 1024, openHandles: 64 };

/** What is used of the limits that a server told; 0 is a limit that it does not know. */
export function usedLimits(told: LimitFields): SftpLimits {
  const dataOfPacket = bounded(told.packetBytes, Number.MAX_SAFE_INTEGER) - packetOverheadBytes;
  const data = (bytes: bigint, fallback: number): number => {
    const wanted = bytes === 0n ? fallback : bounded(bytes, mostDataBytes);
    return Math.max(Math.min(wanted, told.packetBytes === 0n ? wanted : dataOfPacket), leastDataBytes);
  };
  return {
    readBytes: data(told.readBytes, defaultLimits.readBytes),
    writeBytes: data(told.writeBytes, defaultLimits.writeBytes),
    openHandles:
      told.openHandles === 0n ? defaultLimits.openHandles : Math.max(bounded(told.openHandles, mostHandles), 1),
  };
}

function bounded(value: bigint, most: number): number {
  return value > BigInt(most) ? most : Number(value);
}
