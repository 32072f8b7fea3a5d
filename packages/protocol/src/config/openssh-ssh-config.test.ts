// Compares our reading of ssh_config with that of the installed OpenSSH 9.2, over generated files: what -G prints, and
// the complaints. Differences that are meant are listed below with their reason.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { test } from 'node:test';
import type { OracleAnswer } from '@sallyport/testing/config-oracle';
import { ConfigOracle, configOracleMissing } from '@sallyport/testing/config-oracle';
import { ownAccount } from '@sallyport/testing/peers';
import fc from 'fast-check';
import { configErrorText, isProblem } from './config-error.ts';
import { completeSshOptions } from './defaults.ts';
import { dumpSshOptions } from './dump.ts';
import type { AlgorithmNames } from './keyword.ts';
import { expand } from './percent.ts';
import { SshConfigReading } from './resolve-ssh.ts';
import { connectionTokens, expandSshOptions } from './ssh-tokens.ts';
import { splitWords } from './words.ts';

const skip = configOracleMissing('9.2');
const { name: localUser, home, uid } = ownAccount();

function oursSsh(text: string, file: string, algorithms: AlgorithmNames): OracleAnswer {
  const facts = {
    originalHost: 'some.host',
    localUser,
    localHostName: hostname(),
    home,
    uid,
    sha1: (value: string) => createHash('sha1').update(value).digest('hex'),
  };
  const reading = new SshConfigReading({
    owner: {
      include: () => [],
      exec: (command) => command === 'true',
      localNetwork: () => false,
      environment: () => undefined,
      tokens: ({ host, port, user }) => connectionTokens({ ...facts, host, port, remoteUser: user }),
    },
    algorithms,
    originalHost: 'some.host',
    localUser,
    version: 'OpenSSH_9.2',
  });
  reading.readFiles([{ path: file, text, isUsers: true }], { final: false });
  const complaints = reading.errors.map(configErrorText);
  if (complaints.length > 0) return { lines: [], complaints };
  const named = expand(reading.settings.Hostname ?? '%h', { tokens: { letters: 'h', values: { h: 'some.host' } } });
  if (isProblem(named)) return { lines: [], complaints: [named.problem] };
  if (reading.wantsFinalPass) reading.readFiles([{ path: file, text, isUsers: true }], { final: true, host: named });
  const options = completeSshOptions(
    { ...reading.settings, Hostname: named.toLowerCase(), User: reading.settings.User ?? localUser },
    algorithms,
  );
  const expanded = expandSshOptions(options, {
    tokens: connectionTokens({
      ...facts,
      host: named,
      port: options.Port,
      remoteUser: options.User ?? localUser,
      hostKeyAlias: options.HostKeyAlias,
    }),
    environment: () => undefined,
    home: (user) => (user === '' ? home : undefined),
    literal: ['User', 'SetEnv', 'VersionAddendum', 'RevokedHostKeys'],
  });
  if (isProblem(expanded)) return { lines: [], complaints: [expanded.problem] };
  return { lines: dumpSshOptions(expanded, { host: 'some.host' }), complaints };
}

// Lines whose value 9.2 prints in another way than we (and 10.5) do, or that one of the two does not know.
const meantSsh: ReadonlyMap<string, string> = new Map([
  ['host', 'the same, but 9.2 prints it unquoted'],
  ['forwardx11trusted', "Debian's default is yes"],
  ['ipqos', '10.5 has other defaults, and names other classes'],
  ['canonicalizepermittedcnames', 'Debian prints the keyword in mixed case'],
  ['setenv', '9.2 prints several lines, of which only the first would count when read back'],
  ['serveraliveinterval', 'Debian: 300 with BatchMode yes'],
  ['identityfile', '10.5 tries other files when none is named'],
  ['updatehostkeys', '9.2 looks at the file names, not at whether they were set'],
  ['remoteforward', '9.2 prints [socks]:0 for a remote SOCKS forwarding, which cannot be read back'],
]);
const newSince92 = ['obscurekeystroketiming', 'warnweakcrypto', 'tag', 'versionaddendum', 'channeltimeout'];

function comparable(lines: readonly string[], others: readonly string[]): string[] {
  const keywords = new Set(others.map((line) => line.split(' ', 1)[0] as string));
  return lines.map(unquoted).filter((line) => {
    const keyword = line.split(' ', 1)[0] as string;
    if (newSince92.includes(keyword) || keyword.startsWith('gssapi')) return false;
    return keywords.has(keyword) && !meantSsh.has(keyword);
  });
}

