// The errors of the library: one tree below SshError, each with a string code that does not change between releases.
// A Failure of the engines becomes one by errorOf(). Messages hold no secrets and no unescaped text of the peer.

import type { FailureCode } from '@sallyport/protocol/failure/catalogue';
import type { Failure } from '@sallyport/protocol/failure/failure';
import { visible } from '@sallyport/protocol/log/log';
import type { StatusName } from '@sallyport/protocol/sftp/status';
import type { PeerDisconnect } from '@sallyport/protocol/transport/events';

import type { CommandResult } from './client/command-result.ts';

/** What a server answers about files, and what else can go wrong with a transfer. */
export type SftpErrorCode =
  | Exclude<StatusName, 'ok'>
  /** The server does not announce the extension that this needs. */
  | 'extension-missing'
  /** An operation on our own files failed: the cause is the system's error. */
  | 'local-failed'
  /** A name of the server that would lead out of the folder, or into another one. */
  | 'suspect-name'
  /** Neither a file nor a folder, or not the one that it should be. */
  | 'wrong-file-type'
  | 'size-mismatch'
  | 'digest-mismatch'
  | 'aborted'
  | 'limit-exceeded';

/** What is wrong with a key, a certificate, a list or a signature over a file. */
export type KeyErrorCode =
  /** Damaged, or of no form that is known here. */
  | 'key-malformed'
  /** The key has no such form, or does not do that. */
  | 'key-unsupported'
  | 'passphrase-missing'
  | 'passphrase-wrong'
  /** It does not hold; the message says why. */
  | 'certificate-refused'
  /** It is wrong, or whoever made it may not sign that; the message says why. */
  | 'signature-refused'
  /** The agent or its user said no. */
  | 'signing-refused'
  /** A file of ours could not be read: the cause is the system's error. */
  | 'local-failed';

export type SshErrorCode =
  | FailureCode
  | SftpErrorCode
  | KeyErrorCode
  | 'channel-closed'
  | 'command-failed'
  | 'exit-missing'
  | 'host-key-unknown'
  | 'host-key-changed'
  | 'host-key-revoked';

/** Anything that goes wrong with a connection, a channel or a command. */
export class SshError extends Error {
  readonly code: SshErrorCode;

