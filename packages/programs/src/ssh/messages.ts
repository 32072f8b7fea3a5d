// Every sentence that a user of ssh reads, in OpenSSH 10.5's words where OpenSSH has it. Functions of values; lines
// without their ends. What the log adds (level prefixes, line ends) is in log.ts.

import { visible } from '@sallyport/protocol/log/log';

export { compatibleVersion } from 'sallyport/version';

export const usage = `usage: ssh [-46AaCfGgKkMNnqsTtVvXxYy] [-B bind_interface] [-b bind_address]
           [-c cipher_spec] [-D [bind_address:]port] [-E log_file]
           [-e escape_char] [-F configfile] [-I pkcs11] [-i identity_file]
           [-J destination] [-L address] [-l login_name] [-m mac_spec]
           [-O ctl_cmd] [-o option] [-P tag] [-p port] [-R address]
           [-S ctl_path] [-W host:port] [-w local_tun[:remote_tun]]
           destination [command [argument ...]]
       ssh [-Q query_option]
`;

const boxLine = '@'.repeat(59);

function box(text: string): readonly string[] {
  return [boxLine, text, boxLine];
}

/** Options and configuration. */
export const optionMessages = {
  badCipher: (spec: string) => `Unknown cipher type '${spec}'`,
  badMac: (spec: string) => `Unknown mac type '${spec}'`,
  badPort: (port: string) => `Bad port '${port}'`,
  badEscape: (character: string) => `Bad escape character '${character}'.`,
  badLocalForward: (spec: string) => `Bad local forwarding specification '${spec}'`,
  badRemoteForward: (spec: string) => `Bad remote forwarding specification '${spec}'`,
  badDynamicForward: (spec: string) => `Bad dynamic forwarding specification '${spec}'`,
  badStdioForward: (spec: string) => `Bad stdio forwarding specification '${spec}'`,
  stdioForwardTwice: 'stdio forward already specified',
  badTunnel: (spec: string) => `Bad tun device '${spec}'`,
  badMultiplexCommand: 'Invalid multiplex command.',
  badQuery: (query: string) => `Unsupported query "${query}"`,
  badJump: 'Invalid -J argument',
  jumpTwice: 'Only a single -J option is permitted (use commas to separate multiple jump hosts)',
  jumpAndCommand: 'Cannot specify -J with ProxyCommand',
  protocolOne: 'SSH protocol v.1 is no longer supported',
  logFileAndSyslog: 'cannot specify both -E and -y',
  hostCharacters: 'hostname contains invalid characters',
  userCharacters: 'remote username contains invalid characters',
  missingSubsystem: 'You must specify a subsystem to invoke.',
  commandTwice: 'Cannot execute command-line and remote command.',
  notYet: (what: string) => `${what} is not supported by this ssh yet`,
  passedOver: (what: string) => `${what} is not supported by this ssh yet and is passed over`,
  identityMissing: (file: string, reason: string) => `Warning: Identity file ${file} not accessible: ${reason}.`,
  configMissing: (file: string, reason: string) => `Can't open user config file ${file}: ${reason}`,
  configPermissions: (file: string) => `Bad owner or permissions on ${file}`,
  logFileFailed: (file: string, reason: string) => `Couldn't open logfile ${file}: ${reason}`,
  noAccount: (uid: number) => `No user exists for uid ${uid}`,
  refused: (message: string) => `RefuseConnection: ${message}`,
  expansion: (problem: string) => `percent_dollar_expand: ${problem}`,
} as const;

/** Reaching the server, and what happens on the way to the end of a session. */
export const sshMessages = {
  notResolved: (host: string, reason: string) => `ssh: Could not resolve hostname ${visible(host)}: ${reason}`,
  notConnected: (host: string, port: number, reason: string) => `ssh: connect to host ${host} port ${port}: ${reason}`,
} as const;

/** A certificate, part by part: `key` and `authority` are type and fingerprint. */
export interface CertificateWords {
  readonly key: string;
  readonly serial: bigint;
  readonly id: string;
  readonly authority: string;
  readonly validity: string;
}

