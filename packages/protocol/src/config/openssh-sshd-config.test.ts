// Compares our reading of sshd_config with that of the installed OpenSSH 9.2, over generated files and connections:
// what -T prints, and the complaints. Differences that are meant are listed below.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigOracle, configOracleMissing } from '@sallyport/testing/config-oracle';
import fc from 'fast-check';
import { configErrorText } from './config-error.ts';
import { dumpSshdOptions } from './dump.ts';
import type { AlgorithmNames } from './keyword.ts';
import { SshdConfig } from './resolve-sshd.ts';
import { splitWords } from './words.ts';

const skip = configOracleMissing('9.2');

// 9.2 prints values without the quotes that reading them back needs.
function unquoted(line: string): string {
  const [, keyword = '', value = ''] = /^(\S+) (.*)$/.exec(line) ?? [];
  const isWord = /^".*"$/.test(value) || (/\\/.test(value) && !/\s/.test(value));
  return isWord ? `${keyword} ${splitWords(value)?.join(' ') ?? value}` : line;
}

const sshdLines = [
  'Port 22',
  'Port 23',
  'ListenAddress 1.2.3.4',
  'ListenAddress 1.2.3.4:99',
  'ListenAddress ::1',
  'ListenAddress [::1]:24',
  'LoginGraceTime 1m',
  'LoginGraceTime 0',
  'UnusedConnectionTimeout none',
  'UnusedConnectionTimeout 5m',
  'PermitRootLogin prohibit-password',
  'PermitRootLogin forced-commands-only',
  'PermitRootLogin yes',
  'IgnoreRhosts shosts-only',
  'Compression delayed',
  'Compression no',
  'GatewayPorts clientspecified',
  'AllowTcpForwarding all',
  'AllowTcpForwarding local',
  'PubkeyAuthOptions touch-required verify-required',
  'PubkeyAuthOptions none',
  'PermitTunnel yes',
  'PermitTunnel ethernet',
  'PermitOpen none',
  'PermitOpen host:1 *:2 [::1]:*',
  'PermitOpen any',
  'PermitListen 8080 localhost:80 *:*',
  'PermitListen none',
  'PermitUserEnvironment yes',
  'PermitUserEnvironment A*,B',
  'MaxStartups 5',
  'MaxStartups 5:30:100',
  'PerSourceMaxStartups none',
  'PerSourceMaxStartups 4',
  'PerSourceNetBlockSize 24:64',
  'AuthenticationMethods publickey,password publickey',
  'AuthenticationMethods any',
  'AuthenticationMethods publickey:foo',
  'AuthorizedKeysFile none',
  'AuthorizedKeysFile a %h/b',
  'Banner none',
  'Banner /x',
  "Banner 'a b'",
  'ChrootDirectory none',
  'ChrootDirectory /x',
  'ForceCommand none',
  'ForceCommand internal-sftp -d /x # foo',
  'Subsystem a b c',
  'Subsystem sftp internal-sftp',
  'AcceptEnv LANG LC_*',
  'AcceptEnv X',
  'SetEnv A=b',
  'SetEnv C=d',
  'AllowUsers a b@c',
  'DenyUsers d',
  'AllowUsers a@10.0.0.0/8',
  'AllowGroups a',
  'DenyGroups b c',
  'VersionAddendum none',
  'VersionAddendum foo bar',
  'RekeyLimit 1G 1h',
  'RekeyLimit default 10',
  'LogLevel DEBUG3',
  'LogLevel VERBOSE',
  'SyslogFacility AUTHPRIV',
  'TrustedUserCAKeys none',
  'TrustedUserCAKeys x',
  'RevokedKeys none',
  'PidFile none',
  'PidFile x',
  'UsePAM yes',
  'StrictModes no',
  'KeepAlive no',
  'DSAAuthentication no',
  'ChallengeResponseAuthentication no',
  'Ciphers ^aes128-cbc',
  'MACs -umac*',
  'PubkeyAcceptedKeyTypes +ssh-rsa',
  'StreamLocalBindMask 0',
  'X11DisplayOffset 5',
  'Port = 77',
  'MaxAuthTries 0',
  'MaxSessions 3',
  'FingerprintHash MD5',
  'ExposeAuthInfo yes',
  'AuthorizedPrincipalsFile none',
  'DisableForwarding yes',
  'Protocol 2',
  '# comment',
  '',
  'ClientAliveInterval 1m',
  'ClientAliveCountMax 0',
  'RequiredRSASize 2048',
  'PermitTTY no',
] as const;

const sshdMatchLines = [
  'Match user alice',
  'Match user !alice,*',
  'Match User bob',
  'Match address 10.0.0.0/8,!10.1.0.0/16',
  'Match address 10.1.2.3',
  'Match host *.example.org',
  'Match localport 22',
  'Match localaddress 192.0.2.0/24',
  'Match all',
  'Match user alice address 10.*',
  'Match group nosuchgroup',
] as const;
const allowedInMatch =
  /^(?:Permit(?:Open|Listen|RootLogin|TTY|Tunnel)|Banner|ForceCommand|AllowUsers|MaxAuth|Authen|Chroot|LogLevel)/;
const sshdBlockLines = sshdLines.filter((line) => allowedInMatch.test(line) && line !== 'AuthenticationMethods any');

