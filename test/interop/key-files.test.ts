// Private and public key files between our ssh-keygen and others, in both directions: every format and key type that
// both sides know, with and without a passphrase. Others are the stock ssh-keygen, puttygen, OpenSSL's program, and the
// Python libraries `cryptography` and paramiko. Each says the public key of a file; it must be the one.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  findProgram,
  ourProgram,
  type ProgramResult,
  programPath,
  runProgram,
  skipUnless,
  TemporaryFolder,
} from '@sallyport/testing';

const keygen = ourProgram('ssh-keygen');
const secret = 'open sesame';
const passphrases = ['', secret];

const types = [
  ['-t', 'ed25519'],
  ['-t', 'ecdsa', '-b', '256'],
  ['-t', 'ecdsa', '-b', '384'],
  ['-t', 'ecdsa', '-b', '521'],
  ['-t', 'rsa', '-b', '2048'],
] as const;

const text = ({ stdout }: ProgramResult): string => stdout.toString().trim();
/** `type base64` of a line. */
const keyOf = (line: string): string => line.split(' ').slice(0, 2).join(' ');

async function run(program: string, args: readonly string[]): Promise<ProgramResult> {
  const result = await runProgram(program, args);
  assert.equal(result.code, 0, `${program} ${args.join(' ')}: ${result.stderr}`);
  return result;
}

interface KeyFile {
  readonly path: string;
  readonly format: string;
  readonly passphrase: string;
  readonly publicLine: string;
}

/** One key of each type by our ssh-keygen, and the public line of each. */
async function makeKeys(
  folder: TemporaryFolder,
): Promise<readonly { path: string; publicLine: string; name: string }[]> {
  return await Promise.all(
    types.map(async (type) => {
      const name = `${type[1]}${type[3] ?? ''}`;
      const path = folder.file(name);
      await run(keygen, [...type, '-q', '-C', 'made here', '-N', '', '-f', path]);
      return { path, name, publicLine: keyOf(readFileSync(`${path}.pub`, 'utf8')) };
    }),
  );
}

/** The keys in the formats, written by our `ssh-keygen -p`. */
async function convertKeys(folder: TemporaryFolder, formats: readonly (readonly string[])[]): Promise<KeyFile[]> {
  const made: KeyFile[] = [];
  for (const { path: source, name, publicLine } of await makeKeys(folder)) {
    for (const options of formats) {
      for (const passphrase of passphrases) {
        const format = options.join(' ');
        if (format === '-m PEM' && name === 'ed25519') continue;
        const path = folder.file(`${name}${format.replaceAll(' ', '')}-${passphrase.length}`);
        copyFileSync(source, path);
        await run(keygen, ['-p', '-q', ...options, '-a', '2', '-N', passphrase, '-f', path]);
        made.push({ path, format, passphrase, publicLine });
      }
    }
  }
  return made;
}

const ownFormat = ['-Z', 'aes256-ctr'];

test('the stock ssh-keygen finds the key in every format that ours writes, with every cipher', {
  ...skipUnless('openssh-client'),
}, async () => {
  await using folder = await TemporaryFolder.create();
  const ciphers = ['3des-cbc', 'aes256-cbc', 'aes128-gcm@openssh.com', 'chacha20-poly1305@openssh.com'];
  const formats = [ownFormat, ['-m', 'PEM'], ['-m', 'PKCS8'], ...ciphers.map((cipher) => ['-Z', cipher])];
  for (const { path, format, passphrase, publicLine } of await convertKeys(folder, formats)) {
    // PKCS#8 of Ed25519 came with 9.6.
    if (format === '-m PKCS8' && publicLine.startsWith('ssh-ed25519')) continue;
    const shown = await run(programPath('ssh-keygen'), ['-y', '-P', passphrase, '-f', path]);
    assert.equal(keyOf(text(shown)), publicLine, path);
  }
});

test('puttygen finds the key of openssh-key-v1, of old PEM and of its own files', skipUnless('puttygen'), async () => {
  await using folder = await TemporaryFolder.create();
  const file = await folder.write('secret', secret);
  const formats = [ownFormat, ['-m', 'PEM'], ['-m', 'PPK'], ['-m', 'PPK2']];
  for (const { path, passphrase, publicLine } of await convertKeys(folder, formats)) {
    const unlock = passphrase === '' ? [] : ['--old-passphrase', file];
    const shown = await run(programPath('puttygen'), [path, '-L', ...unlock]);
    assert.equal(keyOf(text(shown)), publicLine, path);
  }
});

