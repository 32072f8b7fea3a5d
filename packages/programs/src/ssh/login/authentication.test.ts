import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { defaultSignatureAlgorithms } from '@sallyport/protocol/algorithms/signatures';
import { PrivateKey } from '@sallyport/protocol/keys/private-key';
import type { LogSink } from '@sallyport/protocol/log/log';
import type { ServerStackEvent } from '@sallyport/protocol/stack/events';
import { utf8Decode, utf8Encode } from '@sallyport/protocol/wire/utf8';
import type { MemoryServerOptions } from '@sallyport/testing/memory-server';
import { MemoryServer } from '@sallyport/testing/memory-server';
import { clientOptions } from '@sallyport/testing/stack-pair';
import type { ConnectionEnd } from '../connection-port.ts';
import type { OpenedConnection } from '../open-connection.ts';
import { openConnection } from '../open-connection.ts';
import type { AuthenticationOptions } from './authentication.ts';
import { Authentication } from './authentication.ts';
import type { CandidateKey } from './candidate-key.ts';
import type { PublicKeysOptions } from './public-keys.ts';
import { PublicKeys } from './public-keys.ts';
import type { VouchingKeysOptions } from './vouching-keys.ts';
import { VouchingKeys } from './vouching-keys.ts';

const crypto = createCryptoProvider();

type Asked = Extract<ServerStackEvent, { readonly type: 'authentication-requested' }>;
type Answer = 'accept' | 'accept-key' | readonly string[] | ((server: MemoryServer, event: Asked) => void);

interface Setup {
  /** What the server does with each request, in order; accept-key first where it is a query. */
  readonly answers: readonly Answer[];
  readonly typed?: readonly string[];
  readonly keys?: readonly CandidateKey[];
  readonly authentication?: Partial<AuthenticationOptions>;
  readonly publicKeys?: Partial<PublicKeysOptions>;
  readonly vouching?: Partial<VouchingKeysOptions>;
  readonly server?: MemoryServerOptions['server'];
}

interface Outcome {
  readonly result: OpenedConnection | ConnectionEnd;
  /** What the server was asked, in a word or two. */
  readonly requests: readonly string[];
  readonly lines: readonly string[];
  readonly asked: readonly string[];
  readonly banners: readonly string[];
}

/** A whole login of somebody@example.org in memory. */
async function login(setup: Setup): Promise<Outcome> {
  const requests: string[] = [];
  const lines: string[] = [];
  const asked: string[] = [];
  const banners: string[] = [];
  const answers = [...setup.answers];
  const typed = [...(setup.typed ?? [])];
  const log: LogSink = (level, line) => lines.push(`${level}: ${line}`);
  const server = new MemoryServer({
    crypto,
    ...(setup.server === undefined ? {} : { server: setup.server }),
    onEvent: (event, self) => {
      if (event.type !== 'authentication-requested') return false;
      requests.push(describe(event));
      answerWith(answers.shift() ?? [], self, event);
      return true;
    },
  });
  const publicKeys = new PublicKeys({
    crypto,
    keys: setup.keys ?? [],
    algorithms: defaultSignatureAlgorithms,
    hostBound: true,
    log,
    ...setup.publicKeys,
  });
  const result = await openConnection({
    stream: server.stream,
    stack: clientOptions({ crypto, client: { now: performance.now() } }),
    judgeHostKey: () => true,
    log,
    login: new Authentication({
      names: { user: 'somebody', host: 'example.org' },
      publicKeys,
      vouchingKeys: () => Promise.resolve(vouchingKeys({ log, ...setup.vouching })),
      preferred: ['hostbased', 'publickey', 'keyboard-interactive', 'password'],
      enabled: ['hostbased', 'publickey', 'keyboard-interactive', 'password'],
      batchMode: false,
      passwordPrompts: 3,
      devices: '',
      ask: async (prompt, { echo }) => {
        asked.push(`${prompt}${echo ? '(shown)' : ''}`);
        return utf8Encode(typed.shift() ?? '');
      },
      showBanner: (text) => banners.push(text),
      log,
      ...setup.authentication,
    }),
  });
  server.destroy();
  const said = lines.filter((line) => /^(error|info|fatal|verbose|debug1: (Off|Serv|Try|Auth|Next|No ))/.test(line));
  return { result, requests, lines: said, asked, banners };
}

