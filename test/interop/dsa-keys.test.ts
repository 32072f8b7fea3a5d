// DSA keys between our ssh-keygen and others: what OpenSSL's program makes becomes files of every form, and OpenSSL's
// program, puttygen and the stock ssh-keygen, which still has DSA, find the same key in them.

import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { test } from 'node:test';
import {
  findProgram,
  ourProgram,
  type ProgramResult,
  programPath,
  runProgram,
  TemporaryFolder,
} from '@sallyport/testing';

const keygen = ourProgram('ssh-keygen');
const secret = 'open sesame';
const text = ({ stdout }: ProgramResult): string => stdout.toString().trim();
const noOpenssl = findProgram('openssl') === undefined ? 'not on this machine: openssl' : false;

/** A DSA key of a kind that OpenSSH never made: 2048 and 256 bits. */
async function dsaKey(folder: TemporaryFolder): Promise<string> {
  const parameters = folder.file('parameters');
  const path = folder.file('dsa.pem');
  const make = ['genpkey', '-genparam', '-algorithm', 'DSA', '-pkeyopt', 'dsa_paramgen_bits:2048'];
  const bits = ['-pkeyopt', 'dsa_paramgen_q_bits:256', '-out', parameters];
  // It searches for primes, which may take long.
  const found = await runProgram(programPath('openssl'), [...make, ...bits], { timeoutMs: 120_000 });
  assert.equal(found.code, 0, found.stderr);
  const made = await runProgram(programPath('openssl'), ['genpkey', '-paramfile', parameters, '-out', path]);
  assert.equal(made.code, 0, made.stderr);
  chmodSync(path, 0o600);
  return path;
}

test("DSA keys of OpenSSL's program become files of every form, which others read as the same key", {
  skip: noOpenssl,
}, async () => {
  await using folder = await TemporaryFolder.create();
  const path = await dsaKey(folder);
  const shown = await runProgram(keygen, ['-l', '-f', path]);
  assert.match(text(shown), /^2048 SHA256:\S+ no comment \(DSA\)$/);
  const publicLine = text(await runProgram(keygen, ['-y', '-f', path]));
  const exported = await runProgram(programPath('openssl'), ['pkey', '-in', path, '-pubout']);
  const info = await folder.write('public.pem', exported.stdout);
  assert.equal(text(await runProgram(keygen, ['-i', '-m', 'PKCS8', '-f', info])), publicLine);
  assert.equal(text(await runProgram(keygen, ['-e', '-m', 'PKCS8', '-f', path])), text(exported));
  for (const format of ['PEM', 'PKCS8']) {
    const changed = await runProgram(keygen, ['-p', '-m', format, '-P', secret, '-N', secret, '-f', path]);
    assert.equal(changed.code, 0, changed.stderr);
    const read = await runProgram(programPath('openssl'), [
      'pkey',
      '-in',
      path,
      '-pubout',
      '-passin',
      `pass:${secret}`,
    ]);
    assert.equal(text(read), text(exported), `${format}: ${read.stderr}`);
  }
  for (const format of ['RFC4716', 'PPK', 'PPK2']) {
    const changed = await runProgram(keygen, ['-p', '-m', format, '-a', '1', '-P', secret, '-N', '', '-f', path]);
    assert.equal(changed.code, 0, changed.stderr);
    assert.equal(text(await runProgram(keygen, ['-y', '-f', path])), publicLine);
    const others: readonly (readonly [string, readonly string[]])[] = [
      ['puttygen', [path, '-L']],
      // The stock one reads no files of PuTTY.
      ...(format === 'RFC4716' ? [['ssh-keygen', ['-y', '-f', path]] as const] : []),
    ];
    for (const [program, args] of others) {
      if (findProgram(program) === undefined) continue;
      const read = await runProgram(programPath(program), args);
      assert.equal(text(read).split(' ').slice(0, 2).join(' '), publicLine, `${format}: ${read.stderr}`);
    }
  }
});
