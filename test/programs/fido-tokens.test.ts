// Keys in FIDO authenticators as a user has them, with libfido2 and an authenticator of ours: made by ssh-keygen, used
// by ssh, ssh-keygen -Y and the agent, and what sshd demands of them.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { parsePublicLine } from '@sallyport/protocol/keys/formats/public-line';
import { Reader } from '@sallyport/protocol/wire/reader';
import {
  OpensshFixture,
  ourProgram,
  type ProgramResult,
  programPath,
  runProgram,
  skipUnless,
  startProgram,
} from '@sallyport/testing';
import { SoftwareAuthenticator } from '@sallyport/testing/software-authenticator/authenticator';
import { decodeCbor } from '@sallyport/testing/software-authenticator/cbor';
import { TokenFixture } from '@sallyport/testing/software-authenticator/token-fixture';

const pin = '2468';

/** A token, what programs need to find it, and an askpass that knows its PIN. */
async function tokenWith(given: ConstructorParameters<typeof SoftwareAuthenticator>[0] = {}, answer = pin) {
  const token = new SoftwareAuthenticator(given);
  const fixture = await TokenFixture.create({ tokens: [token], silenceMs: 20_000 });
  const { folder } = fixture;
  const script = `#!/bin/sh\necho "$1" >>'${folder.file('questions')}'\necho ${answer}\n`;
  const askpass = await folder.write('askpass', script, 0o755);
  const env = { ...fixture.env, SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: 'force', HOME: folder.path };
  const run = (program: string, args: readonly string[], input = ''): Promise<ProgramResult> =>
    runProgram(program, args, { env, input, cwd: folder.path });
  const make = async (name: string, ...args: string[]) => {
    const path = folder.file(name);
    const made = await run(ourProgram('ssh-keygen'), [
      '-q',
      '-t',
      'ed25519-sk',
      '-N',
      '',
      '-C',
      'made',
      '-f',
      path,
      ...args,
    ]);
    assert.equal(made.code, 0, made.stderr);
    return { path, line: (await readFile(`${path}.pub`, 'utf8')).trimEnd() };
  };
  const questions = (): Promise<string> => readFile(folder.file('questions'), 'utf8');
  return { token, folder, env, run, make, questions, [Symbol.asyncDispose]: () => fixture[Symbol.asyncDispose]() };
}

