import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { AgentFixture } from '@sallyport/testing/agent-fixture';
import { dsaSample } from '@sallyport/testing/dsa-sample';
import { keySamples, samplePassphrase } from '@sallyport/testing/key-samples';
import { programPath, skipUnless } from '@sallyport/testing/peers';
import { type ProgramResult, runProgram } from '@sallyport/testing/program';
import { runMain } from '@sallyport/testing/program-main';
import { AgentClient } from 'sallyport/agent/agent-client';
import { UsageError } from '../shared/option-table.ts';
import { main } from './main.ts';
import { messages, usage } from './messages.ts';
import { parseOptions } from './options.ts';

const module = import.meta.resolve('@sallyport/programs/ssh-add/main');
const agentModule = import.meta.resolve('@sallyport/programs/ssh-agent/main');
const stock = skipUnless('openssh-agent');

type Runner = (args: readonly string[], input?: string, env?: Record<string, string>) => Promise<ProgramResult>;

const ours =
  (agent: AgentFixture): Runner =>
  (args, input = '', env = {}) =>
    runMain(module, args, { env: { ...agent.env, ...env }, input });
const theirs =
  (agent: AgentFixture): Runner =>
  (args, input = '', env = {}) =>
    runProgram(programPath('ssh-add'), args, { env: { ...agent.env, ...env }, input });

/** Lines of the log end with CR LF; the tests with stock ssh-add beside ours look at that. */
const exactly = ({ stdout, stderr, code }: ProgramResult): string => `${stdout.toString()}${stderr}[${code}]`;
const transcript = (result: ProgramResult): string => exactly(result).replaceAll('\r\n', '\n');

async function makeKey(agent: AgentFixture, name: string, certified = false): Promise<string> {
  const path = agent.folder.file(name);
  const keygen = (args: readonly string[]): Promise<ProgramResult> => runProgram(programPath('ssh-keygen'), args);
  await keygen(['-q', '-N', '', '-t', 'ed25519', '-C', `comment of ${name}`, '-f', path]);
  if (certified) await keygen(['-q', '-s', path, '-I', 'an id', '-n', 'me', `${path}.pub`]);
  return path;
}

test('ssh-add without an agent ends with 2', async () => {
  delete process.env['SSH_AUTH_SOCK'];
  assert.equal(await main(['-l']), 2);
  const none = await runMain(module, ['-l']);
  assert.equal(transcript(none), `${messages.noAgent}\n[2]`);
  const gone = await runMain(module, ['-l'], { env: { SSH_AUTH_SOCK: '/nonexistent/agent' } });
  assert.equal(transcript(gone), 'Error connecting to agent: No such file or directory\n[2]');
});

test('a wrong use ends with 1 and the usage', async () => {
  await using agent = await AgentFixture.start({ module: agentModule });
  const run = ours(agent);
  assert.equal(transcript(await run(['-j'])), `unknown option -- j\n${usage}[1]`);
  assert.equal(transcript(await run(['-t', 'soon'])), `${messages.badLifetime}\n[1]`);
  assert.equal(transcript(await run(['-E', 'sha3'])), 'Invalid hash algorithm "sha3"\n[255]');
  assert.equal(transcript(await run(['-T'])), `${messages.nothingToTest}\n[255]`);
  assert.throws(() => parseOptions(['-k', '-C'], {}), UsageError);
});