const openssl = { skip: findProgram('openssl') === undefined ? 'not on this machine: openssl' : false };

test("OpenSSL's program finds the key of PEM and PKCS#8", openssl, async () => {
  await using folder = await TemporaryFolder.create();
  for (const { path, passphrase, publicLine } of await convertKeys(folder, [
    ['-m', 'PEM'],
    ['-m', 'PKCS8'],
  ])) {
    const shown = await run(programPath('openssl'), ['pkey', '-in', path, '-pubout', '-passin', `pass:${passphrase}`]);
    const exported = await folder.write('public.pem', shown.stdout);
    assert.equal(text(await run(keygen, ['-i', '-m', 'PKCS8', '-f', exported])), publicLine, path);
  }
});

test("ours reads what OpenSSL's program writes: PKCS#8, PKCS#1 and SEC1, sealed by each cipher", openssl, async () => {
  await using folder = await TemporaryFolder.create();
  const program = programPath('openssl');
  const seal = ['-passout', `pass:${secret}`];
  for (const { path: source, name, publicLine } of await makeKeys(folder)) {
    const pkcs8 = folder.file(`${name}.pkcs8`);
    copyFileSync(source, pkcs8);
    await run(keygen, ['-p', '-q', '-m', 'PKCS8', '-N', '', '-f', pkcs8]);
    const old = name.startsWith('rsa') ? ['rsa', '-traditional'] : ['ec'];
    const rewrites = [
      ['pkcs8', '-topk8', '-nocrypt'],
      ...['aes128', 'aes256', 'des3'].map((cipher) => ['pkcs8', '-topk8', '-v2', cipher, ...seal]),
      ['pkcs8', '-topk8', '-v2', 'aes256', '-v2prf', 'hmacWithSHA512', ...seal],
      ...(name === 'ed25519' ? [] : [[...old], [...old, '-aes256', ...seal], [...old, '-des3', ...seal]]),
    ];
    for (const [index, rewrite] of rewrites.entries()) {
      const path = folder.file(`${name}-${index}.pem`);
      await run(program, [...rewrite, '-in', pkcs8, '-out', path]);
      const passphrase = rewrite.includes('-passout') ? secret : '';
      assert.equal(keyOf(text(await run(keygen, ['-y', '-P', passphrase, '-f', path]))), publicLine, path);
    }
  }
});

test('ours reads every format and cipher of the stock ssh-keygen', skipUnless('openssh-client'), async () => {
  await using folder = await TemporaryFolder.create();
  const ciphers = ['3des-cbc', 'aes192-cbc', 'aes128-ctr', 'aes256-gcm@openssh.com', 'chacha20-poly1305@openssh.com'];
  for (const { path: source, name, publicLine } of await makeKeys(folder)) {
    for (const options of [['-m', 'PEM'], ['-m', 'PKCS8'], ...ciphers.map((cipher) => ['-Z', cipher])]) {
      const path = folder.file(`${name}${options.join('')}`);
      copyFileSync(source, path);
      await run(programPath('ssh-keygen'), ['-p', '-q', ...options, '-a', '2', '-N', secret, '-f', path]);
      assert.equal(keyOf(text(await run(keygen, ['-y', '-P', secret, '-f', path]))), publicLine, path);
    }
  }
});

