import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configErrorText } from './config-error.ts';
import { completeSshOptions } from './defaults.ts';
import { dumpSshdOptions, dumpSshOptions } from './dump.ts';
import type { AlgorithmNames } from './keyword.ts';
import { passedOver } from './keyword.ts';
import { matchHostLine, matchSshd, parseCriteria } from './match.ts';
import { maximumIncludeDepth, maximumIncludedFiles } from './parse.ts';
import type { SshConfigInput, SshConfigOwner } from './resolve-ssh.ts';
import { SshConfigReading } from './resolve-ssh.ts';
import { SshdConfig } from './resolve-sshd.ts';
import { sshKeywords } from './ssh-keywords.ts';
import { sshdKeywords } from './sshd-keywords.ts';

const list = (...known: string[]) => ({ known, defaults: known });
const algorithms: AlgorithmNames = {
  ciphers: list('aes128-gcm@openssh.com', 'aes256-ctr'),
  macs: list('hmac-sha2-256'),
  keyExchanges: list('curve25519-sha256'),
  signatures: list('ssh-ed25519', 'rsa-sha2-512'),
  caSignatures: list('ssh-ed25519'),
};

type Files = Readonly<Record<string, string>>;

function reading(
  files: Files,
  options: Partial<Omit<SshConfigInput, 'owner'>> & { owner?: Partial<SshConfigOwner> } = {},
) {
  const { owner, ...input } = options;
  return new SshConfigReading({
    algorithms,
    originalHost: 'work',
    localUser: 'me',
    version: 'OpenSSH_10.5',
    ...input,
    owner: {
      include: (pattern) =>
        Object.keys(files)
          .filter((path) => path.startsWith(pattern))
          .map((path) => ({ path, text: files[path] ?? '' })),
      exec: () => false,
      localNetwork: () => false,
      environment: () => undefined,
      tokens: ({ host, port, user }) => ({ h: host, p: `${port}`, r: user }),
      ...owner,
    },
  });
}

function read(text: string, files: Files = {}, options: Parameters<typeof reading>[1] = {}): SshConfigReading {
  const one = reading(files, options);
  one.readFiles([{ path: 'config', text, isUsers: true }], { final: false });
  return one;
}

test('the first value wins: flags, then options, then files in order', () => {
  const one = reading({});
  one.set('User', 'flag');
  one.readOption('User=option');
  one.readOption('Port 2222');
  one.readFiles(
    [
      { path: 'user', text: 'Port 1\nUser file\nHostname a', isUsers: true },
      { path: 'system', text: 'Hostname b\nHashKnownHosts yes', isUsers: false },
    ],
    { final: false },
  );
  assert.deepEqual(one.errors, []);
  assert.deepEqual(one.settings, { User: 'flag', Port: 2222, Hostname: 'a', HashKnownHosts: true });
});

test('an option of the command line has the file command-line and line 0 in complaints', () => {
  const one = reading({});
  for (const option of ['Foo=1', 'Port=x', 'Host x', 'Port']) one.readOption(option);
  assert.deepEqual(one.errors.map(configErrorText), [
    'command-line: line 0: Bad configuration option: foo',
    "command-line line 0: Bad port 'x'.",
    'command-line line 0: Bad configuration option: host',
    'command-line line 0: no argument after keyword "port"',
  ]);
});

test('Host and Match blocks choose by name as typed, name after Hostname, user, tag, command and session type', () => {
  const text = ['Host work', 'Hostname real', 'Match host real', 'User u', 'Match user u originalhost w*', 'Tag t'];
  text.push(
    'Match tagged t',
    'Port 3',
    'Match command ls* sessiontype exec',
    'LogLevel DEBUG',
    'Match sessiontype=shell',
    'BatchMode yes',
  );
  assert.deepEqual(read(text.join('\n'), {}, { command: 'ls -l' }).settings, {
    Hostname: 'real',
    User: 'u',
    Tag: 't',
    Port: 3,
    LogLevel: 'debug1',
  });
});

test('Match exec runs only when all before it applied, with tokens replaced', () => {
  const commands: string[] = [];
  const exec = (command: string): boolean => commands.push(command) > 0;
  const text = 'Match host other exec "no %h"\nMatch user me exec "yes %h:%p"\nPort 7';
  assert.equal(read(text, {}, { owner: { exec } }).settings.Port, 7);
  assert.deepEqual(commands, ['yes work:22']);
});

test('Match localnetwork asks for the interfaces', () => {
  const text = 'Match localnetwork 10.0.0.0/8\nPort 7';
  assert.equal(read(text, {}, { owner: { localNetwork: (nets) => nets === '10.0.0.0/8' } }).settings.Port, 7);
  assert.match(read('Match localnetwork 10.0.0.1/8').errors.map(configErrorText).join(), /Bad Match condition/);
});