function vouchingKeys(options: Pick<VouchingKeysOptions, 'log'> & Partial<VouchingKeysOptions>): VouchingKeys {
  return new VouchingKeys({
    crypto,
    keys: [],
    algorithms: defaultSignatureAlgorithms,
    clientUser: 'local',
    hostName: () => 'client.test',
    sign: () => Promise.resolve({ kind: 'absent' }),
    missing: { keys: 'no host keys', signer: 'nobody signs' },
    ...options,
  });
}

function describe({ request }: Asked): string {
  switch (request.method) {
    case 'publickey':
    case 'publickey-query':
      return `${request.method} ${request.algorithm}${request.hostBound ? ' bound' : ''}`;
    case 'password': {
      const changed = request.newPassword === undefined ? '' : ` ${utf8Decode(request.newPassword)}`;
      return `password ${utf8Decode(request.password)}${changed}`;
    }
    case 'keyboard-interactive':
      return `keyboard-interactive ${request.submethods}`;
    case 'keyboard-interactive-responses':
      return `responses ${request.responses.map(utf8Decode).join(' ')}`;
    case 'hostbased':
      return `hostbased ${request.algorithm} ${request.clientUser} ${request.clientHost} ${request.signature.length}`;
    default:
      return request.method;
  }
}

function answerWith(answer: Answer, server: MemoryServer, event: Asked): void {
  if (typeof answer === 'function') answer(server, event);
  else if (answer === 'accept') server.perform({ protocol: 'userauth', type: 'accept' });
  else if (answer === 'accept-key') server.perform({ protocol: 'userauth', type: 'accept-key' });
  else server.perform({ protocol: 'userauth', type: 'refuse', methods: answer, counts: false });
}

function keyInMemory(name: string, key = new PrivateKey(crypto.generateKey('ed25519'))): CandidateKey {
  return {
    name,
    source: 'file',
    isExplicit: false,
    publicKey: key.publicKey.blob,
    sign: (algorithm, data) => key.sign(crypto, algorithm, data),
  };
}

function hostKey(type: 'ed25519' | 'ecdsa'): PrivateKey {
  return new PrivateKey(
    type === 'ed25519' ? crypto.generateKey(type) : crypto.generateKey(type, { curve: 'nistp256' }),
  );
}

const isOpen = ({ result }: Outcome): boolean => 'port' in result;
const hidden = (lines: readonly string[]): string[] => lines.map((line) => line.replace(/SHA256:\S+/, 'FP'));

test('a login asks with the method none first (RFC 4252 section 5.2)', async () => {
  const outcome = await login({ answers: ['accept'] });
  assert.ok(isOpen(outcome));
  assert.deepEqual(outcome.requests, ['none']);
});

test('keys are offered in order, and only the one that the server takes signs (RFC 4252 section 7)', async () => {
  const keys = [keyInMemory('/k/one'), { ...keyInMemory('two'), source: 'agent' as const, isExplicit: true }];
  const outcome = await login({ answers: [['publickey'], ['publickey'], 'accept-key', 'accept'], keys });
  assert.ok(isOpen(outcome));
  assert.deepEqual(outcome.requests, [
    'none',
    'publickey-query ssh-ed25519 bound',
    'publickey-query ssh-ed25519 bound',
    'publickey ssh-ed25519 bound',
  ]);
  assert.deepEqual(hidden(outcome.lines), [
    'debug1: Authentications that can continue: publickey',
    'debug1: Next authentication method: publickey',
    'debug1: Offering public key: /k/one ED25519 FP',
    'debug1: Authentications that can continue: publickey',
    'debug1: Offering public key: two ED25519 FP explicit agent',
    'debug1: Server accepts key: two ED25519 FP explicit agent',
  ]);
});