/** What a host key check tells and asks; `type` is ED25519, ECDSA, RSA. */
export const hostKeyMessages = {
  added: (host: string, type: string) => `Warning: Permanently added '${host}' (${type}) to the list of known hosts.`,
  notAdded: (files: string) => `Failed to add the host to the list of known hosts (${files}).`,
  strict: (host: string, type: string) =>
    `No ${type} host key is known for ${host} and you have requested strict checking.`,
  failed: 'Host key verification failed.',
  /** `shown`: HOST or HOST (ADDRESS). */
  unknownHost: (shown: string) => `The authenticity of host '${shown}' can't be established.`,
  fingerprint: (type: string, print: string) => `${type} key fingerprint is: ${print}`,
  otherNames: 'This host key is known by the following other names/addresses:',
  noOtherNames: 'This key is not known by any other names.',
  otherName: (line: { readonly file: string; readonly number: number; readonly name: string }) =>
    `    ${line.file}:${line.number}: ${visible(line.name)}`,
  moreNames: (count: number) => `    (${count} additional names omitted)`,
  question: 'Are you sure you want to continue connecting (yes/no/[fingerprint])? ',
  questionAgain: "Please type 'yes', 'no' or the fingerprint: ",
  changed: (type: string, print: string): readonly string[] => [
    ...box('@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @'),
    'IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!',
    'Someone could be eavesdropping on you right now (man-in-the-middle attack)!',
    'It is also possible that a host key has just been changed.',
    `The fingerprint for the ${type} key sent by the remote host is\n${print}.`,
    'Please contact your system administrator.',
  ],
  addCorrectKey: (file: string) => `Add correct host key in ${file} to get rid of this message.`,
  offending: (type: string, file: string, line: number) => `Offending ${type} key in ${file}:${line}`,
  changedStrict: (host: string) => `Host key for ${host} has changed and you have requested strict checking.`,
  revoked: (type: string, host: string): readonly string[] => [
    ...box('@       WARNING: REVOKED HOST KEY DETECTED!               @'),
    `The ${type} host key for ${host} is marked as revoked.`,
    'This could mean that a stolen key is being used to',
    'impersonate this host.',
  ],
  revokedStrict: (type: string, host: string) =>
    `${type} host key for ${host} was revoked and you have requested strict checking.`,
  disabled: (what: string) => `${what} is disabled to avoid man-in-the-middle attacks.`,
  forwardingGone: 'Error: forwarding disabled due to host key check failure',
  debugKey: (type: string, print: string) => `Server host key: ${type} ${print}`,
  debugCertificate: ({ key, serial, id, authority, validity }: CertificateWords) =>
    `Server host certificate: ${key}, serial ${serial} ID "${id}" CA ${authority} valid ${validity}`,
  debugPrincipal: (name: string) => `Server host certificate hostname: ${name}`,
  debugMatchesCertificate: (host: string, type: string) =>
    `Host '${host}' is known and matches the ${type} host certificate.`,
  debugFoundAuthority: (file: string, line: number) => `Found CA key in ${file}:${line}`,
  debugNoAuthority: 'No matching CA found. Retry with plain key',
  commandName: 'KnownHostsCommand-HOSTNAME',
  commandQuotes: (command: string) => `KnownHostsCommand "${command}" contains invalid quotes`,
  commandNotAbsolute: 'KnownHostsCommand path is not absolute',
  commandFailed: 'KnownHostsCommand failed',
  debugMatches: (host: string, type: string) => `Host '${host}' is known and matches the ${type} host key.`,
  debugWithoutPort: 'checking without port identifier',
  debugFoundWithoutPort: 'found matching key w/out port',
  debugLoopback: 'Forcing accepting of host key for loopback/localhost.',
  revokedBy: (type: string, print: string, file: string) => `Host key ${type} ${print} revoked by file ${file}`,
  revokedUnknown: ({ type, print, file, reason }: Readonly<Record<'type' | 'print' | 'file' | 'reason', string>>) =>
    `Error checking host key ${type} ${print} in revoked keys file ${file}: ${reason}`,
  tooShort: 'Bad server host key: Invalid key length',
  noAddress: '<no hostip for proxy command>',
  debugFound: (file: string, line: number) => `Found key in ${file}:${line}`,
} as const;