test('Match final asks for a second pass, in which the host is the one of Hostname', () => {
  const source = {
    path: 'config',
    text: 'Host real\nPort 5\nMatch final\nUser late\nHost *\nHostname real',
    isUsers: true,
  };
  const one = reading({});
  one.readFiles([source], { final: false });
  assert.ok(one.wantsFinalPass);
  assert.equal(one.settings.User, undefined);
  one.readFiles([source], { final: true, host: 'real' });
  assert.equal(one.settings.User, 'late');
  assert.equal(one.settings.Port, 5);
});

test('an included file is narrowed by the block around it and changes no block of its parent', () => {
  const files = { 'inc.1': 'Host other\nPort 1', 'inc.2': 'User included' };
  assert.equal(read('Host other\nInclude inc\nHost *\nPort 2', files).settings.User, undefined);
  assert.deepEqual(read('Include inc\nPort 2', files).settings, { User: 'included', Port: 2 });
});

test('a fault in an included file ends the reading even where its block does not apply', () => {
  const files = { 'inc.1': 'Junk x' };
  assert.deepEqual(read('Host other\nInclude inc\nBad y', files).errors.map(configErrorText), [
    'inc.1: line 1: Bad configuration option: junk',
    'inc.1: terminating, 1 bad configuration options',
  ]);
});

test('Include is bounded in depth and in number', () => {
  const recursion = read('Include inc', { inc: 'Include inc' });
  assert.deepEqual(recursion.errors.map(configErrorText), ['Too many recursive configuration includes']);
  let asked = 0;
  const include = () => {
    asked++;
    return [{ path: `p${asked}`, text: 'Include x\nInclude x' }];
  };
  assert.equal(read('Include x', {}, { owner: { include } }).errors.length, 1);
  assert.ok(asked <= maximumIncludedFiles + maximumIncludeDepth);
});

test('repeatable keywords add up, and SendEnv takes back with a minus', () => {
  const { settings } = read(
    'IdentityFile a\nIdentityFile b\nIdentityFile a\nSendEnv A B*\nSendEnv -A\nLocalForward 1 h:1\nLocalForward 1 h:1',
  );
  assert.deepEqual(settings.IdentityFile, ['a', 'b']);
  assert.deepEqual(settings.SendEnv, ['B*']);
  assert.equal(settings.LocalForward?.length, 1);
  const many = read(Array.from({ length: 101 }, (_, n) => `IdentityFile ${n}`).join('\n'));
  assert.deepEqual(
    many.errors.map(configErrorText)[0],
    'config line 101: Too many identity files specified (max 100).',
  );
});

test('ProxyCommand and ProxyJump exclude each other: the first one counts', () => {
  assert.deepEqual(Object.keys(read('ProxyJump j\nProxyCommand c').settings), ['ProxyJump']);
  assert.deepEqual(Object.keys(read('ProxyCommand c\nProxyJump j').settings), ['ProxyCommand']);
});

test('unknown keywords may be ignored by pattern, old ones leave a note', () => {
  const one = read('IgnoreUnknown Foo*,bar\nFOOx 1\nBar 2\nCipher x\nRSAAuthentication yes\nProtocol 2');
  assert.deepEqual(one.errors, []);
  assert.deepEqual(one.notes, [
    { level: 'debug', text: 'config line 4: Deprecated option "cipher"' },
    { level: 'error', text: 'config line 5: Unsupported option "rsaauthentication"' },
    { level: 'debug', text: 'config line 6: Ignored option' },
  ]);
});

test('defaults follow from other values: forwardings cleared, UpdateHostKeys, algorithm lists edited', () => {
  const options = completeSshOptions(
    read('ClearAllForwardings yes\nLocalForward 1 h:1\nUserKnownHostsFile /x\nCiphers -aes256*').settings,
    algorithms,
  );
  assert.deepEqual(options.LocalForward, []);
  assert.equal(options.UpdateHostKeys, 'no');
  assert.equal(options.Ciphers, 'aes128-gcm@openssh.com');
  const lines = dumpSshOptions(options, { host: 'work' });
  assert.equal(lines[0], 'host work');
  assert.ok(lines.includes('userknownhostsfile /x'));
});

function sshd(text: string, files: Files = {}): SshdConfig {
  const include = (pattern: string) =>
    Object.keys(files)
      .filter((path) => path.startsWith(pattern))
      .map((path) => ({ path, text: files[path] ?? '' }));
  const config = new SshdConfig({ include, algorithms, workingFolder: '/w' });
  config.readFile({ path: 'sshd_config', text });
  return config;
}

