import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { completeSshOptions } from '@sallyport/protocol/config/defaults';
import { ownAlgorithms } from '@sallyport/protocol/config/own-algorithms';
import type { SshSettings } from '@sallyport/protocol/config/ssh-keywords';
import type { Certificate } from '@sallyport/protocol/keys/certificate';
import { encodeOpensshKeyV1 } from '@sallyport/protocol/keys/formats/openssh-key-v1';
import { formatPublicLine } from '@sallyport/protocol/keys/formats/public-line';
import { PrivateKey } from '@sallyport/protocol/keys/private-key';
import { decodePublicKey, verifySignature } from '@sallyport/protocol/keys/public-key';
import { utf8Encode } from '@sallyport/protocol/wire/utf8';
import { AgentFixture } from '@sallyport/testing/agent-fixture';
import { certify } from '@sallyport/testing/certify';
import { programPath, skipUnless } from '@sallyport/testing/peers';
import { runProgram } from '@sallyport/testing/program';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import { AgentSession } from 'sallyport/agent/agent-session';
import { agentSocket } from './agent-socket.ts';
import { listIdentities } from './identities.ts';
import { KeyFile } from './key-file.ts';
import type { CandidateKey } from './login/candidate-key.ts';

const crypto = createCryptoProvider();
const newKey = (comment: string): PrivateKey => new PrivateKey(crypto.generateKey('ed25519'), comment);

interface Trial {
  readonly folder: TemporaryFolder;
  readonly said: string[];
  readonly prompts: string[];
  list(settings: SshSettings, socket?: string): Promise<CandidateKey[]>;
  key(name: string, passphrase?: string): Promise<PrivateKey>;
}

async function trial(answers: string[] = []): Promise<Trial> {
  const folder = await TemporaryFolder.create();
  const said: string[] = [];
  const prompts: string[] = [];
  return {
    folder,
    said,
    prompts,
    list: (settings, socket) =>
      listIdentities({
        crypto,
        log: (level, text) => said.push(`${level}: ${text}`),
        environment: socket === undefined ? {} : { SSH_AUTH_SOCK: socket },
        agent: socket === undefined ? undefined : new AgentSession(socket),
        plan: {
          options: completeSshOptions({ IdentityFile: ['none'], ...settings }, ownAlgorithms('client')),
          expansion: { tokens: { r: 'user' }, environment: () => undefined, home: () => folder.path },
          mentioned: Object.entries(settings).map(([name, value]) => ({ name, value })),
        },
        askPassphrase: (prompt) => {
          prompts.push(prompt);
          const answer = answers.shift();
          return Promise.resolve(answer === undefined ? undefined : utf8Encode(answer));
        },
      }),
    key: async (name, passphrase) => {
      const key = newKey(name);
      const options = passphrase === undefined ? {} : { passphrase: utf8Encode(passphrase), rounds: 1 };
      await folder.write(name, encodeOpensshKeyV1(crypto, key, options));
      return key;
    },
  };
}

const data = utf8Encode('data');
const agentThere = skipUnless('openssh-agent');

/** With the stock agent, which holds the keys of these files. */
async function withAgent(one: Trial, names: readonly string[], use: (socket: string) => Promise<void>): Promise<void> {
  await using agent = await AgentFixture.start();
  const paths = names.map((name) => one.folder.file(name));
  const added = await runProgram(programPath('ssh-add'), paths, { env: agent.env });
  assert.equal(added.code, 0, added.stderr);
  await use(agent.path);
}

async function signs(identity: CandidateKey | undefined): Promise<boolean> {
  const signature = await identity?.sign('ssh-ed25519', data);
  if (identity === undefined || signature === undefined) return false;
  return verifySignature(crypto, { key: decodePublicKey(identity.publicKey), data, signature });
}

test('files are offered in order, each key once, and sign; missing ones are passed over', async () => {
  const one = await trial();
  await using _ = one.folder;
  const [a, b] = [await one.key('a'), await one.key('b-user')];
  const found = await one.list({ IdentityFile: ['~/b-%r', '~/missing', '~/a', one.folder.file('a')] });
  assert.deepEqual(
    found.map(({ publicKey }) => publicKey),
    [b, a].map((key) => key.publicKey.blob),
  );
  assert.deepEqual(
    found.map(({ source, isExplicit }) => [source, isExplicit]),
    [
      ['file', true],
      ['file', true],
    ],
  );
  assert.ok(await signs(found[0]));
  assert.deepEqual(one.prompts, []);
});