test('keys are added, listed, tested and removed as stock ssh-add does it, with both agents', stock, async () => {
  for (const agentOptions of [{ module: agentModule }, {}]) {
    const results: string[][] = [];
    for (const runnerOf of [ours, theirs]) {
      await using agent = await AgentFixture.start(agentOptions);
      const run = runnerOf(agent);
      const [plain, certified] = [await makeKey(agent, 'plain'), await makeKey(agent, 'certified', true)];
      const steps: readonly (readonly string[])[] = [
        ['-l'],
        ['-t', '1h', plain],
        [certified],
        ['-q', plain],
        ['-l'],
        ['-l', '-E', 'md5'],
        ['-L'],
        ['-T', `${plain}.pub`, `${certified}-cert.pub`],
        ['-T', agent.folder.file('missing')],
        ['-k', '-d', certified],
        ['-d', certified],
        ['-d', certified],
        ['-d', agent.folder.file('missing')],
        ['-D'],
        ['-l'],
        [agent.folder.file('missing')],
      ];
      const seen: string[] = [];
      for (const step of steps) seen.push(`${step[0]} ${exactly(await run(step))}`);

      const varying = new RegExp(`${agent.folder.path}|SHA256:\\S+|MD5:\\S+|AAAA\\S+`, 'g');
      results.push(seen.map((text) => text.replaceAll(varying, '…')));
    }
    assert.deepEqual(results[0], results[1]);
  }
});

test('a key is unlocked by its passphrase, which is tried on the next one before anybody is asked again', async () => {
  await using agent = await AgentFixture.start({ module: agentModule });
  const [first, second] = keySamples;
  const paths = [
    await agent.folder.write('first', first?.encryptedFile ?? ''),
    await agent.folder.write('second', second?.encryptedFile ?? ''),
  ];
  const askpass = await agent.folder.write(
    'ask',
    `#!/bin/sh\necho "$1" >>"$0.log"\ntest -e "$0.2" && echo ${samplePassphrase} || { : >"$0.2"; echo wrong; }\n`,
    0o755,
  );
  const env = { SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: 'force' };
  const result = await ours(agent)(['-c', ...paths], '', env);
  assert.match(
    result.stderr,
    /^Identity added: .*first \(sample of ed25519\)\nThe user must confirm each use of the key\n/,
  );
  assert.equal(result.code, 0);
  const asked = readFileSync(`${askpass}.log`, 'utf8').replaceAll(agent.folder.path, '');
  const of = 'for /first (will confirm each use): \n';
  assert.equal(asked, `Enter passphrase ${of}Bad passphrase, try again ${of}`);
  assert.equal((await new AgentClient(agent.path).identities()).length, 2);
});

test('an empty passphrase gives up a key, and the next one is added', async () => {
  await using agent = await AgentFixture.start({ module: agentModule });
  const locked = await agent.folder.write('locked', keySamples[0]?.encryptedFile ?? '');
  const open = await agent.folder.write('open', keySamples[1]?.privateFile ?? '');
  const askpass = await agent.folder.write('ask', '#!/bin/sh\necho\n', 0o755);
  const env = { SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: 'force' };
  const result = await ours(agent)([locked, open], '', env);
  assert.equal(transcript(result), `Identity added: ${open} (sample of ecdsa256)\n[1]`);
});

test('keys come from the default files and from stdin, and a file that others can read is refused', async () => {
  await using agent = await AgentFixture.start({ module: agentModule });
  const run = ours(agent);
  const text = keySamples[0]?.privateFile ?? '';
  assert.equal(transcript(await run(['-'], text)), 'Identity added: (stdin) (sample of ed25519)\n[0]');
  assert.equal(transcript(await run(['-'], 'no key')), 'Error loading key "(stdin)": invalid format\n[1]');
  const unsupported = 'Error loading key "(stdin)": unknown or unsupported key type\n[1]';
  assert.equal(transcript(await run(['-'], dsaSample.privateFile)), unsupported);
  const exposed = await agent.folder.write('exposed', text, 0o644);
  const refused = await run([exposed]);
  assert.match(refused.stderr, /UNPROTECTED PRIVATE KEY FILE/);
  assert.equal(refused.code, 1);
  const publicLine = keySamples[0]?.publicLine ?? '';
  assert.equal(transcript(await run(['-q', '-d', '-'], `# a comment\n\n${publicLine}\n`)), '[0]');
  assert.equal(transcript(await run(['-d', '-'], 'nonsense\n')), `${messages.badLine(1)}\n[1]`);
});