test('sshd: a matching block replaces global values, the first matching block wins', () => {
  const config = sshd(
    'Banner /g\nMatch user a\nBanner /a\nMatch user a,b\nBanner /ab\nAcceptEnv X\nMatch all\nMaxAuthTries 2',
  );
  assert.deepEqual(config.errors, []);
  assert.equal(config.globalOptions().Banner, '/g');
  assert.equal(config.optionsFor({ user: 'a' }).Banner, '/a');
  assert.equal(config.optionsFor({ user: 'b' }).Banner, '/ab');
  assert.deepEqual(config.optionsFor({ user: 'b' }).AcceptEnv, ['X']);
  assert.equal(config.optionsFor({}).MaxAuthTries, 2);
});

test('sshd: what a connection does not tell matches nothing', () => {
  const criteria = parseCriteria(['group', 'wheel,!guests', 'localport', '22'], 'sshd');
  assert.ok(Array.isArray(criteria));
  assert.equal(matchSshd(criteria, { localPort: 22 }), false);
  assert.equal(matchSshd(criteria, { localPort: 22, groups: ['wheel'] }), true);
  assert.equal(matchSshd(criteria, { localPort: 22, groups: ['wheel', 'guests'] }), false);
  assert.equal(matchHostLine(['*', '!a'], 'a'), false);
});

test('sshd: options of the command line come first, and repeatable ones add to those of files', () => {
  const config = new SshdConfig({ include: () => [], algorithms, workingFolder: '/w' });
  for (const option of ['Port 9', 'Banner=/cli', 'DenyUsers a', 'HostKey h']) config.readOption(option);
  config.readFile({ path: 'f', text: 'Port 1\nBanner /f\nHostKey k\nDenyUsers b' });
  const options = config.globalOptions();
  assert.deepEqual([options.Port, options.Banner, options.HostKey], [[9, 1], '/cli', ['/w/h', '/w/k']]);
  assert.deepEqual(options.DenyUsers, ['a', 'b']);
});

test('sshd: the ports of -p replace those of options that come after them and of files', () => {
  const config = new SshdConfig({ include: () => [], algorithms, workingFolder: '/w' });
  config.readOption('Port 8');
  config.fixPort(9);
  config.fixPort(10);
  config.readOption('Port 7');
  config.readFile({ path: 'f', text: 'Port 1\nBanner /f' });
  assert.deepEqual(config.globalOptions().Port, [8, 9, 10]);
  assert.deepEqual(config.optionsFor({ user: 'x' }).Port, [8, 9, 10]);
  assert.ok(dumpSshdOptions(config.globalOptions()).includes('listenaddress [::]:9'));
});

test('sshd: global keywords are refused in Match blocks of included files as well', () => {
  const config = sshd('Match user x\nInclude inc', { inc: 'Port 3' });
  assert.deepEqual(config.errors.map(configErrorText), [
    "inc line 1: Directive 'Port' is not allowed within a Match block",
  ]);
});

test('sshd: ten thousand Match blocks are resolved quickly', () => {
  const text = Array.from({ length: 10_000 }, (_, n) => `Match user u${n}\nBanner /b${n}`).join('\n');
  assert.equal(sshd(text).optionsFor({ user: 'u9999' }).Banner, '/b9999');
});

test('keywords that are set but have no effect yet are told, those that would weaken security apart', () => {
  const { mentioned } = sshd('ForceCommand none\nX11Forwarding yes\nMatch user x\nChrootDirectory /c\nPermitTTY no');
  const rows = sshdKeywords.map((row) =>
    row.name === 'ChrootDirectory' ? { ...row, effect: 'not-yet' as const, ignoring: 'weakens' as const } : row,
  );
  const told = passedOver(rows, mentioned);
  assert.deepEqual(told.weakening, ['ChrootDirectory']);
  assert.ok(!told.harmless.includes('PermitTTY'));
});

test('every keyword has its own name, and a row that would weaken says so only while it has no effect', () => {
  for (const table of [sshKeywords, sshdKeywords]) {
    const names = table.map(({ name }) => name.toLowerCase());
    assert.equal(new Set(names).size, names.length);
    for (const row of table)
      assert.ok(row.effect === 'not-yet' || !('ignoring' in row && row.ignoring !== undefined), row.name);
  }
  assert.equal(sshKeywords.length, 101, 'ssh_config(5) without Host, Match and Include');
  assert.equal(sshdKeywords.length, 103, 'sshd_config(5) without Match and Include');
});