/** What UpdateHostKeys does to the files of known hosts, and why it does nothing. */
export const hostKeyUpdateMessages = {
  noKeys: 'client_input_hostkeys: server sent no hostkeys',
  duplicated: (type: string) => `client_input_hostkeys: received duplicated ${type} host key`,
  notPermitted: (type: string) => `client_input_hostkeys: ${type} key not permitted by HostkeyAlgorithms`,
  writtenByHand:
    'client_input_hostkeys: CA/revocation marker, manual host list or wildcard host pattern found, ' +
    'skipping UserKnownHostsFile update',
  otherNames:
    'client_input_hostkeys: host key found matching a different name/address, skipping UserKnownHostsFile update',
  notProved: 'Server failed to confirm ownership of private host keys',
  preamble: [
    'The server has updated its host keys.',
    "These changes were verified by the server's existing trusted key.",
  ],
  learned: (type: string, print: string) => `Learned new hostkey: ${type} ${print}`,
  deprecating: (type: string, print: string) => `Deprecating obsolete hostkey: ${type} ${print}`,
  question: 'Accept updated hostkeys? (yes/no): ',
  failed: (path: string, reason: string) => `hostfile_replace_entries failed for ${path}: ${reason}`,
} as const;

/** Who logs in where, as prompts name them: the host as the user wrote it, or HostKeyAlias. */
export interface LoginNames {
  readonly user: string;
  readonly host: string;
}

const at = ({ user, host }: LoginNames): string => `${user}@${host}`;

/** A key, a password, a challenge. */
export const loginMessages = {
  tokenSignFailed: (path: string, reason: string) => `sign_and_send_pubkey: signing failed for "${path}": ${reason}`,
  /** `way`: the server's address in brackets and its port, or `via proxy`. */
  authenticated: (host: string, way: string, method: string) => `Authenticated to ${host} (${way}) using "${method}".`,
  password: (names: LoginNames) => `${at(names)}'s password: `,
  oldPassword: (names: LoginNames) => `Enter ${at(names)}'s old password: `,
  newPassword: (names: LoginNames) => `Enter ${at(names)}'s new password: `,
  repeatPassword: (names: LoginNames) => `Retype ${at(names)}'s new password: `,
  passwordsDiffer: 'Mismatch; try again, EOF to quit.',
  question: (names: LoginNames, text: string) => `(${at(names)}) ${text}`,
  passphrase: (file: string) => `Enter passphrase for key '${file}': `,
  debugIdentityFile: (path: string, isThere: boolean) => `identity file ${path} type ${isThere ? 0 : -1}`,
  debugCertificateFile: (path: string, isThere: boolean) => `certificate file ${path} type ${isThere ? 0 : -1}`,
  debugNotUserCertificate: (path: string) => `pubkey_prepare: ignoring certificate ${path}: not a user certificate`,
  debugNoPrivateKey: (name: string) => `no separate private key for certificate "${name}"`,
  debugNotAccepted: (type: string, name: string) =>
    `Skipping ${type} key ${name} - corresponding algorithm not in PubkeyAcceptedAlgorithms`,
  mayAddKey: (file: string, comment: string) => `Add key ${file} (${comment}) to agent?`,
  denied: 'Permission denied, please try again.',
  deniedFinally: (names: LoginNames, methods: readonly string[]) =>
    `${at(names)}: Permission denied (${methods.join(',')}).`,
  signingFailed: (type: string, name: string, reason: string) =>
    `sign_and_send_pubkey: signing failed for ${type} "${name}" from agent: ${reason}`,
} as const;

/** Host keys of this machine that vouch for the user (HostbasedAuthentication). */
export const hostbasedMessages = {
  noKeys: (folder: string) =>
    `HostbasedAuthentication enabled but no local public host keys could be loaded from ${folder}.`,
  noAcceptedKey: 'HostbasedAuthentication: no local host key fits HostbasedAcceptedAlgorithms.',
  debugTrying: (type: string, print: string, algorithm: string) =>
    `trying hostkey ${type} ${print} using sigalg ${algorithm}`,
  debugName: (name: string) => `chost ${name}`,
  signFailed: (type: string, print: string, reason: string) => `sign using hostkey ${type} ${print} failed: ${reason}`,
  nobodySigns: (socket: string) =>
    `nobody signs in the name of this host: no service listens on ${socket} and no ssh-keysign is installed`,
  helperFailed: (path: string) => `${path} did not sign`,
} as const;