test('ours reads every format of puttygen', skipUnless('puttygen'), async () => {
  await using folder = await TemporaryFolder.create();
  const files = { '': '/dev/null', [secret]: await folder.write('secret', secret) };
  const outputs = [
    ['-O', 'private', '--reencrypt', '--ppk-param', 'version=2'],
    ['-O', 'private', '--reencrypt', '--ppk-param', 'version=3,memory=64,passes=2'],
    ['-O', 'private-openssh'],
    ['-O', 'private-openssh-new'],
  ];
  for (const type of types) {
    const source = folder.file(type.join(''));
    await run(programPath('puttygen'), [...type, '-q', '-C', 'x', '--new-passphrase', '/dev/null', '-o', source]);
    const publicLine = keyOf(text(await run(programPath('puttygen'), [source, '-L'])));
    for (const [index, output] of outputs.entries()) {
      for (const [passphrase, file] of Object.entries(files)) {
        const path = folder.file(`${type.join('')}-${index}-${passphrase.length}`);
        await run(programPath('puttygen'), [source, ...output, '--new-passphrase', file, '-o', path]);
        assert.equal(keyOf(text(await run(keygen, ['-y', '-P', passphrase, '-f', path]))), publicLine, path);
      }
    }
    const shown = await run(programPath('puttygen'), [source, '-p']);
    const imported = await run(keygen, ['-i', '-f', await folder.write('rfc4716', shown.stdout)]);
    assert.equal(keyOf(text(imported)), publicLine);
  }
  const ssh2 = folder.file('ssh2');
  await run(programPath('puttygen'), [folder.file('-trsa-b2048'), '-O', 'private-sshcom', '-o', ssh2]);
  const imported = await folder.write('imported', (await run(keygen, ['-i', '-f', ssh2])).stdout, 0o600);
  const expected = keyOf(text(await run(programPath('puttygen'), [folder.file('-trsa-b2048'), '-L'])));
  assert.equal(keyOf(text(await run(keygen, ['-y', '-f', imported]))), expected);
});

test('public keys are exchanged with the stock ssh-keygen, puttygen and OpenSSL in every form', {
  ...skipUnless('openssh-client', 'puttygen'),
}, async () => {
  await using folder = await TemporaryFolder.create();
  for (const { path, name, publicLine } of await makeKeys(folder)) {
    for (const format of ['RFC4716', 'PKCS8', 'PEM']) {
      if (format === 'PEM' && !name.startsWith('rsa')) continue;
      for (const [writer, reader] of [
        [keygen, programPath('ssh-keygen')],
        [programPath('ssh-keygen'), keygen],
      ] as const) {
        // The stock program knows no PKCS#8 of Ed25519.
        if (format === 'PKCS8' && name === 'ed25519') continue;
        const { stdout } = await run(writer, ['-e', '-m', format, '-f', `${path}.pub`]);
        const exported = await folder.write(`${name}-${format}`, stdout);
        assert.equal(keyOf(text(await run(reader, ['-i', '-m', format, '-f', exported]))), publicLine, exported);
      }
    }
    const { stdout } = await run(keygen, ['-e', '-f', `${path}.pub`]);
    const shown = await run(programPath('puttygen'), ['-L', await folder.write(`${name}.rfc4716`, stdout)]);
    assert.equal(keyOf(text(shown)), publicLine);
  }
});

/** The whole path of the first Python in which the modules can be imported. */
function pythonWith(modules: string): string | undefined {
  for (const program of ['/usr/bin/python3', 'python3']) {
    const found = spawnSync(program, ['-c', `${modules}; import sys; print(sys.executable)`]);
    if (found.status === 0) return found.stdout.toString().trim();
  }
  return undefined;
}

const serialization = 'cryptography.hazmat.primitives.serialization';
const python = {
  keys: pythonWith(`import bcrypt; from ${serialization} import load_ssh_private_key`),
  certificates: pythonWith(`from ${serialization} import load_ssh_public_identity`),
};
const missing = (path: string | undefined): { readonly skip: string | false } => ({
  skip: path === undefined ? "not on this machine: Python's cryptography, with what this needs of it" : false,
});
const libraries = {
  cryptography: missing(python.keys),
  certificates: missing(python.certificates),
  paramiko: skipUnless('paramiko'),
};

const readWithCryptography = `
import json, sys
from cryptography.hazmat.primitives import serialization as s
for path, passphrase in json.load(sys.stdin):
    data, word = open(path, 'rb').read(), passphrase.encode() or None
    load = s.load_ssh_private_key if b'OPENSSH' in data else s.load_pem_private_key
    print(load(data, word).public_key().public_bytes(s.Encoding.OpenSSH, s.PublicFormat.OpenSSH).decode())
`;

const readWithParamiko = `
import json, sys, paramiko
for path, passphrase in json.load(sys.stdin):
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            key = kind.from_private_key_file(path, passphrase or None)
            print(key.get_name(), key.get_base64())
            break
        except paramiko.SSHException:
            pass
`;

