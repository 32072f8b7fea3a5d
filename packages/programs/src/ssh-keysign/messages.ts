// Everything that ssh-keysign says, in OpenSSH's words where it has them. Lines are without their ends; the reasons of
// a refusal go to whoever asked and to the log.

import { visible } from '@sallyport/protocol/log/log';

export const usage = `usage: ssh-keysign -D [-ev] [-f ssh_config] [-h host_key_file] [-s socket]
       ssh-keysign [-s socket]
`;

/** Why a request is not signed. */
export const refusals = {
  notEnabled: (path: string) => `ssh-keysign not enabled in ${path}`,
  notReadable: (path: string) => `${path} cannot be read, or others than root may write it`,
  badConfig: (line: string) => `bad configuration: ${line}`,
  matchExec: (path: string) => `${path} uses Match exec, which ssh-keysign does not run`,
  noAccount: (uid: number) => `no account has the uid ${uid}`,
  noPeer: 'the user at the other end is not known',
  noHostKey: 'no hostkey found',
  malformed: 'not a hostbased request',
  badVersion: (version: number) => `bad version: received ${version}`,
  sessionLength: (length: number) => `session identifier of ${length} bytes`,
  otherService: 'request for another service than ssh-connection',
  algorithm: (name: string) => `signature algorithm ${visible(name)} is not used here`,
  keyType: (type: string, algorithm: string) =>
    `a key of type ${visible(type)} does not sign with ${visible(algorithm)}`,
  badKey: 'public key of the request cannot be read',
  foreignKey: (type: string, print: string) => `no matching hostkey found for key ${visible(type)} ${print}`,
  otherUser: (claimed: string, user: string) => `request for user ${visible(claimed)} by user ${visible(user)}`,
  otherHost: (claimed: string, name: string) => `request for host ${visible(claimed)} on host ${visible(name)}.`,
  foreignAddress: (address: string) => `${visible(address)} is no address of this host`,
  tooLate: 'the request has not come in time',
  tooLong: (length: number) => `request of ${length} bytes`,
  internal: 'internal error',
} as const;

/** What was signed, as the log tells it. */
export interface SignedWords {
  readonly user: string;
  readonly uid: number;
  readonly target: string;
  readonly key: string;
  readonly host: string;
}

/** The service's log. */
export const lines = {
  listening: (path: string) => `listening on ${path}`,
  listeningActivated: 'listening on the socket of the service manager',
  signed: ({ user, uid, target, key, host }: SignedWords) =>
    `signed for user ${visible(user)} (uid ${uid}) with ${key} as ${visible(host)} to log in as ${visible(target)}`,
  refused: (uid: number | undefined, reason: string) => `refused a request of uid ${uid ?? 'unknown'}: ${reason}`,
  tooMany: (uid: number) => `too many requests of uid ${uid}; more are turned away for now`,
  slow: (uid: number) => `a request of uid ${uid} took too long and was ended`,
  broken: (uid: number, how: string) => `a request of uid ${uid} ended with ${how}`,
  cannotStart: (reason: string) => `cannot answer a request: ${reason}`,
  keyNotLoaded: (path: string, reason: string) => `Unable to load host key "${path}": ${reason}`,
  stopped: 'received a signal; ended',
} as const;

/** Reasons to end with status 255. */
export const fatal = {
  noAccount: (names: string) => `none of these accounts is there: ${names}`,
  setUser: 'ssh-keysign must not be installed set-user-ID: it signs through its service',
  noService: (path: string) => `ssh-keysign: no service listens on ${path}`,
  badRequest: 'ssh-keysign: cannot understand the request on standard input',
  badVersion: (received: number, expected: number) =>
    `ssh-keysign: bad version: received ${received}, expected ${expected}`,
  badDescriptor: (fd: number) => `ssh-keysign: bad fd = ${fd}`,
  refused: (reason: string) => `ssh-keysign: not signed: ${visible(reason)}`,
  cannotBind: (path: string, reason: string) => `cannot listen on ${path}: ${reason}`,
  inUse: (path: string) => `another service listens on ${path}`,
  unsafeFolder: (folder: string) => `bad ownership or modes for directory ${folder}`,
} as const;