/** How a connection ends; `who` is `ADDRESS port N`. */
export const endMessages = {
  closedEarly: 'kex_exchange_identification: Connection closed by remote host',
  lostEarly: (reason: string) => `kex_exchange_identification: read: ${reason}`,
  bannerTimeout: 'Connection timed out during banner exchange',
  timedOut: (who: string) => `Connection to ${who} timed out`,
  closedBy: (who: string) => `Connection closed by ${who}`,
  resetBy: (who: string) => `Connection reset by ${who}`,
  failed: (tag: string, who: string, reason: string) => `${tag}: Connection to ${who}: ${reason}`,
  bannerFailed: (who: string, reason: string) => `banner exchange: Connection to ${who}: ${reason}`,
  notNegotiated: (who: string, what: string, offer: string) =>
    `Unable to negotiate with ${who}: ${what}. Their offer: ${offer}`,
  received: (who: string, reason: number, text: string) => `Received disconnect from ${who}:${reason}: ${text}`,
  disconnected: (who: string) => `Disconnected from ${who}`,
  badPacketLength: (length: string) => `Bad packet length ${length}.`,
  badMac: 'Corrupted MAC on input.',
  badPadding: 'padding error: corrupted padding on input',
} as const;

/** The session, its channels and the escape characters. */
export const sessionMessages = {
  noTerminal: 'Pseudo-terminal will not be allocated because stdin is not a terminal.',
  closed: (host: string) => `Connection to ${host} closed.`,
  closedByRemote: (host: string) => `Connection to ${host} closed by remote host.`,
  lost: 'client_loop: send disconnect: Broken pipe',
  silent: (host: string) => `Timeout, server ${host} not responding.`,
  killed: (signal: number) => `Killed by signal ${signal}.`,
  requestFailed: (what: string, channel: number) => `${what} request failed on channel ${channel}`,
  openFailed: (channel: number, reason: string) => `channel ${channel}: open failed: ${reason}`,
  transferred: (sentBytes: number, receivedBytes: number, seconds: number) =>
    `Transferred: sent ${sentBytes}, received ${receivedBytes} bytes, in ${seconds.toFixed(1)} seconds`,
  perSecond: (sent: number, received: number) =>
    `Bytes per second: sent ${sent.toFixed(1)}, received ${received.toFixed(1)}`,
  exitStatus: (status: number) => `Exit status ${status}`,
} as const;

/** The answers of the escape characters, which `escape` is the first of. */
export const escapeMessages = {
  suspending: '^Z [suspend ssh]',
  openConnections: 'The following connections are open:',
  logLevel: (letter: string, level: string) => `${letter} [LogLevel ${level.toUpperCase()}]`,
  noCommandLine: 'commandline disabled',
  unsupported: (letter: string) => `${letter} [not supported]`,
  help: (escape: string): readonly string[] => [
    'Supported escape sequences:',
    ` ${escape}.   - terminate connection (and any multiplexed sessions)`,
    ` ${escape}B   - send a BREAK to the remote system`,
    ` ${escape}R   - request rekey`,
    ` ${escape}V/v - decrease/increase verbosity (LogLevel)`,
    ` ${escape}^Z  - suspend ssh`,
    ` ${escape}#   - list forwarded connections`,
    ` ${escape}?   - this message`,
    ` ${escape}${escape}   - send the escape character by typing it twice`,
    '(Note that escapes are only recognized immediately after newline.)',
  ],
} as const;

/** Forwarded connections. */
export const forwardMessages = {
  stdioFailed: 'stdio forwarding failed',
  /** `address` without brackets. */
  bindFailed: (address: string, port: number, reason: string) => `bind [${address}]:${port}: ${reason}`,
  cannotListen: (port: number) => `channel_setup_fwd_listener_tcpip: cannot listen to port: ${port}`,
  noAddress: (host: string, reason: string) => `channel_setup_fwd_listener_tcpip: getaddrinfo(${host}): ${reason}`,
  socketBindFailed: (path: string, reason: string) => `unix_listener: cannot bind to path ${path}: ${reason}`,
  notRequested: 'Could not request local forwarding.',
} as const;

/** Keys of tokens (PKCS11Provider). */
export const tokenMessages = {
  pinPrompt: (label: string) => `Enter PIN for '${label}': `,
  noKeys: (provider: string) => `provider ${provider} returned no keys`,
  missing: (provider: string) => `provider ${provider} cannot be loaded: No such file or directory`,
};
