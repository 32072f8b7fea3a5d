// sshd's log lines that other tools match (fail2ban, sshguard, administrators' greps), as functions: OpenSSH 10.5's
// wording, with every name that a peer chose made visible, so that no line can be forged.

import type { LogLevel } from './log.ts';
import { onOneLine, visible } from './log.ts';

export interface LogLine {
  readonly level: LogLevel;
  readonly text: string;
  /** Of a service that has a level and a syslog facility of its own: the facility. LogLevel does not hold for it. */
  readonly facility?: string;
}

export interface PeerAddress {
  readonly address: string;
  readonly port: number;
}

/** Who a connection belongs to, as far as it is known. */
export interface PeerName extends PeerAddress {
  readonly user?: string;
  /** `invalid`: no such account, or not allowed. */
  readonly standing?: 'authenticating' | 'invalid' | 'accepted';
}

const line = (level: LogLevel, text: string): LogLine => ({ level, text });
const from = (peer: PeerAddress): string => `${peer.address} port ${peer.port}`;

/** `[authenticating user U |invalid user U |user U ]ADDR port N`. */
export function peerText(peer: PeerName): string {
  if (peer.user === undefined || peer.standing === undefined) return from(peer);
  const words = { authenticating: 'authenticating user', invalid: 'invalid user', accepted: 'user' } as const;
  return `${words[peer.standing]} ${visible(peer.user)} ${from(peer)}`;
}

function subject(peer: PeerName): string {
  return `${peer.standing === 'invalid' ? 'invalid user ' : ''}${visible(peer.user ?? '')} from ${from(peer)}`;
}

/** A certificate as log lines name it. */
export interface NamedCertificate {
  readonly keyId: string;
  readonly serial: bigint;
  /** `type`: `ED25519`. */
  readonly authority: { readonly type: string; readonly fingerprint: string };
}

function authorityText({ authority }: NamedCertificate): string {
  return `${authority.type} CA ${authority.fingerprint}`;
}

function acceptedCertificate(certificate: NamedCertificate): string {
  const { keyId, serial } = certificate;
  return `Accepted certificate ID "${visible(keyId)}" (serial ${serial}) signed by ${authorityText(certificate)}`;
}

/** What stands behind a login by certificate: `ED25519-CERT SHA256:… ID KEYID (serial N) CA ED25519 SHA256:…`. */
export function certificateDetail(label: string, fingerprint: string, certificate: NamedCertificate): string {
  const { keyId, serial, authority } = certificate;
  return `${label} ${fingerprint} ID ${visible(keyId)} (serial ${serial}) CA ${authority.type} ${authority.fingerprint}`;
}

