import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { frameAgentMessage } from '@sallyport/protocol/agent/framing';
import { decodeIdentities, requestIdentities } from '@sallyport/protocol/agent/messages';
import { PrivateKey } from '@sallyport/protocol/keys/private-key';
import type { ServerStackEvent } from '@sallyport/protocol/stack/events';
import { AgentFixture } from '@sallyport/testing/agent-fixture';
import { MemoryServer } from '@sallyport/testing/memory-server';
import { OpensshFixture } from '@sallyport/testing/openssh-fixture';
import { programPath, skipUnless } from '@sallyport/testing/peers';
import { type ProgramResult, runProgram } from '@sallyport/testing/program';
import { runMain } from '@sallyport/testing/program-main';
import { clientOptions } from '@sallyport/testing/stack-pair';
import { AgentClient } from 'sallyport/agent/agent-client';
import { openConnection } from '../open-connection.ts';
import { forwardAgent } from './agent-forward.ts';

const crypto = createCryptoProvider();
const agentModule = import.meta.resolve('@sallyport/programs/ssh-agent/main');
const sshModule = import.meta.resolve('@sallyport/programs/ssh/main');
const addModule = import.meta.resolve('@sallyport/programs/ssh-add/main');
const stock = skipUnless('openssh-server', 'openssh-agent');
const newKey = (): PrivateKey => new PrivateKey(crypto.generateKey('ed25519'));

/** What the agent answers to a list over a channel that the server opens; undefined when the channel is refused. */
async function listOverChannel(path: string, channelType = 'auth-agent@openssh.com'): Promise<number | undefined> {
  let settle: (answer: Uint8Array | undefined) => void = () => undefined;
  const answered = new Promise<Uint8Array | undefined>((resolve) => {
    settle = resolve;
  });
  const request = frameAgentMessage(requestIdentities.encode({}));
  const onEvent = (event: ServerStackEvent, server: MemoryServer): boolean => {
    if (event.protocol !== 'connection') return false;
    if (event.type === 'channel-opened') {
      server.perform({ protocol: 'connection', type: 'send-data', channel: event.channel, data: request });
    } else if (event.type === 'channel-refused') settle(undefined);
    else if (event.type === 'data-received') settle(event.data.slice(4));
    return true;
  };
  const server = new MemoryServer({ crypto, onEvent });
  const opened = await openConnection({
    stream: server.stream,
    stack: clientOptions({ crypto, client: { now: performance.now() } }),
    judgeHostKey: () => true,
    login: { learn: () => undefined, answer: () => Promise.resolve({ type: 'attempt', attempt: { method: 'none' } }) },
    log: () => undefined,
  });
  assert.ok('port' in opened);
  forwardAgent(opened.port, { path, session: opened.session, log: () => undefined });
  const channel = server.reserveChannel();
  const fields = new Uint8Array(0);
  server.perform({ protocol: 'connection', type: 'open-channel', channel, channelType, fields });
  const answer = await answered;
  opened.port.end();
  await server.closed;
  return answer === undefined ? undefined : decodeIdentities(answer).length;
}

test('each channel is a connection to the agent that knows its host: keys for elsewhere are hidden', async () => {
  await using agent = await AgentFixture.start({ module: agentModule });
  const client = new AgentClient(agent.path);
  await client.add(newKey());
  const to = { host: 'elsewhere', keys: [{ key: newKey().publicKey.blob, isAuthority: false }] };
  await client.add(newKey(), { constraints: { destinations: [{ to }] } });
  assert.equal((await client.identities()).length, 2);
  assert.equal(await listOverChannel(agent.path), 1);
  assert.equal(await listOverChannel(agent.path, 'agent-connect'), 1);
  assert.equal(await listOverChannel(agent.path, 'agent@example.org'), undefined);
});

test('without an agent nothing is forwarded, and a channel that the server wants all the same is refused', async () => {
  assert.equal(await listOverChannel('/nonexistent/agent'), undefined);
});

async function withAgents(
  work: (parts: {
    readonly agent: AgentFixture;
    readonly ssh: (args: readonly string[], settings?: readonly string[]) => Promise<ProgramResult>;
    readonly add: (args: readonly string[]) => Promise<ProgramResult>;
    readonly fixture: OpensshFixture;
    readonly knownHosts: string;
    readonly host: string;
  }) => Promise<void>,
): Promise<void> {
  for (const options of [{ module: agentModule }, {}]) {
    await using agent = await AgentFixture.start(options);
    await using fixture = await OpensshFixture.create();
    await using server = await fixture.startServer();
    const env = agent.env;
    const settings = (more: readonly string[]): string[] =>
      fixture.clientArguments(server, ['IdentityAgent=SSH_AUTH_SOCK', 'IdentitiesOnly=no', ...more]);
    await work({
      agent,
      fixture,
      ssh: ([command = '', ...flags], more = []) => runMain(sshModule, [...flags, ...settings(more), command], { env }),
      add: (args) => runMain(addModule, args, { env }),
      knownHosts: server.knownHosts,
      host: `[${server.host}]:${server.port}`,
    });
  }
}

test('-A lets a program on the stock server use the agent, ours and the stock one', stock, async () => {
  await withAgents(async ({ agent, ssh, fixture, add }) => {
    assert.equal((await add(['-q', fixture.userKey.path])).code, 0);
    const command = `${programPath('ssh-add')} -l`;
    const forwarded = await ssh([command, '-A']);
    assert.match(forwarded.stdout.toString(), /^256 SHA256:\S+ .* \(ED25519\)\n$/, forwarded.stderr);
    const byPath = await ssh([command, '-o', `ForwardAgent=${agent.path}`]);
    assert.equal(byPath.code, 0);
    assert.equal((await ssh([command])).code, 2, 'not forwarded');
    assert.equal((await ssh([command, '-A', '-a'])).code, 2, '-a takes it back');
  });
});

test(
  'a key that is constrained to a host logs in there, by its key in known_hosts, and nowhere else',
  stock,
  async () => {
    await withAgents(async ({ ssh, add, fixture, knownHosts, host }) => {
      const onlyAgent = ['IdentityFile=none'];
      const constrain = (destination: string): Promise<ProgramResult> =>
        add(['-q', '-H', knownHosts, '-h', destination, fixture.userKey.path]);
      assert.equal((await constrain(host)).code, 0);
      assert.equal((await ssh(['exit 5'], onlyAgent)).code, 5);
      assert.equal((await constrain(`somebody-else@${host}`)).code, 0);
      assert.equal((await ssh(['exit 5'], onlyAgent)).code, 255);
    });
  },
);

test(
  'AddKeysToAgent gives the agent the key that was opened, with a lifetime, and only after a yes',
  stock,
  async () => {
    await withAgents(async ({ agent, ssh }) => {
      const client = new AgentClient(agent.path);
      const count = async (): Promise<number> => (await client.identities()).length;
      assert.equal((await ssh(['exit 0'], ['AddKeysToAgent=ask'])).code, 0);
      assert.equal(await count(), 0, 'nobody said yes');
      assert.equal((await ssh(['exit 0'], ['AddKeysToAgent=10m'])).code, 0);
      assert.equal(await count(), 1);
      await client.removeAll();
      assert.equal((await ssh(['exit 0'], ['AddKeysToAgent=yes'])).code, 0);
      assert.equal(await count(), 1);
      const list = await runProgram(programPath('ssh-add'), ['-l'], { env: agent.env });
      assert.equal(list.code, 0);
    });
  },
);