// 9.2 prints values without the quotes that reading them back needs.
function unquoted(line: string): string {
  const [, keyword = '', value = ''] = /^(\S+) (.*)$/.exec(line) ?? [];
  const isWord = /^".*"$/.test(value) || (/\\/.test(value) && !/\s/.test(value));
  return isWord ? `${keyword} ${splitWords(value)?.join(' ') ?? value}` : line;
}

const sshLines = [
  'Port = 2222',
  'Port="2223"',
  '  Port  24 # comment',
  'PORT 25',
  'User a\\\\b',
  "User 'a b'",
  'User x',
  'Hostname %%x%h',
  'Hostname y',
  'ProxyCommand = echo a  b # c',
  'ProxyCommand none',
  'SendEnv A B',
  'SendEnv -A C*',
  'SetEnv A=b C=d',
  'SetEnv E=f',
  'RekeyLimit 1G 1h',
  'RekeyLimit default none',
  'RekeyLimit 64K',
  'TunnelDevice 1',
  'TunnelDevice any:3',
  'EscapeChar none',
  'EscapeChar "#"',
  'ControlPersist 10m',
  'ControlPersist yes',
  'ControlPersist 0',
  'AddKeysToAgent confirm 10m',
  'AddKeysToAgent 10m',
  'AddKeysToAgent ask',
  'ConnectTimeout 1h30m',
  'ConnectTimeout 0',
  'ConnectTimeout none',
  'ServerAliveInterval none',
  'ServerAliveInterval 15',
  'ForwardX11Timeout 1w',
  'StreamLocalBindMask 077',
  'PermitRemoteOpen host:22 [::1]:* *:5',
  'PermitRemoteOpen none',
  'PermitRemoteOpen any',
  'CanonicalDomains a.b.c. d',
  'CanonicalDomains none',
  'CanonicalizeMaxDots 3',
  'ProxyJump a,b@c:22,[::1]:33',
  'ProxyJump ssh://u@h:22',
  'ProxyJump none',
  'CertificateFile ~/x',
  'UserKnownHostsFile ~/a %d/b',
  'UserKnownHostsFile none',
  'GlobalKnownHostsFile none',
  'GlobalKnownHostsFile /a /b',
  'LogLevel debug',
  'LogLevel quiet',
  'LogLevel VERBOSE',
  'FingerprintHash md5',
  'BatchMode true',
  'PubkeyAuthentication host-bound',
  'PubkeyAuthentication no',
  'DSAAuthentication no',
  'RequestTTY true',
  'RequestTTY force',
  'StrictHostKeyChecking off',
  'StrictHostKeyChecking accept-new',
  'StrictHostKeyChecking yes',
  'Tunnel yes',
  'Tunnel ethernet',
  'ControlMaster autoask',
  'VerifyHostKeyDNS ask',
  'AddressFamily inet6',
  'Ciphers +3des-cbc',
  'Ciphers -aes*',
  'Ciphers ^aes256-ctr',
  'Ciphers aes128-ctr,aes128-ctr',
  'Ciphers -nonexist',
  'MACs ^hmac-sha1',
  'KexAlgorithms -ecdh*,sntrup*',
  'HostKeyAlgorithms +ssh-dss*',
  'HostKeyAlgorithms ssh-*',
  'PubkeyAcceptedKeyTypes +ssh-rsa',
  'CASignatureAlgorithms ^ssh-rsa',
  'LogVerbose none',
  'ControlPath none',
  'ControlPath ~/.ssh/%h-%p-%r-%C-%n-%k',
  'RemoteCommand ls -l "a b" # foo',
  'KeepAlive no',
  'TCPKeepAlive no',
  'SessionType none',
  'SessionType subsystem',
  'IdentityAgent none',
  'IdentityAgent SSH_AUTH_SOCK',
  'IdentityAgent $FOO',
  'HostKeyAlias Foo',
  'BindAddress 1.2.3.4',
  'BindInterface eth0',
  'KbdInteractiveDevices pam',
  'PreferredAuthentications publickey,password',
  'RequiredRSASize 2048',
  'PKCS11Provider x',
  'XAuthLocation /x',
  'NumberOfPasswordPrompts 0',
  'IgnoreUnknown Foo*',
  'LocalForward 8080 h:80',
  'LocalForward [::1]:8080 [::2]:80',
  'LocalForward /a%p h:80',
  'LocalForward h:8080 /b',
  'LocalForward *:80 h:1',
  'DynamicForward 1080',
  'DynamicForward *:1080',
  'Host *',
  'Host some.*',
  'Host other',
  'Host !some.host *',
  'Match all',
  'Match host y',
  'Match host some.host',
  'Match originalhost some.* user x',
  'Match !user x',
  'Match localuser root',
  'Match final',
  'Match final host y',
  '# comment',
  '',
  'Compression yes',
  'ExitOnForwardFailure yes',
  'ClearAllForwardings yes',
  'HashKnownHosts true',
  'StdinNull yes',
  'VisualHostKey yes',
  'Protocol 2',
  'Cipher x',
] as const;

