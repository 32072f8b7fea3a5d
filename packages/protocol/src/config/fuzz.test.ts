import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ConfigError } from './config-error.ts';
import { completeSshOptions } from './defaults.ts';
import { dumpSshdOptions, dumpSshOptions } from './dump.ts';
import type { AlgorithmNames } from './keyword.ts';
import { parseConfig } from './parse.ts';
import { SshConfigReading } from './resolve-ssh.ts';
import { SshdConfig } from './resolve-sshd.ts';
import { sshKeywordIndex, sshKeywords } from './ssh-keywords.ts';
import { sshdKeywords } from './sshd-keywords.ts';

const names = { known: ['a', 'b'], defaults: ['a'] };
const algorithms: AlgorithmNames = {
  ciphers: names,
  macs: names,
  keyExchanges: names,
  signatures: names,
  caSignatures: names,
};

function read(text: string): SshConfigReading {
  const reading = new SshConfigReading({
    algorithms,
    originalHost: 'host',
    localUser: 'me',
    version: 'OpenSSH_10.5',
    owner: {
      include: () => [{ path: 'included', text }],
      exec: () => false,
      localNetwork: () => false,
      environment: () => undefined,
      tokens: () => ({}),
    },
  });
  reading.readFiles([{ path: 'config', text, isUsers: true }], { final: false });
  return reading;
}

function sshd(text: string): SshdConfig {
  const config = new SshdConfig({ include: () => [{ path: 'included', text }], algorithms, workingFolder: '/' });
  config.readFile({ path: 'config', text });
  return config;
}

test('fuzz: any text gives settings or errors, never an exception, and time grows with its length', () => {
  const keyword = fc.constantFrom(
    ...sshKeywords.map(({ name }) => name),
    ...sshdKeywords.map(({ name }) => name),
    'Match',
    'Host',
    'Foo',
  );
  const word = fc.oneof(
    fc.string(),
    fc.constantFrom('yes', 'none', '1', '+*', '-', '^', '%h', '${X}', '[', '::', 'a=b', '"', '=', '*'),
  );
  const line = fc.tuple(keyword, fc.array(word, { maxLength: 5 })).map(([name, words]) => `${name} ${words.join(' ')}`);
  const text = fc.array(fc.oneof(line, fc.string()), { maxLength: 30 }).map((lines) => lines.join('\n'));
  const isError = ({ kind, problem }: ConfigError): boolean => kind.length > 0 && typeof problem === 'string';
  fc.assert(
    fc.property(text, (config) => {
      const one = read(config);
      assert.ok(one.errors.every(isError));
      if (one.errors.length === 0) dumpSshOptions(completeSshOptions(one.settings, algorithms), { host: 'h' });
      const server = sshd(config);
      assert.ok(server.errors.every(isError));
      if (server.errors.length === 0) dumpSshdOptions(server.optionsFor({ user: 'x' }));
    }),
    { seed: 11, numRuns: 1500 },
  );
  const dialect = { index: sshKeywordIndex, program: 'ssh', showKeyword: (name: string) => name } as const;
  for (const hostile of [
    'a'.repeat(1e6),
    '"'.repeat(1e6),
    '\\'.repeat(1e6),
    `Port ${'1h'.repeat(5e5)}`,
    `Match ${'!'.repeat(1e6)}`,
  ]) {
    parseConfig({ path: 'x', text: hostile }, dialect, { algorithms });
  }
});