export const stableLines = {
  listening: (local: PeerAddress) => line('info', `Server listening on ${local.address} port ${local.port}.`),
  restarting: () => line('info', 'Received SIGHUP; restarting.'),
  terminating: (signal: number) => line('info', `Received signal ${signal}; terminating.`),
  bindFailed: (local: PeerAddress, reason: string) =>
    line('error', `Bind to port ${local.port} on ${local.address} failed: ${reason}.`),
  connectionFrom: (peer: PeerAddress, local: PeerAddress) =>
    line('verbose', `Connection from ${from(peer)} on ${from(local)}`),
  /** `detail`: key type and fingerprint. */
  accepted: (method: string, peer: PeerName, detail?: string) =>
    line('info', `Accepted ${method} for ${subject(peer)} ssh2${detail === undefined ? '' : `: ${detail}`}`),
  partial: (method: string, peer: PeerName, detail?: string) =>
    line('info', `Partial ${method} for ${subject(peer)} ssh2${detail === undefined ? '' : `: ${detail}`}`),
  postponed: (method: string, peer: PeerName) => line('verbose', `Postponed ${method} for ${subject(peer)} ssh2`),
  /** `loud`: password, invalid user, or half of MaxAuthTries used up. */
  failed: (method: string, peer: PeerName, options: { readonly detail?: string; readonly loud: boolean }) =>
    line(
      options.loud || peer.standing === 'invalid' ? 'info' : 'verbose',
      `Failed ${method} for ${subject(peer)} ssh2${options.detail === undefined ? '' : `: ${options.detail}`}`,
    ),
  invalidUser: (peer: PeerName) => line('info', `Invalid user ${visible(peer.user ?? '')} from ${from(peer)}`),
  rootRefused: (peer: PeerAddress) => line('info', `ROOT LOGIN REFUSED FROM ${from(peer)}`),
  rootForcedCommand: () => line('info', 'Root login accepted for forced command.'),
  expiredAccount: (user: string) => line('info', `Account ${visible(user)} has expired`),
  lockedAccount: (user: string) => line('info', `User ${visible(user)} not allowed because account is locked`),
  shellMissing: (user: string, shell: string) =>
    line('info', `User ${visible(user)} not allowed because shell ${visible(shell)} does not exist`),
  shellNotExecutable: (user: string, shell: string) =>
    line('info', `User ${visible(user)} not allowed because shell ${visible(shell)} is not executable`),
  badModes: (what: 'file' | 'directory', path: string) =>
    line('info', `Authentication refused: bad ownership or modes for ${what} ${visible(path)}`),
  keyFromRefused: (
    place: string,
    user: string,
    details: { readonly host: string; readonly address: string; readonly required: string },
  ) =>
    line(
      'info',
      `${place}: Authentication tried for ${visible(user)} with correct key but not from a permitted host ` +
        `(host=${visible(details.host)}, ip=${details.address}, required=${visible(details.required)}).`,
    ),
  certificateSourceRefused: (place: string, user: string, address: string) =>
    line(
      'info',
      `${place}: Authentication tried for ${visible(user)} with valid certificate but not from a permitted source ` +
        `address (${address}).`,
    ),
  /** `via`: the line that names the authority. */
  certificateRefused: (certificate: NamedCertificate, reason: string, via?: string) =>
    line(
      'error',
      `Refusing certificate ID "${visible(certificate.keyId)}" serial=${certificate.serial} signed by ` +
        `${authorityText(certificate)}${via === undefined ? '' : ` via ${via}`}: ${visible(reason)}`,
    ),
  certificateFound: (certificate: NamedCertificate, place: string) =>
    line('verbose', `${acceptedCertificate(certificate)} found at ${place}`),
  certificateTrusted: (certificate: NamedCertificate, file: string) =>
    line('verbose', `${acceptedCertificate(certificate)} via ${file}`),
  /** `key`: type and fingerprint; `why`: what the token's signature lacks. */
  tokenRefused: (key: string, peer: PeerName, why: string) =>
    line('error', `public key ${key} signature for ${subject(peer)} rejected: ${why}`),
  keyRevoked: (label: string, fingerprint: string, file: string) =>
    line('error', `Authentication key ${label} ${fingerprint} revoked by file ${file}`),
  revocationUnknown: (label: string, fingerprint: string, file: string) =>
    line('error', `Error checking authentication key ${label} ${fingerprint} in revoked keys file ${file}`),
  keyFound: (label: string, fingerprint: string, place: string) =>
    line('verbose', `Accepted key ${label} ${fingerprint} found at ${place}`),
  tooManyFailures: (peer: PeerName) =>
    line('error', `maximum authentication attempts exceeded for ${subject(peer)} ssh2`),
  /** `reason`: a Failure's, in which peer text is visible already. */
  disconnecting: (peer: PeerName, reason: string) =>
    line('info', `Disconnecting ${peerText(peer)}: ${onOneLine(reason)}`),
  connectionClosed: (peer: PeerName) => line('info', `Connection closed by ${peerText(peer)}`),
  connectionReset: (peer: PeerName) => line('info', `Connection reset by ${peerText(peer)}`),
  receivedDisconnect: (peer: PeerAddress, reason: number, description: string) =>
    line(reason === 11 ? 'info' : 'error', `Received disconnect from ${from(peer)}:${reason}: ${visible(description)}`),
  /** After authentication. */
  /** A file that keeps everybody but root out (nologin(5)). */
  noLogins: (user: string, file: string) => line('info', `User ${visible(user)} not allowed because ${file} exists`),
  sessionConnectionClosed: (peer: PeerAddress) => line('verbose', `Connection closed by ${from(peer)}`),
  disconnected: (peer: PeerName) => line('info', `Disconnected from ${peerText(peer)}`),
  /** `what` such as `cipher`, `key exchange method`, `host key type`. */
  cannotNegotiate: (peer: PeerAddress, what: string, offer: readonly string[]) =>
    line(
      'info',
      `Unable to negotiate with ${from(peer)}: no matching ${what} found. Their offer: ${visible(offer.join(','))}`,
    ),
  invalidIdentification: (peer: PeerAddress) =>
    line('error', `banner exchange: Connection from ${from(peer)}: invalid format`),
  versionUnreadable: (peer: PeerAddress) =>
    line('error', `banner exchange: Connection from ${from(peer)}: could not read protocol version`),
  versionsDiffer: (ours: number, theirs: number) =>
    line('error', `Protocol major versions differ: ${ours} vs. ${theirs}`),
  fatal: (peer: PeerName, reason: string) =>
    line('fatal', `ssh_dispatch_run_fatal: Connection from ${peerText(peer)}: ${onOneLine(reason)}`),
  graceExceeded: (peer: PeerAddress, local: PeerAddress, pid: number) =>
    line('info', `Timeout before authentication for connection from ${peer.address} to ${local.address}, pid = ${pid}`),
  dropped: (count: number, peer: PeerAddress, local: PeerAddress) =>
    line(
      'info',
      `drop connection #${count} from [${peer.address}]:${peer.port} on [${local.address}]:${local.port} past Maxstartups`,
    ),
  startingSession: (what: string, peer: PeerName, id: number) =>
    line('verbose', `Starting session: ${what} for ${visible(peer.user ?? '')} from ${from(peer)} id ${id}`),
  closeSession: (peer: PeerName, id: number) =>
    line('verbose', `Close session: user ${visible(peer.user ?? '')} from ${from(peer)} id ${id}`),
  unsafeChroot: (component: string, isWhole: boolean) =>
    line('fatal', `bad ownership or modes for chroot directory ${isWhole ? '' : 'component '}"${visible(component)}"`),
  chrootIsNoFolder: (component: string, isWhole: boolean) =>
    line('fatal', `chroot path ${isWhole ? '' : 'component '}"${visible(component)}" is not a directory`),
  chrootNeedsRoot: () => line('fatal', 'server lacks privileges to chroot to ChrootDirectory'),
  changedRoot: (folder: string) => line('verbose', `Changed root directory to "${visible(folder)}"`),
  subsystemFailed: (subsystem: string, user: string) =>
    line('info', `subsystem request for ${visible(subsystem)} by user ${visible(user)} failed, subsystem not found`),
  clientSilent: (peer: PeerName) => line('info', `Timeout, client not responding from ${peerText(peer)}`),
  transferred: (sentBytes: number, receivedBytes: number) =>
    line('verbose', `Transferred: sent ${sentBytes}, received ${receivedBytes} bytes`),
  closingConnection: (peer: PeerAddress) => line('verbose', `Closing connection to ${from(peer)}`),
  /** TCP forwarding as a whole is not allowed. */
  localForwardRefused: (originator: PeerAddress, host: string, port: number) =>
    line(
      'info',
      `refused local port forward: originator ${visible(originator.address)} port ${originator.port}, ` +
        `target ${visible(host)} port ${port}`,
    ),
  /** Not this destination. */
  forwardDenied: (peer: PeerAddress, host: string, port: number) =>
    line(
      'info',
      `Received request from ${from(peer)} to connect to host ${visible(host)} port ${port}, but the request was denied.`,
    ),
} as const;
