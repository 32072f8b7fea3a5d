// The reason codes of DISCONNECT (RFC 4253 section 11.1) that the suite sends or names.
// Which failure is sent under which reason stands in catalogue.ts.

/** RFC 4253 section 11.1. */
export const disconnectReasons = {
  hostNotAllowed: 1,
  protocolError: 2,
  keyExchangeFailed: 3,
  macError: 5,
  compressionError: 6,
  serviceNotAvailable: 7,
  protocolVersionNotSupported: 8,
  hostKeyNotVerifiable: 9,
  connectionLost: 10,
  byApplication: 11,
  tooManyConnections: 12,
  authCancelledByUser: 13,
  noMoreAuthMethodsAvailable: 14,
  illegalUserName: 15,
} as const;
export type DisconnectReason = (typeof disconnectReasons)[keyof typeof disconnectReasons];