test('the first key is asked about beside none where there is nothing but keys', async () => {
  const outcome = await login({
    answers: [['password'], 'accept-key'],
    keys: [keyInMemory('/k/one')],
    authentication: { preferred: ['publickey', 'password'], batchMode: true },
  });
  assert.ok(!isOpen(outcome));
  assert.deepEqual(outcome.requests, ['none', 'publickey-query ssh-ed25519 bound']);
  assert.deepEqual(hidden(outcome.lines), [
    'debug1: Authentications that can continue: password',
    'debug1: No more authentication methods to try.',
    'fatal: somebody@example.org: Permission denied (password).',
  ]);
});

test('no key is asked about unasked while a password may be tried: it counts as a failure (MaxAuthTries)', async () => {
  const outcome = await login({
    answers: [['password'], 'accept'],
    keys: [keyInMemory('/k/one')],
    typed: ['word'],
    authentication: { preferred: ['publickey', 'password'] },
  });
  assert.ok(isOpen(outcome));
  assert.deepEqual(outcome.requests, ['none', 'password word']);
});

test('host keys vouch for the user before keys of the user are offered (RFC 4252 section 9)', async () => {
  const [first, second] = [hostKey('ed25519'), hostKey('ecdsa')];
  const signed: Uint8Array[] = [];
  const outcome = await login({
    answers: [['publickey', 'hostbased'], ['publickey', 'hostbased'], 'accept'],
    keys: [keyInMemory('/k/one')],
    vouching: {
      keys: [second.publicKey, first.publicKey],
      sign: (data) => {
        signed.push(data);
        return Promise.resolve({ kind: 'signed', signature: new Uint8Array(5) });
      },
    },
  });
  assert.ok(isOpen(outcome));
  assert.deepEqual(outcome.requests, [
    'none',
    'hostbased ssh-ed25519 local client.test. 5',
    'hostbased ecdsa-sha2-nistp256 local client.test. 5',
  ]);
  assert.equal(signed.length, 2);
  assert.notDeepEqual(signed[0], signed[1]);
});

test('a host key that nobody signs with is passed over, and the user is told why', async () => {
  const outcome = await login({
    answers: [['publickey', 'hostbased'], 'accept-key', 'accept'],
    keys: [keyInMemory('/k/one')],
    vouching: { keys: [hostKey('ed25519').publicKey, hostKey('ecdsa').publicKey] },
  });
  assert.ok(isOpen(outcome));
  assert.deepEqual(outcome.requests.slice(1), ['publickey-query ssh-ed25519 bound', 'publickey ssh-ed25519 bound']);
  const errors = hidden(outcome.lines).filter((line) => line.startsWith('error'));
  assert.deepEqual(errors, ['error: sign using hostkey ssh-ed25519 FP failed: nobody signs']);
});

test('a login ends with what the server would still take when every key was tried', async () => {
  const keys = [keyInMemory('/k/one')];
  const outcome = await login({
    answers: [
      ['publickey', 'hostbased'],
      ['publickey', 'hostbased'],
    ],
    keys,
  });
  assert.deepEqual(outcome.requests, ['none', 'publickey-query ssh-ed25519 bound']);
  assert.deepEqual(outcome.lines.slice(-2), [
    'debug1: No more authentication methods to try.',
    'fatal: somebody@example.org: Permission denied (publickey,hostbased).',
  ]);
  const { phase, cause } = outcome.result as ConnectionEnd;
  assert.equal(phase, 'authentication');
  assert.equal(cause.type === 'failed' && cause.failure.code, 'authentication-failed');
});

test('a key that cannot sign is passed over, and host-bound signatures can be switched off', async () => {
  const sealed = { ...keyInMemory('/k/sealed'), sign: () => undefined };
  const answers: readonly Answer[] = [['publickey'], 'accept-key', 'accept-key', 'accept'];
  const keys = [sealed, keyInMemory('/k/two')];
  const outcome = await login({ answers, keys, publicKeys: { hostBound: false } });
  assert.ok(isOpen(outcome));
  const query = 'publickey-query ssh-ed25519';
  assert.deepEqual(outcome.requests, ['none', query, query, 'publickey ssh-ed25519']);
  assert.ok(!outcome.lines.some((line) => line.startsWith('error')));
});