test('a certificate lives five minutes longer than it is valid, unless -N is given', stock, async () => {
  await using agent = await AgentFixture.start({ module: agentModule });
  const path = await makeKey(agent, 'key');
  const sign = ['-q', '-s', path, '-I', 'an id', '-n', 'me', '-V', '-1h:+10m', `${path}.pub`];
  await runProgram(programPath('ssh-keygen'), sign);
  const limited = await ours(agent)(['-C', path]);
  const [, seconds] = /^Certificate added: .* \(an id\)\nLifetime set to (\d+) seconds\n$/.exec(limited.stderr) ?? [];
  assert.ok(Number(seconds) > 840 && Number(seconds) <= 900, limited.stderr);
  assert.equal((await new AgentClient(agent.path).identities()).length, 1);
  assert.match((await ours(agent)(['-N', '-C', path])).stderr, /^Certificate added: .*\n$/);
  assert.match((await ours(agent)(['-t', '60', '-C', path])).stderr, /Lifetime set to 60 seconds\n$/);
});

test('destinations are hosts with their keys from known_hosts, hop by hop', async () => {
  await using agent = await AgentFixture.start({ module: agentModule });
  const [first, second] = keySamples.map(({ publicLine }) => publicLine.split(' ').slice(0, 2).join(' '));
  const hosts = await agent.folder.write('hosts', `a.example ${first}\n@cert-authority *.example ${second}\n`);
  const key = await agent.folder.write('key', keySamples[0]?.privateFile ?? '');
  const run = ours(agent);
  const add = (...hops: readonly string[]): Promise<ProgramResult> =>
    run(['-q', '-H', hosts, ...hops.flatMap((hop) => ['-h', hop]), key]);
  assert.equal(transcript(await add('alice@A.example', 'a.example>bob@b.example')), '[0]');
  assert.equal(transcript(await add('c.test')), `${messages.noHostKeys('c.test')}\n[255]`);
  assert.equal(
    transcript(await add('x@a.example>b.example')),
    `${messages.userAtOrigin('x@a.example>b.example')}\n[255]`,
  );
  assert.equal(transcript(await add('alice@')), `${messages.badDestination('alice@')}\n[255]`);
  const client = new AgentClient(agent.path);
  const [identity] = await client.identities();
  assert.ok(identity !== undefined);
  const what = { algorithm: 'ssh-ed25519', data: Buffer.from('x') };
  assert.equal(await client.sign(identity.key, what), undefined, 'no login, so no signature');
});

test('an agent is locked and unlocked, and says what it can do', async () => {
  await using agent = await AgentFixture.start({ module: agentModule });
  const run = ours(agent);
  assert.equal(transcript(await run(['-x'], 'a\nb\n')), 'Enter lock password: Again: Passwords do not match.\n[1]');
  assert.equal(transcript(await run(['-x'], 'a\na\n')), 'Enter lock password: Again: Agent locked.\n[0]');
  const failed = 'Enter lock password: Failed to unlock agent: agent refused operation\n[1]';
  assert.equal(transcript(await run(['-X'], 'b\n')), failed);
  assert.equal(transcript(await run(['-X'], 'a\n')), 'Enter lock password: Agent unlocked.\n[0]');
  assert.equal(transcript(await run(['-Q'])), 'query\nsession-bind@openssh.com\n[0]');
});

test('keys of tokens are asked for with every constraint, and our agent has none', async () => {
  await using agent = await AgentFixture.start({ module: agentModule });
  const run = ours(agent);
  const failed = messages.tokenFailed('add', '/usr/lib/none.so', 'agent refused operation');
  assert.equal(
    transcript(await run(['-s', '/usr/lib/none.so'], '1234\n')),
    `Enter passphrase for PKCS#11: ${failed}\n[1]`,
  );
  const removing = messages.tokenFailed('remove', '/usr/lib/none.so', 'agent refused operation');
  assert.equal(transcript(await run(['-e', '/usr/lib/none.so'])), `${removing}\n[1]`);
  const none = transcript(await run(['-K', '-S', '/nonexistent.so'], '1234\n', { SSH_SK_HELPER: '/bin/false' }));
  assert.match(none, /^Enter PIN for authenticator: .*Unable to load resident keys: ssh-sk-helper has ended\n\[1\]$/s);
});