test('a passphrase is asked for when the key signs, as often as NumberOfPasswordPrompts says', async () => {
  const one = await trial(['wrong', 'secret']);
  await using _ = one.folder;
  await one.key('a', 'secret');
  const [identity] = await one.list({ IdentityFile: ['~/a'] });
  assert.deepEqual(one.prompts, []);
  assert.ok(await signs(identity));
  const prompt = `Enter passphrase for key '${one.folder.file('a')}': `;
  assert.deepEqual(one.prompts, [prompt, prompt]);
  assert.ok(await signs(identity), 'it is not asked for again');
});

test('without an answer, with wrong answers and in BatchMode a locked key does not sign', async () => {
  for (const [answers, settings] of [
    [[], {}],
    [['x', 'y', 'z', 'secret'], {}],
    [['secret'], { BatchMode: true }],
  ] as const) {
    const one = await trial([...answers]);
    await using _ = one.folder;
    await one.key('a', 'secret');
    const [identity] = await one.list({ IdentityFile: ['~/a'], ...settings });
    assert.equal(await signs(identity), false);
    assert.equal(one.prompts.length, answers.length === 0 ? 1 : 'BatchMode' in settings ? 0 : 3);
  }
});

test('a private key that others may read is refused with a box, its public half beside it or not', async () => {
  const one = await trial();
  await using _ = one.folder;
  const key = newKey('open');
  const path = await one.folder.write('open', encodeOpensshKeyV1(crypto, key), 0o644);
  await one.list({ IdentityFile: [path] });
  assert.ok(one.said.includes('error: @         WARNING: UNPROTECTED PRIVATE KEY FILE!          @'));
  assert.ok(one.said.includes(`error: Load key "${path}": bad permissions`));
});

test('IdentityAgent names the socket', () => {
  const environment = { SSH_AUTH_SOCK: '/a', OTHER: '/b' };
  assert.equal(agentSocket(undefined, environment), '/a');
  assert.equal(agentSocket('SSH_AUTH_SOCK', environment), '/a');
  assert.equal(agentSocket('$OTHER', environment), '/b');
  assert.equal(agentSocket('/c', environment), '/c');
  assert.equal(agentSocket('none', environment), undefined);
  assert.equal(agentSocket(undefined, { SSH_AUTH_SOCK: '' }), undefined);
});

test('an agent that cannot be asked is passed over', async () => {
  const one = await trial();
  await using _ = one.folder;
  assert.deepEqual(await one.list({}, one.folder.file('no-agent')), []);
});

test(
  'keys of the agent that files name come first, then its others, then files; IdentitiesOnly drops the others',
  agentThere,
  async () => {
    const one = await trial();
    await using _ = one.folder;
    const [named, free, onlyFile] = [await one.key('named'), await one.key('free'), await one.key('only-file')];
    await one.folder.write('named.pub', `${formatPublicLine(named.publicKey)} named\n`);
    await withAgent(one, ['free', 'named'], async (socket) => {
      const files = { IdentityFile: ['~/only-file', '~/named.pub'] };
      const order = (await one.list(files, socket)).map(({ publicKey, source }) => [publicKey, source]);
      assert.deepEqual(order, [
        [named.publicKey.blob, 'agent'],
        [free.publicKey.blob, 'agent'],
        [onlyFile.publicKey.blob, 'file'],
      ]);
      const only = await one.list({ ...files, IdentitiesOnly: true }, socket);
      assert.deepEqual(
        only.map(({ source }) => source),
        ['agent', 'file'],
      );
      assert.ok(await signs(only[0]));
    });
  },
);

test('a name that no key belongs to has no public half and is no candidate', () => {
  const options = { BatchMode: false, NumberOfPasswordPrompts: 3, SecurityKeyProvider: 'internal' };
  const given = {
    crypto,
    environment: {},
    log: () => undefined,
    askPassphrase: () => Promise.resolve(undefined),
    options,
  };
  const file = new KeyFile('/nonexistent/key', { given, isExplicit: true });
  assert.equal(file.publicKey, undefined);
  assert.equal(file.candidate(), undefined);
});