const badSshdLines = [
  'Port 0',
  'Port',
  'Port 22 22',
  'AcceptEnv A=b',
  "AddressFamily ''",
  'AddressFamily bad',
  "AllowGroups ''",
  "AllowUsers ''",
  'AllowUsers a@10.0.0.1/8',
  'AuthorizedKeysCommand bad bad',
  'AuthorizedKeysCommandUser bad bad',
  "AuthorizedPrincipalsFile ''",
  "Banner ''",
  'Banner a b',
  'CASignatureAlgorithms bad',
  'ChannelTimeout bad',
  'ChannelTimeout a=b',
  'Ciphers bad',
  "Ciphers ''",
  'ClientAliveCountMax bad',
  "ClientAliveCountMax ''",
  'ClientAliveInterval bad',
  'ClientAliveInterval none',
  'Compression bad',
  'ForceCommand',
  'GatewayPorts bad',
  "HostCertificate ''",
  "HostKey ''",
  'IgnoreRhosts bad',
  "Include ''",
  'Include',
  'IPQoS bad',
  "IPQoS ''",
  "ListenAddress ''",
  'LogLevel bad',
  'LoginGraceTime bad',
  'MACs bad',
  'Match bad bad',
  "Match ''",
  'MaxAuthTries bad',
  'MaxStartups bad',
  'MaxStartups 5:30',
  'MaxStartups 50:30:10',
  'PermitListen bad',
  'PermitOpen bad',
  "PermitOpen ''",
  'PermitRootLogin bad',
  'PermitUserEnvironment a b',
  'PerSourceMaxStartups bad',
  'PerSourceNetBlockSize 33',
  "PidFile ''",
  'RekeyLimit bad',
  "RekeyLimit ''",
  'SetEnv bad',
  'StreamLocalBindMask bad',
  'Subsystem',
  'Subsystem sftp',
  'SyslogFacility bad',
  'UseDNS bad',
  'UseDNS true',
  'X11DisplayOffset bad',
  'Foo',
  'Foo bar',
  'Match user x\nPort 3',
  'Match user x\nUsePAM yes',
  'Match user x\nMaxAuthTries x',
  'Match user',
  'Match localport x',
  'Match !user x',
] as const;

const connections = [
  [
    'user=alice,addr=10.1.2.3,host=a.example.org,laddr=192.0.2.1,lport=22',
    { user: 'alice', address: '10.1.2.3', host: 'a.example.org', localAddress: '192.0.2.1', localPort: 22 },
  ],
  [
    'user=root,addr=10.2.2.3,host=b,laddr=192.0.3.1,lport=23',
    { user: 'root', address: '10.2.2.3', host: 'b', localAddress: '192.0.3.1', localPort: 23 },
  ],
] as const;

// Other defaults, paths of the packager, or lines that 9.2 prints unquoted.
const meantSshd = [
  'modulifile',
  'ipqos',
  'hostkey',
  'xauthlocation',
  'subsystem',
  'channeltimeout',
  'pidfile',
  'revokedkeys',
  'setenv',
  'listenaddress',
];

function comparable(lines: readonly string[], others: readonly string[]): string[] {
  const keywords = new Set(others.map((line) => line.split(' ', 1)[0] as string));
  return lines.map(unquoted).filter((line) => {
    const keyword = line.split(' ', 1)[0] as string;
    return keywords.has(keyword) && !meantSshd.includes(keyword) && !keyword.startsWith('gssapi');
  });
}

function oursSshd(text: string, path: string, algorithms: AlgorithmNames): SshdConfig {
  const config = new SshdConfig({ include: () => [], algorithms, workingFolder: process.cwd() });
  config.readFile({ path, text });
  return config;
}

test('sshd -T: generated files mean the same to us and to OpenSSH 9.2, for each connection', { skip }, () => {
  using oracle = new ConfigOracle();
  const algorithms = oracle.algorithms();
  const key = oracle.hostKey();
  const inside = fc.array(fc.constantFrom(...sshdBlockLines), { maxLength: 5 });
  const blocks = fc.array(fc.tuple(fc.constantFrom(...sshdMatchLines), inside), { maxLength: 4 });
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...sshdLines), { maxLength: 20 }), blocks, (lines, matches) => {
      const text = [`HostKey ${key}`, ...lines, ...matches.flatMap(([match, own]) => [match, ...own]), ''].join('\n');
      const config = oursSshd(text, oracle.path, algorithms);
      for (const [spec, subject] of connections) {
        const theirs = oracle.sshd(text, spec);
        assert.deepEqual(config.errors.map(configErrorText), theirs.complaints);
        const ours = dumpSshdOptions(config.optionsFor({ ...subject, groups: [] }));
        assert.deepEqual(comparable(ours, theirs.lines), comparable(theirs.lines, ours));
      }
    }),
    { seed: 7, numRuns: 60 },
  );
});

test('sshd -T: the output read as a configuration gives itself', { skip }, () => {
  using oracle = new ConfigOracle();
  const algorithms = oracle.algorithms();
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...sshdLines), { maxLength: 20 }), (lines) => {
      const first = dumpSshdOptions(oursSshd(lines.join('\n'), oracle.path, algorithms).optionsFor({}));
      const again = oursSshd(first.join('\n'), oracle.path, algorithms);
      assert.deepEqual(again.errors.map(configErrorText), []);
      assert.deepEqual(dumpSshdOptions(again.optionsFor({})), first);
    }),
    { seed: 8, numRuns: 200 },
  );
});

test('sshd: wrong lines are complained about in the words of OpenSSH 9.2', { skip }, () => {
  using oracle = new ConfigOracle();
  const algorithms = oracle.algorithms();
  const key = oracle.hostKey();
  for (const line of badSshdLines) {
    const text = `HostKey ${key}\n${line}\n`;
    const theirs = oracle.sshd(text);
    assert.deepEqual(oursSshd(text, oracle.path, algorithms).errors.map(configErrorText), theirs.complaints, line);
  }
});