const badSshLines = [
  'Port 0',
  'Port 65536',
  'Port bad',
  'Port',
  'Port 22 22',
  'Port==2',
  'Port 2#c',
  "User ''",
  'User a b',
  'User "abc',
  'ProxyCommand echo "',
  'BatchMode maybe',
  'ConnectTimeout -1',
  'ConnectTimeout 1y',
  "ConnectTimeout ''",
  'ConnectionAttempts 99999999999',
  'ConnectionAttempts -1',
  'ConnectionAttempts x',
  'RekeyLimit 15',
  'RekeyLimit 1X',
  'RekeyLimit 1K bad',
  'RekeyLimit 9999999999999999999G',
  'TunnelDevice x',
  'EscapeChar ab',
  'EscapeChar #',
  'ControlPersist bad',
  'AddKeysToAgent yes 10m',
  'StreamLocalBindMask 7777',
  'UserKnownHostsFile a none',
  'CanonicalDomains a none',
  'LogLevel bad',
  'SyslogFacility bad',
  'RequestTTY bad',
  'StrictHostKeyChecking bad',
  'Ciphers bad',
  'Ciphers none',
  'MACs bad',
  'HostKeyAlgorithms bad',
  'CASignatureAlgorithms bad',
  'LocalForward 8080:h:80',
  'LocalForward 0 h:80',
  'LocalForward 80 h:0',
  'LocalForward 80 h:1 x',
  'DynamicForward 80 x',
  'RemoteForward a:b:c',
  'SendEnv A=b',
  'SetEnv bad',
  'Foo',
  'Foo bar',
  'Match bad bad',
  'Match host',
  "Match ''",
  'Match all host x',
  'Match',
  "Host ''",
  'Host',
  'Include',
  "Include ''",
  'IdentityFile',
  'Compression true',
  'CanonicalizePermittedCNAMEs bad',
  'SessionType bad',
] as const;

test('ssh -G: generated files mean the same to us and to OpenSSH 9.2', { skip }, () => {
  using oracle = new ConfigOracle();
  const algorithms = oracle.algorithms();
  const files = fc.array(fc.constantFrom(...sshLines), { minLength: 1, maxLength: 25 });
  fc.assert(
    fc.property(files, (lines) => {
      const text = `${lines.join('\n')}\n`;
      const theirs = oracle.ssh(text, 'some.host');
      const ours = oursSsh(text, oracle.path, algorithms);
      assert.deepEqual(ours.complaints, theirs.complaints);
      assert.deepEqual(comparable(ours.lines, theirs.lines), comparable(theirs.lines, ours.lines));
    }),
    { seed: 4, numRuns: 100 },
  );
});

test('ssh -G: the output read as a configuration gives itself', { skip }, () => {
  using oracle = new ConfigOracle();
  const algorithms = oracle.algorithms();
  // A host name with % is printed as it is, as OpenSSH does.
  const printable = sshLines.filter((line) => !line.startsWith('Hostname %'));
  const files = fc.array(fc.constantFrom(...printable), { minLength: 1, maxLength: 25 });
  fc.assert(
    fc.property(files, (lines) => {
      const first = oursSsh(`${lines.join('\n')}\n`, oracle.path, algorithms);
      if (first.complaints.length > 0) return;
      const second = oursSsh(first.lines.join('\n'), oracle.path, algorithms);
      assert.deepEqual(second, first);
    }),
    { seed: 5, numRuns: 200 },
  );
});

test('ssh: wrong lines are complained about in the words of OpenSSH 9.2', { skip }, () => {
  using oracle = new ConfigOracle();
  const algorithms = oracle.algorithms();
  for (const line of badSshLines) {
    const text = `Port 22\n${line}\nFoo x\n`;
    const theirs = oracle.ssh(text, 'some.host');
    assert.deepEqual(oursSsh(text, oracle.path, algorithms).complaints, theirs.complaints, line);
  }
});