test('an RSA key signs with the best algorithm that the server announces (RFC 8332 section 3.3)', async () => {
  const rsa = keyInMemory('/k/rsa', new PrivateKey(crypto.generateKey('rsa', { bits: 2048 })));
  const answers: readonly Answer[] = [['publickey'], 'accept-key', 'accept'];
  const server = { signatureAlgorithms: ['ssh-ed25519', 'rsa-sha2-256'] };
  const outcome = await login({ answers, keys: [rsa], server });
  assert.deepEqual(outcome.requests.slice(1), ['publickey-query rsa-sha2-256 bound', 'publickey rsa-sha2-256 bound']);
  const none = await login({ answers: [['publickey']], keys: [rsa], server: { signatureAlgorithms: ['ssh-rsa'] } });
  assert.deepEqual(none.requests, ['none']);
  const broken = { ...keyInMemory('broken'), publicKey: Uint8Array.of(1, 2) };
  assert.deepEqual((await login({ answers: [['publickey']], keys: [broken] })).requests, ['none']);
});

test('a server that announces no algorithms gets SHA-1 where the list has it, and SHA-2 otherwise', () => {
  const keys = [keyInMemory('/k/rsa', new PrivateKey(crypto.generateKey('rsa', { bits: 1024 })))];
  const offered = (algorithms: readonly string[], announced?: string): string | undefined => {
    const offer = new PublicKeys({ crypto, keys, algorithms, hostBound: true, log: () => undefined });
    if (announced !== undefined) offer.learn(new Map([['server-sig-algs', utf8Encode(announced)]]));
    const attempt = offer.next();
    return attempt?.method === 'publickey' ? attempt.algorithm : undefined;
  };
  assert.equal(offered(['rsa-sha2-512', 'ssh-rsa']), 'ssh-rsa');
  assert.equal(offered(['rsa-sha2-512', 'ssh-rsa'], 'ssh-rsa,rsa-sha2-512'), 'rsa-sha2-512');
  assert.equal(offered(defaultSignatureAlgorithms), 'rsa-sha2-512');
  assert.equal(offered(defaultSignatureAlgorithms, 'ssh-rsa'), undefined);
});

test('an agent that refuses to sign is told about, and the next key is tried', async () => {
  const refusing = { ...keyInMemory('c@h\n'), source: 'agent' as const, sign: () => Promise.resolve(undefined) };
  const answers: readonly Answer[] = [['publickey'], 'accept-key', 'accept-key', 'accept'];
  const outcome = await login({ answers, keys: [refusing, keyInMemory('/k/two')] });
  assert.ok(isOpen(outcome));
  const [error] = outcome.lines.filter((line) => line.startsWith('error'));
  assert.equal(
    error,
    'error: sign_and_send_pubkey: signing failed for ED25519 "c@h\\012" from agent: agent refused operation',
  );
});

test('a password is asked for NumberOfPasswordPrompts times (RFC 4252 section 8)', async () => {
  const only: Answer = ['password'];
  const outcome = await login({ answers: [only, only, only, only], typed: ['a', 'b', 'c', 'd'] });
  assert.deepEqual(outcome.requests, ['none', 'password a', 'password b', 'password c']);
  assert.deepEqual(new Set(outcome.asked), new Set(["somebody@example.org's password: "]));
  const denied = 'error: Permission denied, please try again.';
  assert.deepEqual(
    outcome.lines.filter((line) => !line.startsWith('debug')),
    [denied, denied, 'fatal: somebody@example.org: Permission denied (password).'],
  );
});

test('in batch mode nothing is asked', async () => {
  const authentication = { batchMode: true };
  const outcome = await login({ answers: [['password', 'keyboard-interactive']], authentication });
  assert.deepEqual(outcome.requests, ['none']);
  assert.deepEqual(outcome.asked, []);
});

test('the order of methods is the one of PreferredAuthentications', async () => {
  const authentication = { preferred: ['password', 'gssapi-with-mic', 'publickey'] };
  const answers: readonly Answer[] = [['publickey', 'password'], 'accept'];
  const outcome = await login({ answers, authentication, keys: [keyInMemory('/k/one')], typed: ['p'] });
  assert.deepEqual(outcome.requests, ['none', 'password p']);
});

