// The keywords of sshd_config(5) as of OpenSSH 10.5, in the order in which `sshd -T` prints them. Match and Include are
// structure (resolve.ts). `match` marks what may stand in a Match block; `effect` says what our sshd acts upon today,
// and `ignoring: 'weakens'` where it must rather refuse to start than pass over a line.

import type { KeywordAliases, Kind, OptionsOf, ReadingContext, SettingsOf } from './keyword.ts';
import { indexKeywords, row } from './keyword.ts';
import { addingWords, choice, integer, mask, plainFlag, restOfLine, text, time, wordList } from './kinds.ts';
import {
  algorithms,
  channelTimeout,
  environmentPattern,
  environmentSettings,
  filePath,
  fingerprintHash,
  logLevel,
  permittedTargets,
  rekeyLimit,
  serviceClassPair,
  syslogFacility,
} from './kinds-shared.ts';
import type { ListenAddress, Subsystem } from './kinds-sshd.ts';
import {
  absoluteCommand,
  addEntries,
  addSubsystem,
  authenticationMethods,
  filePaths,
  groupPattern,
  hostKeyFiles,
  integerOrNone,
  listenAddresses,
  listenPorts,
  netBlockSize,
  penalty,
  permitUserEnvironment,
  startupLimits,
  subsystems,
  userPattern,
} from './kinds-sshd.ts';

const missingArgument = (keyword: string): string => `${keyword} missing argument.`;
const keyTypes = algorithms('signatures', {
  missing: missingArgument,
  bad: (list) => `Bad key types '${list}'.`,
});
const number = integer({ named: true });
const userNames = addingWords({ check: userPattern });
const groupNames = addingWords({ check: groupPattern });
const environmentNames = addingWords({ check: environmentPattern });
const forwardingScope = choice([
  ['yes', 'yes'],
  ['no', 'no'],
  ['all', 'yes'],
  ['remote', 'remote'],
  ['local', 'local'],
]);
const targets = (listen: boolean) =>
  permittedTargets({
    listen,
    missing: (words) => missingArgument(words.keyword),
    badPort: (words) => `${words.keyword} bad port number`,
  });
const pathOrNone = filePath('missing file name.');
const namedText = text({ missing: 'K missing argument.' });
const noPorts: readonly number[] = [];
const noAddresses: readonly ListenAddress[] = [];
const noWords: readonly string[] = [];
const noSubsystems: readonly Subsystem[] = [];
const publicKeyFileTokens = 'hUu';

