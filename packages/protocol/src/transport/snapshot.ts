// A transport as plain data, for the hand-over of a live connection to another process: names, keys, counters, and the
// bytes under way. It is made between key exchanges only, and never with the history of a compression. Who decodes one
// trusts its sender with the connection, but not with memory: every length is bounded, every name is looked up.

import { compressions } from '../algorithms/compressions.ts';
import type { Role } from '../algorithms/roles.ts';
import { boolean, bytes, text, uint32, uint64 } from '../codec/fields.ts';
import { struct } from '../codec/struct.ts';
import { DecodeError } from '../wire/decode-error.ts';
import { type DirectionKeys, type DirectionState, keysAreWellFormed } from './direction-keys.ts';
import type { Session } from './key-exchange/session.ts';
import { maximumLineBytes, maximumPacketsPerKeys, maximumPendingInputBytes } from './limits.ts';

export interface TransportSnapshot {
  readonly role: Role;
  /** Lines without CR LF. */
  readonly clientIdentification: Uint8Array;
  readonly serverIdentification: Uint8Array;
  readonly session: Session;
  readonly authenticated: boolean;
  readonly sending: DirectionState;
  readonly receiving: DirectionState;
  /** Bytes that came and were not opened. */
  readonly input: Uint8Array;
  /** Sealed bytes that were not taken. */
  readonly output: Uint8Array;
}

const version = 1;
const maximumDigestBytes = 64;
const maximumHostKeyBytes = 32 * 1024;
const maximumOutputBytes = 16 * 1024 * 1024;
/** What a pipe that carries snapshots must let through. */
export const maximumSnapshotBytes = maximumPendingInputBytes + maximumOutputBytes + 64 * 1024;

const directionFields = struct({
  cipher: text,
  mac: text,
  key: bytes,
  iv: bytes,
  macKey: bytes,
  sequenceNumber: uint32,
  packets: uint64,
  bytes: uint64,
});

const snapshotFields = struct({
  version: uint32,
  server: boolean,
  clientIdentification: bytes,
  serverIdentification: bytes,
  sessionId: bytes,
  hostKey: bytes,
  keyExchange: text,
  hostKeyAlgorithm: text,
  compressionToServer: text,
  compressionToClient: text,
  strict: boolean,
  acceptsExtensionInfo: boolean,
  authenticated: boolean,
  sending: directionFields,
  receiving: directionFields,
  input: bytes,
  output: bytes,
});

/** The bytes hold keys: the caller overwrites them when they are sent. */
export function encodeTransportSnapshot(snapshot: TransportSnapshot): Uint8Array {
  const { role, session, sending, receiving } = snapshot;
  const { algorithms, markers, sessionId, hostKey } = session;
  return snapshotFields.encode({
    version,
    server: role === 'server',
    clientIdentification: snapshot.clientIdentification,
    serverIdentification: snapshot.serverIdentification,
    sessionId,
    hostKey,
    keyExchange: algorithms.keyExchange,
    hostKeyAlgorithm: algorithms.hostKey,
    compressionToServer: algorithms.compressionToServer,
    compressionToClient: algorithms.compressionToClient,
    strict: markers.strict,
    acceptsExtensionInfo: markers.acceptsExtensionInfo,
    authenticated: snapshot.authenticated,
    sending: encodable(sending),
    receiving: encodable(receiving),
    input: snapshot.input,
    output: snapshot.output,
  });
}

/**
 * Keeps nothing of the argument. @throws DecodeError when it is not a snapshot of known algorithms within the limits
 */
export function decodeTransportSnapshot(data: Uint8Array): TransportSnapshot {
  const fields = snapshotFields.decode(data);
  if (fields.version !== version) throw new DecodeError('snapshot of another version');
  checkSize(fields.clientIdentification, maximumLineBytes);
  checkSize(fields.serverIdentification, maximumLineBytes);
  checkSize(fields.sessionId, maximumDigestBytes);
  checkSize(fields.hostKey, maximumHostKeyBytes);
  if (fields.input.length > maximumPendingInputBytes || fields.output.length > maximumOutputBytes) {
    throw new DecodeError('snapshot holds too many bytes');
  }
  for (const name of [fields.compressionToServer, fields.compressionToClient]) {
    if (!compressions.some((row) => row.name === name)) throw new DecodeError('unknown method of compression');
  }
  const role = fields.server ? 'server' : 'client';
  const sending = decodeDirection(fields.sending);
  const receiving = decodeDirection(fields.receiving);
  const [toServer, toClient] = role === 'client' ? [sending.keys, receiving.keys] : [receiving.keys, sending.keys];
  return {
    role,
    clientIdentification: fields.clientIdentification.slice(),
    serverIdentification: fields.serverIdentification.slice(),
    session: {
      sessionId: fields.sessionId.slice(),
      hostKey: fields.hostKey.slice(),
      markers: { strict: fields.strict, acceptsExtensionInfo: fields.acceptsExtensionInfo },
      algorithms: {
        keyExchange: fields.keyExchange,
        hostKey: fields.hostKeyAlgorithm,
        cipherToServer: toServer.cipher,
        cipherToClient: toClient.cipher,
        macToServer: toServer.mac,
        macToClient: toClient.mac,
        compressionToServer: fields.compressionToServer,
        compressionToClient: fields.compressionToClient,
        strict: fields.strict,
      },
    },
    authenticated: fields.authenticated,
    sending,
    receiving,
    input: fields.input.slice(),
    output: fields.output.slice(),
  };
}

function checkSize(field: Uint8Array, maximumBytes: number): void {
  if (field.length === 0 || field.length > maximumBytes) throw new DecodeError('snapshot field of impossible size');
}

interface DirectionFields {
  cipher: string;
  mac: string;
  key: Uint8Array;
  iv: Uint8Array;
  macKey: Uint8Array;
  sequenceNumber: number;
  packets: bigint;
  bytes: bigint;
}

function encodable({ keys, counters }: DirectionState): DirectionFields {
  const { sequenceNumber, packets, bytes: byteCount } = counters;
  return { ...keys, sequenceNumber, packets: BigInt(packets), bytes: BigInt(byteCount) };
}

function decodeDirection(fields: DirectionFields): DirectionState {
  const { cipher, mac, sequenceNumber } = fields;
  const keys: DirectionKeys = {
    cipher,
    mac,
    key: fields.key.slice(),
    iv: fields.iv.slice(),
    macKey: fields.macKey.slice(),
  };
  if (!keysAreWellFormed(keys)) throw new DecodeError('snapshot keys do not fit their cipher');
  const packets = Number(fields.packets);
  const byteCount = Number(fields.bytes);
  if (packets >= maximumPacketsPerKeys || !Number.isSafeInteger(byteCount))
    throw new DecodeError('counter is too large');
  return { keys, counters: { sequenceNumber, packets, bytes: byteCount } };
}
