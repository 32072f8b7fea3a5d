// A PKCS#11 token of SoftHSM in a folder, with keys that it has made, and an askpass that knows its PIN. Needs the peer
// `softhsm2`.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { programPath, runProgram, type TemporaryFolder } from '@sallyport/testing';

export const tokenLibrary = '/usr/lib/softhsm/libsofthsm2.so';
export const tokenPin = '1234';

export interface SoftTokenKey {
  /** As pkcs11-tool(1) calls it: `rsa:2048`. */
  readonly pkcs11: string;
  readonly label: string;
  readonly id: string;
}

/** The environment that finds the token. */
export async function makeSoftToken(
  folder: TemporaryFolder,
  keys: readonly SoftTokenKey[],
): Promise<Record<string, string>> {
  const tokens = folder.file('tokens');
  await mkdir(tokens);
  const config = `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`;
  const env = {
    HOME: folder.path,
    SOFTHSM2_CONF: await folder.write('softhsm2.conf', config),
    SSH_ASKPASS: await folder.write('askpass', `#!/bin/sh\necho ${tokenPin}\n`, 0o755),
    SSH_ASKPASS_REQUIRE: 'force',
  };
  const init = ['--init-token', '--free', '--label', 'test', '--pin', tokenPin, '--so-pin', '5678'];
  assert.equal((await runProgram(programPath('softhsm2-util'), init, { env })).code, 0);
  for (const { pkcs11, label, id } of keys) {
    const args = ['--module', tokenLibrary, '--login', '--pin', tokenPin, '--keypairgen', '--key-type', pkcs11];
    const result = await runProgram(programPath('pkcs11-tool'), [...args, '--label', label, '--id', id], { env });
    assert.equal(result.code, 0, result.stderr);
  }
  return env;
}