test('the rounds of keyboard-interactive are answered with what is typed (RFC 4256 section 3)', async () => {
  const ask =
    (...prompts: readonly { readonly text: string; readonly echo: boolean }[]): Answer =>
    (server) =>
      server.perform({
        protocol: 'userauth',
        type: 'ask-responses',
        name: 'Name\u001b',
        instruction: 'two\nlines',
        prompts,
      });
  const both = ask({ text: 'Password: ', echo: false }, { text: 'Code:\u0007 ', echo: true });
  const answers = [['keyboard-interactive'], both, ask(), ask({ text: 'Again: ', echo: false }), 'accept'] as const;
  const typed = ['one', 'two', 'three'];
  const outcome = await login({ answers, typed, authentication: { devices: 'pam' } });
  assert.ok(isOpen(outcome));
  assert.deepEqual(outcome.requests.slice(1), [
    'keyboard-interactive pam',
    'responses one two',
    'responses ',
    'responses three',
  ]);
  assert.deepEqual(outcome.asked, [
    '(somebody@example.org) Password: ',
    '(somebody@example.org) Code:\\007 (shown)',
    '(somebody@example.org) Again: ',
  ]);
  assert.ok(outcome.lines.includes('info: Name\\033'));
  assert.ok(outcome.lines.includes('info: two\nlines'));
});

test('keyboard-interactive is not asked for again when the server had no question', async () => {
  const outcome = await login({ answers: [['keyboard-interactive'], ['keyboard-interactive']] });
  assert.deepEqual(outcome.requests, ['none', 'keyboard-interactive ']);
});

test('after a partial success the next method goes on (RFC 4252 section 5.1)', async () => {
  const partly: Answer = (server) =>
    server.perform({ protocol: 'userauth', type: 'accept', remaining: ['password', 'publickey'] });
  const answers: readonly Answer[] = [['publickey'], 'accept-key', partly, ['publickey', 'password'], 'accept'];
  const authentication = { preferred: ['publickey', 'password'] };
  const outcome = await login({ answers, keys: [keyInMemory('/k/one')], typed: ['p'], authentication });
  assert.ok(isOpen(outcome));
  assert.ok(outcome.lines.includes('verbose: Authenticated using "publickey" with partial success.'));
  assert.deepEqual(outcome.requests.slice(3), ['publickey-query ssh-ed25519 bound', 'password p']);
});

test('a password that must be changed is asked for until both are the same (RFC 4252 section 8)', async () => {
  const change: Answer = (server) =>
    server.perform({ protocol: 'userauth', type: 'ask-password-change', prompt: 'Too old' });
  const typed = ['p', 'old', 'new', 'typo', 'new', 'new'];
  const outcome = await login({ answers: [['password'], change, 'accept'], typed });
  assert.ok(isOpen(outcome));
  assert.deepEqual(outcome.requests, ['none', 'password p', 'password old new']);
  assert.deepEqual(outcome.asked.slice(1, 4), [
    "Enter somebody@example.org's old password: ",
    "Enter somebody@example.org's new password: ",
    "Retype somebody@example.org's new password: ",
  ]);
  assert.ok(outcome.lines.includes('info: Mismatch; try again, EOF to quit.'));
  const refused = await login({ answers: [['password'], change, ['password']], typed: ['p', 'old', ''] });
  assert.deepEqual(refused.requests.slice(0, 3), ['none', 'password p', 'password ']);
});

test('the banner is shown with its lines and without what could harm a terminal (RFC 4252 section 5.4)', async () => {
  const greet: Answer = (server) => {
    server.perform({ protocol: 'userauth', type: 'send-banner', text: 'Hi\tthere\r\n\u001b[2Jé\n' });
    server.perform({ protocol: 'userauth', type: 'accept' });
  };
  assert.deepEqual((await login({ answers: [greet] })).banners, ['Hi\tthere\r\n\\033[2Jé\n']);
});