describe('FIDO tokens through libfido2', skipUnless('libfido2', 'openssh-server', 'openssh-client'), () => {
  let fixture: OpensshFixture;
  before(async () => {
    fixture = await OpensshFixture.create();
  });
  after(() => fixture[Symbol.asyncDispose]());

  type Token = Awaited<ReturnType<typeof tokenWith>>;

  interface Login {
    readonly key: string;
    readonly line: string;
    readonly program?: string;
    readonly config?: readonly string[];
  }

  /** What ssh says, and what sshd logged. */
  async function login(one: Token, { key, line, program = ourProgram('sshd'), config = [] }: Login) {
    await using server = await fixture.startServer({ program, authorizedKeys: [line], config });
    const settings = ['IdentitiesOnly=yes', `UserKnownHostsFile=${server.knownHosts}`, 'PasswordAuthentication=no'];
    const where = ['-F', '/dev/null', '-p', String(server.port), '-l', server.user, '-i', key, server.host];
    const result = await one.run(ourProgram('ssh'), [
      ...settings.flatMap((word) => ['-o', word]),
      ...where,
      'echo',
      'in',
    ]);
    const log = await server.logOfConnections();
    return { ...result, isIn: result.stdout.toString() === 'in\n', log };
  }

  for (const type of ['ed25519-sk', 'ecdsa-sk'] as const) {
    test(`a ${type} key is made and logs in, with a touch each`, async () => {
      await using one = await tokenWith();
      const path = one.folder.file('key');
      const made = await one.run(ourProgram('ssh-keygen'), ['-t', type, '-N', '', '-f', path]);
      assert.equal(made.code, 0, made.stderr);
      assert.match(made.stdout.toString(), /^You may need to touch your authenticator to authorize key generation\.$/m);
      const line = (await readFile(`${path}.pub`, 'utf8')).trimEnd();
      for (const program of [ourProgram('sshd'), programPath('sshd')]) {
        const touches = one.token.touches;
        const result = await login(one, { key: path, line, program });
        assert.ok(result.isIn, `${program}: ${result.stderr}`);
        assert.equal(one.token.touches, touches + 1);
      }
    });
  }

  test('a key without a touch is refused with its reason, unless authorized_keys allows it', async () => {
    await using one = await tokenWith();
    const { path: key, line } = await one.make('key', '-O', 'no-touch-required');
    const refused = await login(one, { key, line });
    assert.equal(refused.isIn, false);
    assert.match(refused.log, /rejected: user presence \(authenticator touch\) requirement not met/);
    assert.ok((await login(one, { key, line: `no-touch-required ${line}` })).isIn);
    assert.equal(one.token.touches, 1);
  });

  test('sshd that demands its user lets in a key with the PIN, and no other', async () => {
    await using one = await tokenWith({ pin });
    const plain = await one.make('plain');
    const verified = await one.make('verified', '-O', 'verify-required');
    const config = ['PubkeyAuthOptions verify-required'];
    const refused = await login(one, { key: plain.path, line: plain.line, config });
    assert.equal(refused.isIn, false);
    assert.match(refused.log, /rejected: user verification requirement not met/);
    const inside = await login(one, { key: verified.path, line: verified.line, config });
    assert.ok(inside.isIn, inside.stderr);
    assert.ok((await login(one, { key: verified.path, line: `verify-required ${verified.line}` })).isIn);
    const questions = `Enter PIN for authenticator: \n`.repeat(2);
    assert.equal(await one.questions(), questions + `Enter PIN for ED25519-SK key ${verified.path}: \n`.repeat(2));
  });

  test('PINs that are wrong three times over, a missing token, and one without room end ssh-keygen', async () => {
    await using one = await tokenWith({ pin }, 'wrong');
    const args = ['-t', 'ed25519-sk', '-N', '', '-f', one.folder.file('key')];
    const wrong = await one.run(ourProgram('ssh-keygen'), args);
    assert.deepEqual(
      [wrong.code, wrong.stderr],
      [255, 'PIN incorrect\r\nPIN incorrect\r\nToo many incorrect PINs\r\n'],
    );
    assert.equal(one.token.retries, 6);
    await using none = await TokenFixture.create({ tokens: [] });
    const missing = await runProgram(ourProgram('ssh-keygen'), args, { env: none.env });
    assert.equal(missing.code, 255);
    assert.match(missing.stderr, /^Key enrollment failed: device not found\r$/m);
    await using full = await tokenWith({ room: 0 });
    const failed = await full.run(ourProgram('ssh-keygen'), [...args, '-O', 'resident']);
    assert.match(failed.stderr, /KEY_STORE_FULL\r\nKey enrollment failed: invalid format\r\n$/);
  });

  test('a key that the token keeps is replaced only if its user says so, fetched by -K, and logs in', async () => {
    await using one = await tokenWith({ pin });
    const resident = ['-O', 'resident', '-O', 'user=ann', '-O', 'application=ssh:work'];
    await one.make('first', ...resident);
    const args = ['-t', 'ed25519-sk', '-N', '', '-f', one.folder.file('second'), ...resident];
    const question =
      "A resident key scoped to 'ssh:work' with user id 'ann' already exists.\nOverwrite key in token (y/n)? ";
    const kept = await one.run(ourProgram('ssh-keygen'), args, 'n\n');
    assert.ok(kept.stdout.toString().includes(question), kept.stdout.toString());
    assert.deepEqual([kept.code, kept.stderr], [255, 'Key enrollment failed: bad permissions\r\n']);
    const before = one.token.credentials.at(-1)?.id;
    const replaced = await one.run(ourProgram('ssh-keygen'), args, 'y\n');
    assert.equal(replaced.code, 0, replaced.stderr);
    assert.equal(one.token.credentials.length, 1);
    assert.notDeepEqual(one.token.credentials[0]?.id, before);
    const fetched = await one.run(ourProgram('ssh-keygen'), ['-K', '-N', '']);
    assert.equal(fetched.code, 0, fetched.stderr);
    assert.match(fetched.stdout.toString(), /Saved ED25519-SK key ssh:work to id_ed25519_sk_rk_work_ann\n$/);
    const key = one.folder.file('id_ed25519_sk_rk_work_ann');
    const line = (await readFile(`${key}.pub`, 'utf8')).trimEnd();
    assert.equal(line.split(' ')[1], (await readFile(one.folder.file('second.pub'), 'utf8')).split(' ')[1]);
    assert.ok((await login(one, { key, line })).isIn);
  });

  test('the agent takes keys of a token by -K and by their files, and asks for their PIN and touch', async () => {
    await using one = await tokenWith({ pin });
    await one.make('kept', '-O', 'resident');
    const verified = await one.make('verified', '-O', 'verify-required');
    const socket = one.folder.file('agent');
    const agent = startProgram(ourProgram('ssh-agent'), ['-D', '-a', socket], { env: one.env, timeoutMs: 120_000 });
    try {
      await once(agent.child.stdout ?? assert.fail(), 'data');
      const add = (...args: string[]): Promise<ProgramResult> =>
        runProgram(ourProgram('ssh-add'), args, { env: { ...one.env, SSH_AUTH_SOCK: socket } });
      const loaded = await add('-K');
      assert.match(loaded.stderr, /^Resident identity added: ED25519-SK SHA256:/m);
      assert.equal((await add('-q', verified.path)).code, 0);
      const touches = one.token.touches;
      for (const key of ['kept', 'verified']) {
        const tested = await add('-T', one.folder.file(`${key}.pub`));
        assert.equal(tested.code, 0, tested.stderr);
      }
      assert.equal(one.token.touches, touches + 2);
      assert.match(await one.questions(), /^Enter PIN and confirm user presence for ED25519-SK key SHA256:\S+: \n$/m);
    } finally {
      await agent.end();
    }
  });

  test('files are signed with a touch, and verified by the stock ssh-keygen', async () => {
    await using one = await tokenWith({ pin });
    const { path, line } = await one.make('key', '-O', 'verify-required');
    const file = await one.folder.write('message', 'to be signed');
    const signed = await one.run(ourProgram('ssh-keygen'), ['-Y', 'sign', '-f', path, '-n', 'test', file]);
    assert.equal(signed.code, 0, signed.stderr);
    assert.match(await one.questions(), /^Enter PIN for ED25519-SK key: $/m);
    const signers = await one.folder.write('signers', `somebody ${line}\n`);
    const args = ['-Y', 'verify', '-f', signers, '-I', 'somebody', '-n', 'test', '-s', `${file}.sig`];
    for (const verifier of [programPath('ssh-keygen'), ourProgram('ssh-keygen')]) {
      const verified = await one.run(verifier, args, 'to be signed');
      assert.equal(verified.code, 0, verified.stderr);
    }
  });

  test('an attestation says that the token made the key for the challenge (PROTOCOL.u2f)', async () => {
    await using one = await tokenWith();
    const challenge = await one.folder.write('challenge', 'prove it');
    const path = one.folder.file('attestation');
    const { line } = await one.make('key', '-O', `challenge=${challenge}`, '-O', `write-attestation=${path}`);
    const reader = new Reader(await readFile(path));
    assert.equal(reader.text(), 'ssh-sk-attest-v01');
    const [certificate, signature, data] = [reader.string(), reader.string(), reader.string()];
    assert.deepEqual([reader.uint32(), reader.string().length, reader.remaining, certificate.length], [0, 0, 0, 0]);
    const signed = Buffer.concat([
      decodeCbor(Buffer.from(data)).value as Uint8Array,
      createHash('sha256').update('prove it').digest(),
    ]);
    const { parts } = parsePublicLine(line).key;
    assert.ok(parts.kind === 'sk-ed25519');
    const key = createCryptoProvider().verifyingKey({ kind: 'ed25519', publicKey: parts.publicKey });
    assert.equal(key?.verify('sha256', signed, signature), true);
  });
});
