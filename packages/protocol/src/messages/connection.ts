// Messages of the connection protocol: RFC 4254 sections 4 and 5. Type-specific tails are structs behind `rest`
// (channel-requests.ts, global-requests.ts, channel-types below).

import { boolean, bytes, rest, text, uint32 } from '../codec/fields.ts';
import { message, struct } from '../codec/struct.ts';

export const globalRequest = message('GLOBAL_REQUEST', 80, { type: text, wantReply: boolean, fields: rest });
export const requestSuccess = message('REQUEST_SUCCESS', 81, { fields: rest });
export const requestFailure = message('REQUEST_FAILURE', 82, {});

export const channelOpen = message('CHANNEL_OPEN', 90, {
  type: text,
  sender: uint32,
  windowBytes: uint32,
  maximumPacketBytes: uint32,
  fields: rest,
});
export const channelOpenConfirmation = message('CHANNEL_OPEN_CONFIRMATION', 91, {
  recipient: uint32,
  sender: uint32,
  windowBytes: uint32,
  maximumPacketBytes: uint32,
  fields: rest,
});
export const channelOpenFailure = message('CHANNEL_OPEN_FAILURE', 92, {
  recipient: uint32,
  reason: uint32,
  description: text,
  language: text,
});
export const channelWindowAdjust = message('CHANNEL_WINDOW_ADJUST', 93, { recipient: uint32, bytes: uint32 });
export const channelData = message('CHANNEL_DATA', 94, { recipient: uint32, data: bytes });
export const channelExtendedData = message('CHANNEL_EXTENDED_DATA', 95, {
  recipient: uint32,
  type: uint32,
  data: bytes,
});
export const channelEof = message('CHANNEL_EOF', 96, { recipient: uint32 });
export const channelClose = message('CHANNEL_CLOSE', 97, { recipient: uint32 });
export const channelRequest = message('CHANNEL_REQUEST', 98, {
  recipient: uint32,
  type: text,
  wantReply: boolean,
  fields: rest,
});
export const channelSuccess = message('CHANNEL_SUCCESS', 99, { recipient: uint32 });
export const channelFailure = message('CHANNEL_FAILURE', 100, { recipient: uint32 });

/** RFC 4254 section 5.1. */
export const openFailureReasons = {
  administrativelyProhibited: 1,
  connectFailed: 2,
  unknownChannelType: 3,
  resourceShortage: 4,
} as const;
export type OpenFailureReason = (typeof openFailureReasons)[keyof typeof openFailureReasons];

/** RFC 4254 section 7.2. */
export const directTcpipFields = struct({ host: text, port: uint32, originatorAddress: text, originatorPort: uint32 });
/** PROTOCOL section 2.4. */
export const directStreamlocalFields = struct({ path: text, reserved: text, reservedNumber: uint32 });
/** RFC 4254 section 5.2. */
export const extendedDataStderr = 1;