export const sshdKeywords = [
  row({ name: 'Port', kind: listenPorts, default: noPorts, add: addEntries, effect: 'yes' }),
  row({
    name: 'AddressFamily',
    kind: choice([
      ['any', 'any'],
      ['inet', 'inet'],
      ['inet6', 'inet6'],
    ]),
    default: 'any',
    effect: 'yes',
  }),
  row({ name: 'ListenAddress', kind: listenAddresses, default: noAddresses, add: addEntries, effect: 'yes' }),
  row({ name: 'UsePAM', kind: plainFlag, default: false, effect: 'not-yet' }),
  row({ name: 'PAMServiceName', kind: namedText, default: 'sshd', match: true, effect: 'not-yet', since: '9.8' }),
  row({ name: 'LoginGraceTime', kind: time(), default: 120, effect: 'yes' }),
  row({ name: 'X11DisplayOffset', kind: number, default: 10, match: true, effect: 'not-yet' }),
  row({ name: 'MaxAuthTries', kind: number, default: 6, match: true, effect: 'yes' }),
  row({ name: 'MaxSessions', kind: number, default: 10, match: true, effect: 'yes' }),
  row({ name: 'ClientAliveInterval', kind: time(), default: 0, match: true, effect: 'yes' }),
  row({ name: 'ClientAliveCountMax', kind: number, default: 3, match: true, effect: 'yes' }),
  row({ name: 'RequiredRSASize', kind: number, default: 1024, match: true, effect: 'yes' }),
  row({
    name: 'StreamLocalBindMask',
    kind: mask({ missing: 'K missing argument.', bad: 'Invalid StreamLocalBindMask.' }),
    default: 0o177,
    match: true,
    effect: 'not-yet',
  }),
  row({
    name: 'UnusedConnectionTimeout',
    kind: time({ none: 'none' }),
    default: 'none',
    match: true,
    effect: 'not-yet',
  }),
  row({
    name: 'PermitRootLogin',
    kind: choice([
      ['without-password', 'prohibit-password'],
      ['prohibit-password', 'prohibit-password'],
      ['forced-commands-only', 'forced-commands-only'],
      ['yes', 'yes'],
      ['no', 'no'],
    ]),
    default: 'prohibit-password',
    match: true,
    effect: 'yes',
  }),
  row({
    name: 'IgnoreRhosts',
    kind: choice([
      ['yes', 'yes'],
      ['no', 'no'],
      ['shosts-only', 'shosts-only'],
    ]),
    default: 'yes',
    match: true,
    effect: 'yes',
  }),
  row({ name: 'IgnoreUserKnownHosts', kind: plainFlag, default: false, effect: 'yes' }),
  row({ name: 'HostbasedAuthentication', kind: plainFlag, default: false, match: true, effect: 'yes' }),
  row({ name: 'HostbasedUsesNameFromPacketOnly', kind: plainFlag, default: false, match: true, effect: 'yes' }),
  row({ name: 'PubkeyAuthentication', kind: plainFlag, default: true, match: true, effect: 'yes' }),
  row({ name: 'KerberosAuthentication', kind: plainFlag, default: false, match: true, effect: 'not-yet' }),
  row({ name: 'KerberosOrLocalPasswd', kind: plainFlag, default: true, effect: 'not-yet' }),
  row({ name: 'KerberosTicketCleanup', kind: plainFlag, default: true, effect: 'not-yet' }),
  row({ name: 'KerberosGetAFSToken', kind: plainFlag, default: false, effect: 'not-yet' }),
  row({ name: 'GSSAPIAuthentication', kind: plainFlag, default: false, match: true, effect: 'not-yet' }),
  row({ name: 'GSSAPICleanupCredentials', kind: plainFlag, default: true, effect: 'not-yet' }),
  row({ name: 'GSSAPIStrictAcceptorCheck', kind: plainFlag, default: true, effect: 'not-yet' }),
  row({ name: 'GSSAPIDelegateCredentials', kind: plainFlag, default: true, effect: 'not-yet', since: '10.3' }),
  row({ name: 'PasswordAuthentication', kind: plainFlag, default: true, match: true, effect: 'yes' }),
  row({ name: 'KbdInteractiveAuthentication', kind: plainFlag, default: true, match: true, effect: 'yes' }),
  row({ name: 'PrintMotd', kind: plainFlag, default: true, effect: 'not-yet' }),
  row({ name: 'PrintLastLog', kind: plainFlag, default: true, effect: 'not-yet' }),
  row({ name: 'X11Forwarding', kind: plainFlag, default: false, match: true, effect: 'not-yet' }),
  row({ name: 'X11UseLocalhost', kind: plainFlag, default: true, match: true, effect: 'not-yet' }),
  row({ name: 'PermitTTY', kind: plainFlag, default: true, match: true, effect: 'yes' }),
  row({ name: 'PermitUserRC', kind: plainFlag, default: true, match: true, effect: 'not-yet' }),
  row({ name: 'StrictModes', kind: plainFlag, default: true, effect: 'yes' }),
  row({ name: 'TCPKeepAlive', kind: plainFlag, default: true, effect: 'yes' }),
  row({ name: 'PermitEmptyPasswords', kind: plainFlag, default: false, match: true, effect: 'yes' }),
  row({
    name: 'Compression',
    kind: choice([
      ['yes', true],
      ['delayed', true],
      ['no', false],
    ]),
    default: true,
    effect: 'yes',
  }),
  row({
    name: 'GatewayPorts',
    kind: choice([
      ['clientspecified', 'clientspecified'],
      ['yes', 'yes'],
      ['no', 'no'],
    ]),
    default: 'no',
    match: true,
    effect: 'not-yet',
  }),
  row({ name: 'UseDNS', kind: plainFlag, default: false, effect: 'not-yet' }),
  row({ name: 'AllowTcpForwarding', kind: forwardingScope, default: 'yes', match: true, effect: 'yes' }),
  row({ name: 'AllowAgentForwarding', kind: plainFlag, default: true, match: true, effect: 'yes' }),
  row({ name: 'DisableForwarding', kind: plainFlag, default: false, match: true, effect: 'yes' }),
  row({ name: 'AllowStreamLocalForwarding', kind: forwardingScope, default: 'yes', match: true, effect: 'yes' }),
  row({ name: 'StreamLocalBindUnlink', kind: plainFlag, default: false, match: true, effect: 'not-yet' }),
  row({ name: 'FingerprintHash', kind: fingerprintHash, default: 'sha256', effect: 'yes' }),
  row({ name: 'ExposeAuthInfo', kind: plainFlag, default: false, match: true, effect: 'yes' }),
  row({
    name: 'RefuseConnection',
    kind: plainFlag,
    default: false,
    match: true,
    effect: 'not-yet',
    ignoring: 'weakens',
    since: '9.9',
  }),
  row({ name: 'PidFile', kind: pathOrNone, default: '/run/sshd.pid', effect: 'yes' }),
  row({ name: 'ModuliFile', kind: pathOrNone, default: '/etc/ssh/moduli', effect: 'not-yet' }),
  row({ name: 'XAuthLocation', kind: pathOrNone, default: '/usr/bin/xauth', effect: 'not-yet' }),
  row({
    name: 'Ciphers',
    kind: algorithms('ciphers', { missing: missingArgument, bad: (list) => `Bad SSH2 cipher spec '${list}'.` }),
    default: undefined,
    effect: 'yes',
  }),
  row({
    name: 'MACs',
    kind: algorithms('macs', { missing: missingArgument, bad: (list) => `Bad SSH2 mac spec '${list}'.` }),
    default: undefined,
    effect: 'yes',
  }),
  row({ name: 'Banner', kind: pathOrNone, default: 'none', match: true, effect: 'yes' }),
  row({
    name: 'ForceCommand',
    kind: restOfLine(),
    default: 'none',
    match: true,
    effect: 'yes',
  }),
  row({
    name: 'ChrootDirectory',
    kind: namedText,
    default: 'none',
    match: true,
    tokens: publicKeyFileTokens,
    effect: 'yes',
  }),
  row({ name: 'TrustedUserCAKeys', kind: pathOrNone, default: 'none', match: true, effect: 'yes' }),
  row({ name: 'RevokedKeys', kind: filePaths, default: noWords, match: true, effect: 'yes' }),
  row({ name: 'SecurityKeyProvider', kind: securityKeyProvider(), default: 'internal', effect: 'yes' }),
  row({
    name: 'AuthorizedPrincipalsFile',
    kind: namedText,
    default: 'none',
    match: true,
    tokens: publicKeyFileTokens,
    effect: 'yes',
  }),
  row({ name: 'VersionAddendum', kind: restOfLine(), default: 'none', effect: 'yes' }),
  row({
    name: 'AuthorizedKeysCommand',
    kind: absoluteCommand,
    default: 'none',
    match: true,
    tokens: 'CDfhktUu',
    effect: 'yes',
  }),
  row({
    name: 'AuthorizedKeysCommandUser',
    kind: text({ missing: 'missing AuthorizedKeysCommandUser argument.' }),
    default: 'none',
    match: true,
    effect: 'yes',
  }),
  row({
    name: 'AuthorizedPrincipalsCommand',
    kind: absoluteCommand,
    default: 'none',
    match: true,
    tokens: 'CDFfhiKksTtUu',
    effect: 'yes',
  }),
  row({
    name: 'AuthorizedPrincipalsCommandUser',
    kind: text({ missing: 'missing AuthorizedPrincipalsCommandUser argument.' }),
    default: 'none',
    match: true,
    effect: 'yes',
  }),
  row({
    name: 'HostKeyAgent',
    kind: text({ missing: 'missing socket name.' }),
    default: 'none',
    effect: 'yes',
  }),
  row({
    name: 'KexAlgorithms',
    kind: algorithms('keyExchanges', {
      missing: missingArgument,
      bad: (list) => `Bad SSH2 KexAlgorithms '${list}'.`,
    }),
    default: undefined,
    effect: 'yes',
  }),
  row({
    name: 'CASignatureAlgorithms',
    kind: algorithms('caSignatures', {
      missing: () => 'Missing argument.',
      bad: (list) => `Bad key types '${list}'.`,
    }),
    default: undefined,
    match: true,
    effect: 'yes',
  }),
  row({ name: 'HostbasedAcceptedAlgorithms', kind: keyTypes, default: undefined, match: true, effect: 'yes' }),
  row({ name: 'HostKeyAlgorithms', kind: keyTypes, default: undefined, effect: 'yes' }),
  row({ name: 'PubkeyAcceptedAlgorithms', kind: keyTypes, default: undefined, match: true, effect: 'yes' }),
  row({
    name: 'RDomain',
    kind: namedText,
    default: undefined,
    match: true,
    tokens: 'D',
    effect: 'not-yet',
    ignoring: 'weakens',
  }),
  row({ name: 'SshdSessionPath', kind: pathOrNone, default: undefined, effect: 'not-yet', since: '9.8' }),
  row({ name: 'SshdAuthPath', kind: pathOrNone, default: undefined, effect: 'not-yet', since: '10.0' }),
  row({
    name: 'PerSourcePenaltyExemptList',
    kind: namedText,
    default: undefined,
    effect: 'not-yet',
    since: '9.8',
  }),
  row({ name: 'LogLevel', kind: logLevel, default: 'info', match: true, effect: 'yes' }),
  row({ name: 'SyslogFacility', kind: syslogFacility, default: 'AUTH', effect: 'yes' }),
  row({
    name: 'AuthorizedKeysFile',
    kind: wordList(),
    default: ['.ssh/authorized_keys', '.ssh/authorized_keys2'],
    match: true,
    tokens: publicKeyFileTokens,
    effect: 'yes',
  }),
  row({ name: 'HostKey', kind: hostKeyFiles, default: noWords, add: addEntries, effect: 'yes' }),
  row({ name: 'HostCertificate', kind: hostKeyFiles, default: noWords, add: addEntries, effect: 'yes' }),
  row({ name: 'AllowUsers', ...userNames, default: noWords, match: true, effect: 'yes' }),
  row({ name: 'DenyUsers', ...userNames, default: noWords, match: true, effect: 'yes' }),
  row({ name: 'AllowGroups', ...groupNames, default: noWords, match: true, effect: 'yes' }),
  row({ name: 'DenyGroups', ...groupNames, default: noWords, match: true, effect: 'yes' }),
  row({ name: 'AcceptEnv', ...environmentNames, default: noWords, match: true, effect: 'yes' }),
  row({
    name: 'SetEnv',
    kind: environmentSettings('Invalid environment.'),
    default: noWords,
    match: true,
    effect: 'yes',
  }),
  row({
    name: 'AuthenticationMethods',
    kind: authenticationMethods,
    default: noWords,
    match: true,
    effect: 'yes',
  }),
  row({ name: 'LogVerbose', kind: wordList(), default: undefined, match: true, effect: 'not-yet' }),
  row({
    name: 'ChannelTimeout',
    kind: wordList({ check: channelTimeout }),
    default: undefined,
    match: true,
    effect: 'not-yet',
  }),
  row({
    name: 'Subsystem',
    kind: subsystems,
    default: noSubsystems,
    add: addSubsystem,
    match: true,
    effect: 'yes',
  }),
  row({ name: 'MaxStartups', kind: startupLimits, default: { start: 10, rate: 30, full: 100 }, effect: 'yes' }),
  row({ name: 'PerSourceMaxStartups', kind: integerOrNone, default: 'none', effect: 'not-yet' }),
  row({ name: 'PerSourceNetBlockSize', kind: netBlockSize, default: { v4: 32, v6: 128 }, effect: 'not-yet' }),
  row({
    name: 'PermitTunnel',
    kind: choice([
      ['yes', 'yes'],
      ['point-to-point', 'point-to-point'],
      ['ethernet', 'ethernet'],
      ['no', 'no'],
    ]),
    default: 'no',
    match: true,
    effect: 'not-yet',
  }),
  row({
    name: 'IPQoS',
    kind: serviceClassPair('K missing argument.'),
    default: { interactive: 0xb8, bulk: 0 },
    match: true,
    effect: 'not-yet',
  }),
  row({
    name: 'RekeyLimit',
    kind: rekeyLimit({ missing: 'RekeyLimit missing argument.', badNumber: 'Bad RekeyLimit number' }),
    default: { bytes: 0n, seconds: 0 },
    match: true,
    effect: 'yes',
  }),
  row({
    name: 'PermitOpen',
    kind: targets(false),
    default: 'any',
    match: true,
    effect: 'yes',
  }),
  row({ name: 'PermitListen', kind: targets(true), default: 'any', match: true, effect: 'not-yet' }),
  row({ name: 'PermitUserEnvironment', kind: permitUserEnvironment, default: false, effect: 'yes' }),
  row({
    name: 'PubkeyAuthOptions',
    kind: wordList({ check: publicKeyOption }),
    default: noWords,
    match: true,
    effect: 'yes',
  }),
  row({
    name: 'PerSourcePenalties',
    kind: addingWords({ check: penalty }).kind,
    default: noWords,
    effect: 'not-yet',
    since: '9.8',
  }),
] as const;