  constructor(code: SshErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** The two sides have no algorithm in common. */
export class NegotiationError extends SshError {
  /** What could not be agreed on, such as `cipher`. */
  readonly subject: string;
  readonly ours: readonly string[];
  readonly theirs: readonly string[];

  constructor(failure: Failure) {
    super(failure.code, failure.description);
    this.subject = String(failure.details?.['what'] ?? '');
    this.ours = namesOf(failure, 'ours');
    this.theirs = namesOf(failure, 'theirs');
  }
}

export type HostKeyProblem = 'unknown' | 'changed' | 'revoked';

/** The host's key is not trusted. Nothing was sent to the host that a stranger may not have. */
export class HostKeyError extends SshError {
  readonly kind: HostKeyProblem;
  /** `SHA256:…` of the key that was offered. */
  readonly fingerprint: string;
  /** Fingerprints of the keys that are known for this host. */
  readonly knownFingerprints: readonly string[];
  /** Why the host's certificate was not enough; undefined when it showed none, or was revoked. */
  readonly certificateProblem: string | undefined;

  constructor(
    kind: HostKeyProblem,
    key: {
      readonly host: string;
      readonly fingerprint: string;
      readonly known: readonly string[];
      readonly certificateProblem?: string | undefined;
    },
  ) {
    const { host, fingerprint, known, certificateProblem: problem } = key;
    const behind = problem === undefined ? '' : ` (of its certificate: ${visible(problem)})`;
    super(`host-key-${kind}`, `the host key of ${visible(host)} is ${kind}: ${fingerprint}${behind}`);
    this.kind = kind;
    this.fingerprint = fingerprint;
    this.knownFingerprints = known;
    this.certificateProblem = problem;
  }
}

/** The server let us in by none of our methods. */
export class AuthenticationError extends SshError {
  /** What was tried, in order: `none`, `publickey SHA256:…`, `password` … */
  readonly tried: readonly string[];
  /** Methods that the server would still take. */
  readonly methods: readonly string[];
  /** Whether some method succeeded and more were asked for. */
  readonly partialSuccess: boolean;

  constructor(
    code: SshErrorCode,
    message: string,
    attempts: {
      readonly tried: readonly string[];
      readonly methods: readonly string[];
      readonly partialSuccess: boolean;
    },
  ) {
    super(code, message);
    this.tried = attempts.tried;
    this.methods = attempts.methods;
    this.partialSuccess = attempts.partialSuccess;
  }
}

/** The peer refused a channel or a request on it, or ended it early. */
export class ChannelError extends SshError {
  /**
   * RFC 4254 section 5.1: 1 prohibited, 2 connect failed, 3 unknown type, 4 resource shortage; undefined for
   * requests.
   */
  readonly reason: number | undefined;

  constructor(code: SshErrorCode, message: string, reason?: number) {
    super(code, message);
    this.reason = reason;
  }
}

/** A command ended with another status than 0, or by a signal. */
export class CommandError extends SshError {
  readonly result: CommandResult;

  constructor(result: CommandResult) {
    const { exit } = result;
    super('command-failed', exit.signal === undefined ? `exit status ${exit.code}` : `ended by signal ${exit.signal}`);
    this.result = result;
  }
}

/** A limit of time is over. */
export class TimeoutError extends SshError {}

/** The AbortSignal of the call was aborted; its reason is the `cause`. */
export class AbortedError extends SshError {}

/** The connection is gone, and with it everything that was pending. */
export class ConnectionLostError extends SshError {
  /** What the peer said in its DISCONNECT, if it sent one. */
  readonly disconnect: PeerDisconnect | undefined;

  constructor(
    code: SshErrorCode,
    message: string,
    options: ErrorOptions & { readonly disconnect?: PeerDisconnect | undefined },
  ) {
    super(code, message, options);
    this.disconnect = options.disconnect;
  }
}

/** The peer broke the protocol. */
export class ProtocolError extends SshError {}

/** Something about a key that has nothing to do with a connection. */
export class KeyError extends SshError {
  declare readonly code: KeyErrorCode;

  constructor(code: KeyErrorCode, message: string, options?: ErrorOptions) {
    super(code, visible(message), options);
  }
}

const errorsByCode: Partial<
  Record<FailureCode, (failure: Failure, disconnect: PeerDisconnect | undefined) => SshError>
> = {
  'no-common-algorithm': (failure) => new NegotiationError(failure),
  'channel-refused': (failure) => new ChannelError(failure.code, failure.description),
  'request-refused': (failure) => new ChannelError(failure.code, failure.description),
  'connection-lost': lost,
  'disconnected-by-peer': lost,
  closed: lost,
  'authentication-failed': denied,
  'too-many-authentication-failures': denied,
  'timed-out': (failure) => new TimeoutError(failure.code, failure.description),
  aborted: (failure) => new AbortedError(failure.code, failure.description),
};

/** The error for a failure of an engine. */
export function errorOf(failure: Failure, disconnect?: PeerDisconnect): SshError {
  return (errorsByCode[failure.code] ?? ((row) => new ProtocolError(row.code, row.description)))(failure, disconnect);
}

function lost(failure: Failure, disconnect: PeerDisconnect | undefined): SshError {
  const said = disconnect === undefined ? '' : `: ${visible(disconnect.description)}`;
  return new ConnectionLostError(failure.code, `${failure.description}${said}`, { disconnect });
}

function denied(failure: Failure): SshError {
  return new AuthenticationError(failure.code, failure.description, { tried: [], methods: [], partialSuccess: false });
}

function namesOf(failure: Failure, name: string): readonly string[] {
  const names = failure.details?.[name];
  return Array.isArray(names) ? names : [];
}
