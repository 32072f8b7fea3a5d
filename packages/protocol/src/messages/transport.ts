// Messages of the transport layer: RFC 4253 sections 10 and 11, RFC 8308 section 2.3, PROTOCOL section 1.9 (ping).
// Those of the key exchange are in key-exchange.ts.

import { boolean, bytes, fixed, names, rest, text, uint32 } from '../codec/fields.ts';
import { message, type ValueOf } from '../codec/struct.ts';

export const disconnect = message('DISCONNECT', 1, { reason: uint32, description: text, language: text });
export const ignore = message('IGNORE', 2, { data: bytes });
export const unimplemented = message('UNIMPLEMENTED', 3, { sequenceNumber: uint32 });
export const debug = message('DEBUG', 4, { alwaysDisplay: boolean, text, language: text });
export const serviceRequest = message('SERVICE_REQUEST', 5, { service: text });
export const serviceAccept = message('SERVICE_ACCEPT', 6, { service: text });
/** The extensions themselves are name and value pairs: transport/extension-info.ts. */
export const extensionInfo = message('EXT_INFO', 7, { count: uint32, extensions: rest });
export const kexInit = message('KEXINIT', 20, {
  cookie: fixed(16),
  keyExchanges: names,
  hostKeyAlgorithms: names,
  ciphersToServer: names,
  ciphersToClient: names,
  macsToServer: names,
  macsToClient: names,
  compressionsToServer: names,
  compressionsToClient: names,
  languagesToServer: names,
  languagesToClient: names,
  firstPacketFollows: boolean,
  reserved: uint32,
});
export const newKeys = message('NEWKEYS', 21, {});
export const ping = message('PING', 192, { data: bytes });
export const pong = message('PONG', 193, { data: bytes });

export type KexInit = ValueOf<typeof kexInit>;