// `internal` is no file.
function securityKeyProvider(): Kind<string> {
  const path = filePath('SecurityKeyProvider missing argument.');
  return {
    ...path,
    read: (words, context) => path.read(words, words.peek() === 'internal' ? noFolder(context) : context),
  };
}

function noFolder({ algorithms: names }: ReadingContext): ReadingContext {
  return { algorithms: names };
}

function publicKeyOption(word: string): ReturnType<typeof environmentPattern> {
  const known = ['none', 'touch-required', 'verify-required'].includes(word.toLowerCase());
  return known ? word.toLowerCase() : { problem: `unsupported PubkeyAuthOptions option ${word}` };
}

/** Every keyword's value, with defaults filled in. */
export type SshdOptions = OptionsOf<typeof sshdKeywords>;

/** Values that lines and flags have set so far. */
export type SshdSettings = SettingsOf<SshdOptions>;

export const sshdOtherSpellings: KeywordAliases = {
  aliases: {
    HostDSAKey: 'HostKey',
    HostbasedAcceptedKeyTypes: 'HostbasedAcceptedAlgorithms',
    PubkeyAcceptedKeyTypes: 'PubkeyAcceptedAlgorithms',
    DSAAuthentication: 'PubkeyAuthentication',
    ChallengeResponseAuthentication: 'KbdInteractiveAuthentication',
    SkeyAuthentication: 'KbdInteractiveAuthentication',
    KeepAlive: 'TCPKeepAlive',
  },
  deprecated: [
    'ServerKeyBits',
    'KeyRegenerationInterval',
    'RhostsAuthentication',
    'RhostsRSAAuthentication',
    'RSAAuthentication',
    'CheckMail',
    'UseLogin',
    'VerifyReverseMapping',
    'ReverseMappingCheck',
    'AuthorizedKeysFile2',
    'UsePrivilegeSeparation',
  ],
  unsupported: ['KerberosTgtPassing', 'AFSTokenPassing'],
  // DebianBanner: Debian's switch for its addition to the identification.
  ignored: ['Protocol', 'DebianBanner'],
};

export const sshdKeywordIndex = indexKeywords(sshdKeywords, sshdOtherSpellings, ['match', 'include']);
