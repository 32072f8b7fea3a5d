import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProgramResult } from '@sallyport/testing/program';
import { runMain } from '@sallyport/testing/program-main';

import { main } from './main.ts';

const module = import.meta.resolve('@sallyport/programs/ssh/main');
const ssh = (...argv: readonly string[]): Promise<ProgramResult> => runMain(module, argv);

test('main returns the status', async () => {
  assert.equal(await main(['-V']), 0);
});

test('ssh -V tells the version on stderr where tools look for it', async () => {
  const { code, stderr, stdout } = await ssh('-V');
  assert.equal(code, 0);
  assert.match(stderr, /^OpenSSH_10\.5p1 Sallyport \d+\.\d+\.\d+, (?:OpenSSL [^\n]+|BoringSSL)\n$/);
  assert.equal(stdout.length, 0);
});

test('ssh -Q lists names one a line, and refuses other queries', async () => {
  const { code, stdout } = await ssh('-Q', 'cipher-auth');
  assert.equal(code, 0);
  assert.match(stdout.toString(), /^(?:\S+\n)+$/);
  const refused = await ssh('-Q', 'nonsense');
  assert.deepEqual([refused.code, refused.stderr], [255, 'Unsupported query "nonsense"\r\n']);
});

test('ssh -G prints the configuration of a host and exits', async () => {
  const { code, stdout } = await ssh('-G', '-F', 'none', '-p', '2222', '-o', 'Ciphers=aes128-ctr', 'bob@Example.ORG');
  assert.equal(code, 0);
  const lines = stdout.toString().split('\n');
  assert.deepEqual(lines.slice(0, 4), ['host Example.ORG', 'user bob', 'hostname example.org', 'port 2222']);
  assert.ok(lines.includes('ciphers aes128-ctr'));
});

test('errors of our own end with status 255 and one sentence each', async () => {
  for (const [argv, said] of [
    [['-p', '0', 'h'], "Bad port '0'\r\n"],
    [['-F', 'none', '-o', 'Foo=1', 'h'], 'command-line: line 0: Bad configuration option: foo\r\n'],
    [['-F', 'none', 'a;b'], 'hostname contains invalid characters\r\n'],
    [['-F', 'none', '-D', '1080', 'h'], '-D is not supported by this ssh yet\r\n'],
    [['-F', 'none', '-o', 'ProxyUseFdpass=yes', 'h'], 'ProxyUseFdpass is not supported by this ssh yet\r\n'],
  ] as const) {
    const { code, stderr } = await ssh(...argv);
    assert.deepEqual([code, stderr], [255, said]);
  }
  const usage = await ssh();
  assert.equal(usage.code, 255);
  assert.match(usage.stderr, /^usage: ssh /);
});

test('-q says nothing, -E writes to a file instead of stderr', async () => {
  const quiet = await ssh('-q', '-F', 'none', '-o', 'Foo=1', 'h');
  assert.deepEqual([quiet.code, quiet.stderr], [255, '']);
  const unwritable = await ssh('-E', '/nonexistent/log', '-F', 'none', 'h');
  assert.equal(unwritable.stderr, "Couldn't open logfile /nonexistent/log: No such file or directory\r\n");
});