async function runPython(program: string, code: string, input: unknown): Promise<string[]> {
  const result = await runProgram(program, ['-c', code], { input: JSON.stringify(input), timeoutMs: 60_000 });
  assert.equal(result.code, 0, result.stderr);
  return text(result).split('\n');
}

test("Python's cryptography finds the key of openssh-key-v1, PEM and PKCS#8", libraries.cryptography, async () => {
  await using folder = await TemporaryFolder.create();
  const formats = [ownFormat, ['-Z', 'aes256-cbc'], ['-m', 'PEM'], ['-m', 'PKCS8']];
  const files = await convertKeys(folder, formats);
  const asked = files.map(({ path, passphrase }) => [path, passphrase]);
  const shown = await runPython(python.keys ?? '', readWithCryptography, asked);
  assert.deepEqual(
    shown,
    files.map(({ publicLine }) => publicLine),
  );
});

test('paramiko finds the key of openssh-key-v1 and of old PEM', libraries.paramiko, async () => {
  await using folder = await TemporaryFolder.create();
  const files = await convertKeys(folder, [ownFormat, ['-m', 'PEM']]);
  const asked = files.map(({ path, passphrase }) => [path, passphrase]);
  assert.deepEqual(
    await runPython('/usr/bin/python3', readWithParamiko, asked),
    files.map(({ publicLine }) => publicLine),
  );
});

const writeWithCryptography = `
import json, os, sys
from cryptography.hazmat.primitives import serialization as s
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
folder, secret = json.load(sys.stdin)
keys = [ed25519.Ed25519PrivateKey.generate(), rsa.generate_private_key(65537, 2048)]
keys += [ec.generate_private_key(curve()) for curve in (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)]
number = 0
for key in keys:
    line = key.public_key().public_bytes(s.Encoding.OpenSSH, s.PublicFormat.OpenSSH).decode()
    for form in (s.PrivateFormat.OpenSSH, s.PrivateFormat.TraditionalOpenSSL, s.PrivateFormat.PKCS8):
        if form is s.PrivateFormat.TraditionalOpenSSL and key is keys[0]:
            continue
        for word in ('', secret):
            seal = s.BestAvailableEncryption(word.encode()) if word else s.NoEncryption()
            path = os.path.join(folder, str(number))
            number += 1
            with open(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600), 'wb') as file:
                file.write(key.private_bytes(s.Encoding.PEM, form, seal))
            print(json.dumps([path, word, line]))
`;

test("ours reads what Python's cryptography writes", libraries.cryptography, async () => {
  await using folder = await TemporaryFolder.create();
  for (const line of await runPython(python.keys ?? '', writeWithCryptography, [folder.path, secret])) {
    const [path = '', passphrase = '', publicLine] = JSON.parse(line) as string[];
    assert.equal(keyOf(text(await run(keygen, ['-y', '-P', passphrase, '-f', path]))), publicLine, path);
  }
});

const readCertificates = `
import json, sys
from cryptography.hazmat.primitives.serialization import load_ssh_public_identity
for path in json.load(sys.stdin):
    made = load_ssh_public_identity(open(path, 'rb').read())
    made.verify_cert_signature()
    print(json.dumps([made.serial, made.key_id.decode(), [p.decode() for p in made.valid_principals], made.type.name]))
`;

test("Python's cryptography verifies certificates of ours", libraries.certificates, async () => {
  await using folder = await TemporaryFolder.create();
  const keys = await makeKeys(folder);
  const files: string[] = [];
  for (const authority of keys) {
    const subject = await folder.write(`for-${authority.name}.pub`, `${keys[0]?.publicLine}\n`);
    await run(keygen, ['-q', '-s', authority.path, '-I', 'an id', '-n', 'alice,bob', '-z', '7', subject]);
    files.push(subject.replace(/\.pub$/, '-cert.pub'));
  }
  const shown = await runPython(python.certificates ?? '', readCertificates, files);
  for (const line of shown) assert.deepEqual(JSON.parse(line), [7, 'an id', ['alice', 'bob'], 'USER']);
  assert.equal(shown.length, keys.length);
});
