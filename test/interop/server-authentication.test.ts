// How the stock ssh proves itself to a server of the library: passwords, rounds of prompts, several methods together,
// keys with and without the host key in what they sign; and what it says when it is refused.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, test } from 'node:test';
import type { ProgramResult } from '@sallyport/testing';
import { OpensshFixture, skipUnless } from '@sallyport/testing';
import type { LoginPolicy, Server } from 'sallyport';
import { readPrivateKey } from 'sallyport';
import { startServer } from './support.ts';

const openssh = skipUnless('openssh-client');
// Without the stock programs all tests are skipped and nobody looks at it.
const fixture = openssh.skip === false ? await OpensshFixture.create() : ({} as OpensshFixture);
after(() => fixture[Symbol.asyncDispose]?.());

interface Login {
  readonly result: ProgramResult;
  /** What the client asked its user, in order. */
  readonly prompts: readonly string[];
}

/** Logs in with the stock ssh; the user answers its questions one after another. */
async function logIn(
  login: LoginPolicy,
  { answers = [], config = [], banner }: { answers?: string[]; config?: readonly string[]; banner?: string },
): Promise<Login> {
  const { path, publicLine } = await fixture.key('ed25519', 'host');
  const hostKeys = [await readPrivateKey(path)];
  await using server: Server = await startServer({ hostKeys, login, ...(banner === undefined ? {} : { banner }) });
  const name = `login-${server.port}`;
  await fixture.folder.write(`${name}.answers`, answers.map((answer) => `${answer}\n`).join(''));
  const asked = await fixture.folder.write(`${name}.asked`, '');
  const file = fixture.folder.file(`${name}.answers`);
  const askpass = await fixture.folder.write(
    `${name}.askpass`,
    `#!/bin/sh\nprintf '%s\\n' "$1" >> '${asked}'\nhead -n 1 '${file}'\nsed -i 1d '${file}'\n`,
    0o700,
  );
  const knownHosts = await fixture.folder.write(`${name}.known_hosts`, `[127.0.0.1]:${server.port} ${publicLine}\n`);
  const target = { host: '127.0.0.1', port: server.port, user: 'anybody', knownHosts };
  const env = { SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: 'force' };
  const result = await fixture.runClient(target, ['echo in'], { config: ['BatchMode=no', ...config], env });
  const prompts = (await readFile(asked, 'utf8')).split('\n').slice(0, -1);
  return { result, prompts };
}

const allow = { allow: true } as const;
const refuse = { allow: false } as const;
const passwordOnly: LoginPolicy = { password: ({ password }) => (password === 'right' ? allow : refuse) };

test('a password is asked again until it is right (RFC 4252 section 8)', openssh, async () => {
  const { result, prompts } = await logIn(passwordOnly, { answers: ['wrong', 'right'] });
  assert.equal(result.stdout.toString(), 'in\n', result.stderr);
  assert.deepEqual(prompts, ["anybody@127.0.0.1's password: ", "anybody@127.0.0.1's password: "]);
});

test('three wrong passwords are denied with the list of methods', openssh, async () => {
  const { result } = await logIn(passwordOnly, { answers: ['1', '2', '3'] });
  assert.equal(result.code, 255);
  assert.match(result.stderr, /Permission denied \(password\)\./);
});

test('the sixth failure ends the connection (MaxAuthTries)', openssh, async () => {
  const config = ['NumberOfPasswordPrompts=9'];
  const { result, prompts } = await logIn(passwordOnly, { answers: Array(9).fill('wrong') as string[], config });
  assert.equal(result.code, 255);
  assert.match(result.stderr, /Too many authentication failures/);
  assert.equal(prompts.length, 6);
});

test('keyboard-interactive goes through rounds, one without a prompt (RFC 4256 section 3)', openssh, async () => {
  const login: LoginPolicy = {
    async keyboardInteractive(attempt) {
      const first = await attempt.ask(
        [
          { text: 'Colour: ', echo: true },
          { text: 'Größe: ', echo: false },
        ],
        { name: 'Measures', instruction: 'Both, please' },
      );
      const none = await attempt.ask([]);
      const [last] = await attempt.ask([{ text: 'Once more: ', echo: false }]);
      return first.join() === 'red,größer' && none.length === 0 && last === 'done' ? allow : refuse;
    },
  };
  const { result, prompts } = await logIn(login, { answers: ['red', 'größer', 'done'] });
  assert.equal(result.stdout.toString(), 'in\n', result.stderr);
  assert.equal(prompts.length, 3);
  assert.match(prompts[0] ?? '', /Colour: $/);
});

test('a key and a password together let in, one of them does not (RFC 4252 section 5.1)', openssh, async () => {
  const both: LoginPolicy = { ...passwordOnly, publicKey: () => allow, required: [['publickey', 'password']] };
  const { result, prompts } = await logIn(both, { answers: ['right'] });
  assert.equal(result.stdout.toString(), 'in\n', result.stderr);
  assert.equal(prompts.length, 1);
  const keyOnly = await logIn(both, { config: ['PasswordAuthentication=no'] });
  assert.match(keyOnly.result.stderr, /Permission denied \(password\)\./);
});

for (const [setting, hostBound] of [
  ['unbound', false],
  ['host-bound', true],
] as const) {
  test(`PubkeyAuthentication ${setting} signs what the server checks (PROTOCOL section 3.1)`, openssh, async () => {
    const verified: boolean[] = [];
    const publicKey: LoginPolicy['publicKey'] = (attempt) => {
      verified.push(attempt.verified);
      return allow;
    };
    const config = [`PubkeyAuthentication=${setting}`, 'LogLevel=DEBUG3'];
    const { result } = await logIn({ publicKey }, { config });
    assert.equal(result.stdout.toString(), 'in\n', result.stderr);
    assert.deepEqual(verified, [false, true]);
    assert.equal(result.stderr.includes('publickey-hostbound-v00@openssh.com'), hostBound);
  });
}

test(
  'a banner is shown before the login, its control characters as they came (RFC 4252 section 5.4)',
  openssh,
  async () => {
    const { result } = await logIn({ none: () => allow }, { banner: 'Be good.\r\n', config: ['LogLevel=INFO'] });
    assert.match(result.stderr, /Be good\./);
    assert.equal(result.stdout.toString(), 'in\n');
  },
);

test('a policy that throws or answers nonsense lets nobody in', openssh, async () => {
  const nonsense = [
    () => {
      throw new Error('no database');
    },
    () => Promise.reject(new Error('no database')),
    () => new Error('truthy') as never,
    () => ({ allow: 'yes' }) as never,
    () => undefined as never,
  ];
  for (const publicKey of nonsense) {
    const { result } = await logIn({ publicKey }, {});
    assert.equal(result.code, 255);
    assert.match(result.stderr, /Permission denied \(publickey\)\./);
  }
});