function certificateOf({ publicKey: key }: PrivateKey, kind: 'user' | 'host' = 'user'): Promise<Certificate> {
  return certify(crypto, { key, authority: newKey('authority') }, { kind });
}

const blobs = (keys: readonly CandidateKey[]): readonly Uint8Array[] => keys.map(({ publicKey }) => publicKey);

test('a certificate beside a key is offered behind it and signs with it', async () => {
  const one = await trial();
  await using _ = one.folder;
  const [a, b] = [await one.key('a'), await one.key('b')];
  const certificate = await certificateOf(a);
  await one.folder.write('a-cert.pub', `${formatPublicLine(certificate)}\n`);
  const found = await one.list({ IdentityFile: ['~/a', '~/b'] });
  assert.deepEqual(blobs(found), [a.publicKey.blob, certificate.blob, b.publicKey.blob]);
  const signature = await found[1]?.sign('ssh-ed25519', data);
  assert.ok(signature);
  assert.ok(verifySignature(crypto, { key: a.publicKey, data, signature }));
});

test('CertificateFile comes first, turns off those beside keys, and needs a key and a certificate for users', async () => {
  const one = await trial();
  await using _ = one.folder;
  const [a, b] = [await one.key('a'), await one.key('b')];
  await one.folder.write('a-cert.pub', `${formatPublicLine(await certificateOf(a))}\n`);
  const named = await certificateOf(b);
  await one.folder.write('named', `${formatPublicLine(named)}\n`);
  await one.folder.write('stranger', `${formatPublicLine(await certificateOf(newKey('c')))}\n`);
  await one.folder.write('host', `${formatPublicLine(await certificateOf(a, 'host'))}\n`);
  const found = await one.list({
    IdentityFile: ['~/a', '~/b'],
    CertificateFile: ['~/named', '~/stranger', '~/host', '~/missing', '~/named'],
  });
  assert.deepEqual(blobs(found), [named.blob, a.publicKey.blob, b.publicKey.blob]);
  const path = (name: string): string => one.folder.file(name);
  assert.ok(one.said.includes(`debug1: no separate private key for certificate "${path('stranger')}"`));
  assert.ok(one.said.includes(`debug1: pubkey_prepare: ignoring certificate ${path('host')}: not a user certificate`));
  assert.ok(one.said.includes(`debug1: certificate file ${path('missing')} type -1`));
});

test(
  'a certificate of the agent is offered, once, and with IdentitiesOnly only when a file has it',
  agentThere,
  async () => {
    const one = await trial();
    await using _ = one.folder;
    const [a, b] = [await one.key('a'), await one.key('b')];
    const [ofA, ofB] = [await certificateOf(a), await certificateOf(b)];
    await one.folder.write('a-cert.pub', `${formatPublicLine(ofA)}\n`);
    await one.folder.write('b-cert.pub', `${formatPublicLine(ofB)}\n`);
    await withAgent(one, ['a', 'b'], async (socket) => {
      const IdentityFile = ['~/a'];
      const all = await one.list({ IdentityFile }, socket);
      assert.deepEqual(blobs(all), [a.publicKey.blob, ofA.blob, b.publicKey.blob, ofB.blob]);
      const only = await one.list({ IdentityFile, IdentitiesOnly: true }, socket);
      assert.deepEqual(blobs(only), [a.publicKey.blob, ofA.blob]);
      const signature = await only[1]?.sign('ssh-ed25519', data);
      assert.ok(signature && verifySignature(crypto, { key: a.publicKey, data, signature }));
    });
  },
);

test('a certificate in the place of the public file stands for the key', async () => {
  const one = await trial();
  await using _ = one.folder;
  const a = await one.key('a');
  const certificate = await certificateOf(a);
  await one.folder.write('a.pub', `${formatPublicLine(certificate)}\n`);
  const [identity, ...others] = await one.list({ IdentityFile: ['~/a'] });
  assert.deepEqual(identity?.publicKey, certificate.blob);
  assert.deepEqual(others, []);
  const signature = await identity?.sign('ssh-ed25519', data);
  assert.ok(signature && verifySignature(crypto, { key: a.publicKey, data, signature }));
});
