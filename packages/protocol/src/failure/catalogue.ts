// The catalogue of failures: one row each, with its class, its sentence and the reason it is sent under. Codes are part
// of the public interface (SshError.code). Says nothing about who is told.

import type { DisconnectReason } from './disconnect.ts';
import { disconnectReasons as reasons } from './disconnect.ts';

/** Who is to blame: the peer broke the protocol; no common algorithm; somebody said no; our own side. */
export type FailureKind = 'misbehaved' | 'incompatible' | 'refused' | 'local';

export interface FailureRow {
  readonly kind: FailureKind;
  /** Sent to the peer in DISCONNECT; absent when the connection is gone or the peer ended it. */
  readonly disconnectReason?: DisconnectReason;
  readonly description: string;
}

export const failureCatalogue = {
  'identification-invalid': { kind: 'misbehaved', description: 'invalid SSH identification string' },
  'identification-too-long': {
    kind: 'misbehaved',
    description: 'banner line contains invalid characters or is too long',
  },
  'protocol-version-unsupported': { kind: 'incompatible', description: 'Protocol major versions differ' },
  'message-malformed': { kind: 'misbehaved', disconnectReason: reasons.protocolError, description: 'invalid format' },
  'message-unexpected': {
    kind: 'misbehaved',
    disconnectReason: reasons.protocolError,
    description: 'unexpected message',
  },
  'packet-length-invalid': {
    kind: 'misbehaved',
    disconnectReason: reasons.protocolError,
    description: 'Packet corrupt',
  },
  'padding-invalid': {
    kind: 'misbehaved',
    disconnectReason: reasons.protocolError,
    description: 'Corrupted padding on input',
  },
  'mac-incorrect': {
    kind: 'misbehaved',
    disconnectReason: reasons.macError,
    description: 'message authentication code incorrect',
  },
  'compression-invalid': {
    kind: 'misbehaved',
    disconnectReason: reasons.compressionError,
    description: 'compressed data invalid',
  },
  'no-common-algorithm': {
    kind: 'incompatible',
    disconnectReason: reasons.keyExchangeFailed,
    description: 'no matching algorithm found',
  },
  'key-exchange-failed': {
    kind: 'misbehaved',
    disconnectReason: reasons.keyExchangeFailed,
    description: 'key exchange failed',
  },
  'strict-violation': {
    kind: 'misbehaved',
    disconnectReason: reasons.protocolError,
    description: 'strict KEX violation',
  },
  'host-key-signature-incorrect': {
    kind: 'misbehaved',
    disconnectReason: reasons.keyExchangeFailed,
    description: 'incorrect signature',
  },
  'host-key-refused': {
    kind: 'refused',
    disconnectReason: reasons.hostKeyNotVerifiable,
    description: 'Host key verification failed',
  },
  'signing-failed': {
    kind: 'local',
    disconnectReason: reasons.keyExchangeFailed,
    description: 'host key signing failed',
  },
  'sequence-number-wrapped': {
    kind: 'local',
    disconnectReason: reasons.protocolError,
    description: 'sequence number wraps without new keys',
  },
  'limit-exceeded': {
    kind: 'misbehaved',
    disconnectReason: reasons.protocolError,
    description: 'peer exceeds a limit',
  },
  'service-refused': {
    kind: 'refused',
    disconnectReason: reasons.serviceNotAvailable,
    description: 'service not available',
  },
  'authentication-failed': {
    kind: 'refused',
    disconnectReason: reasons.noMoreAuthMethodsAvailable,
    description: 'Permission denied',
  },
  'too-many-authentication-failures': {
    kind: 'refused',
    disconnectReason: reasons.protocolError,
    description: 'Too many authentication failures',
  },
  'window-exceeded': {
    kind: 'misbehaved',
    disconnectReason: reasons.protocolError,
    description: 'peer sends more than its window',
  },
  'channel-unknown': {
    kind: 'misbehaved',
    disconnectReason: reasons.protocolError,
    description: 'message for a channel that is not open',
  },
  'channel-refused': { kind: 'refused', description: 'channel open refused' },
  'request-refused': { kind: 'refused', description: 'request refused' },
  'disconnected-by-peer': { kind: 'refused', description: 'the peer disconnected' },
  'connection-lost': { kind: 'local', description: 'Connection closed' },
  'timed-out': { kind: 'local', disconnectReason: reasons.byApplication, description: 'timed out' },
  aborted: { kind: 'local', disconnectReason: reasons.byApplication, description: 'aborted by the application' },
  closed: { kind: 'local', disconnectReason: reasons.byApplication, description: 'disconnected by user' },
} as const satisfies Readonly<Record<string, FailureRow>>;

export type FailureCode = keyof typeof failureCatalogue;
