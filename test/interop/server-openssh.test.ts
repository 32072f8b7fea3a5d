// The stock ssh against a server of the library: every key exchange, cipher with every MAC, and type of key, and bytes
// both ways through re-keys of either side.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ciphers } from '@sallyport/protocol/algorithms/ciphers';
import { keyExchanges } from '@sallyport/protocol/algorithms/key-exchanges';
import { macs } from '@sallyport/protocol/algorithms/macs';
import { defaultSignatureAlgorithms } from '@sallyport/protocol/algorithms/signatures';
import { equalBytes } from '@sallyport/protocol/wire/bytes';
import type { StockClientTarget, StockKeyType } from '@sallyport/testing';
import { OpensshFixture, programPath, runProgram, skipUnless } from '@sallyport/testing';
import type { Server } from 'sallyport';
import { readPrivateKey } from 'sallyport';
import { mebibyte, startServer, testData } from './support.ts';

const openssh = skipUnless('openssh-client');
const keyTypes: readonly StockKeyType[] = ['ed25519', 'ecdsa-256', 'ecdsa-384', 'ecdsa-521', 'rsa-2048'];

interface Setting {
  readonly fixture: OpensshFixture;
  readonly server: Server;
  readonly target: StockClientTarget;
  /** A server that re-keys every MiB. */
  readonly rekeying: Server;
  readonly rekeyingTarget: StockClientTarget;
  /** Fingerprints of the user keys that have signed. */
  readonly signed: string[];
  readonly stockKeyExchanges: readonly string[];
}

async function createSetting(): Promise<Setting> {
  const fixture = await OpensshFixture.create();
  const keys = await Promise.all(keyTypes.map((type) => fixture.key(type, `host-${type}`)));
  const hostKeys = await Promise.all(keys.map(({ path }) => readPrivateKey(path)));
  const signed: string[] = [];
  const login = {
    publicKey: ({ keyType, verified }: { readonly keyType: string; readonly verified: boolean }) => {
      if (verified) signed.push(keyType);
      return { allow: true } as const;
    },
  };
  const [server, rekeying, query] = await Promise.all([
    startServer({ hostKeys, login, algorithms: { keyExchanges: keyExchanges.map(({ name }) => name) } }),
    startServer({ hostKeys, login, rekeyLimits: { bytes: mebibyte } }),
    runProgram(programPath('ssh'), ['-Q', 'kex']),
  ]);
  const targetOf = async ({ port }: Server): Promise<StockClientTarget> => {
    const lines = keys.map(({ publicLine }) => `[127.0.0.1]:${port} ${publicLine}`);
    const knownHosts = await fixture.folder.write(`known_hosts-${port}`, [...lines, ''].join('\n'));
    return { host: '127.0.0.1', port, user: 'anybody', knownHosts };
  };
  return {
    fixture,
    server,
    target: await targetOf(server),
    rekeying,
    rekeyingTarget: await targetOf(rekeying),
    signed,
    stockKeyExchanges: query.stdout.toString().split('\n'),
  };
}

// Without the stock programs all tests are skipped and nobody looks at it.
const setting = openssh.skip === false ? await createSetting() : ({} as Setting);
after(async () => {
  await Promise.all([setting.server?.close(), setting.rekeying?.close()]);
  await setting.fixture?.[Symbol.asyncDispose]();
});

for (const { name } of keyExchanges) {
  test(`the stock ssh logs in and runs a command with ${name}`, openssh, async (context) => {
    if (!setting.stockKeyExchanges.includes(name)) return context.skip(`the stock ssh has no ${name}`);
    const { fixture, target } = setting;
    const command = ['echo out; echo err >&2; exit 3'];
    const result = await fixture.runClient(target, command, { config: [`KexAlgorithms=${name}`] });
    assert.deepEqual([result.stdout.toString(), result.stderr, result.code], ['out\n', 'err\n', 3]);
  });
}

for (const name of defaultSignatureAlgorithms) {
  test(`the stock ssh takes a host key by ${name}`, openssh, async () => {
    const config = [`HostKeyAlgorithms=${name}`];
    const result = await setting.fixture.runClient(setting.target, ['true'], { config });
    assert.equal(result.code, 0, result.stderr);
  });
}

for (const type of keyTypes) {
  test(`the stock ssh proves a user key of type ${type}`, openssh, async () => {
    const { path, publicLine } = await setting.fixture.key(type);
    setting.signed.length = 0;
    // What comes first wins, and the fixture's own key is named behind it.
    const config = [`IdentityFile=${path}`];
    const result = await setting.fixture.runClient(setting.target, ['true'], { config });
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual(setting.signed, [publicLine.split(' ')[0]]);
  });
}

for (const { name: cipher, tagBytes } of ciphers) {
  for (const mac of tagBytes > 0 ? [undefined] : macs.map(({ name }) => name)) {
    const title = mac === undefined ? cipher : `${cipher} and ${mac}`;
    test(`16 MiB of the stock ssh go both ways with ${title}, re-keyed every MiB by the client`, openssh, async () => {
      const config = [`Ciphers=${cipher}`, ...(mac === undefined ? [] : [`MACs=${mac}`]), 'RekeyLimit=1M'];
      await echoOfStockClient(setting.target, config);
    });
  }
}

test('16 MiB of the stock ssh go both ways, re-keyed every MiB by the server', openssh, async () => {
  await echoOfStockClient(setting.rekeyingTarget, []);
});

async function echoOfStockClient(target: StockClientTarget, config: readonly string[]): Promise<void> {
  const input = testData(16 * mebibyte);
  const verbose = [...config, 'LogLevel=DEBUG1'];
  const result = await setting.fixture.runClient(target, ['cat'], { config: verbose, input, timeoutMs: 60_000 });
  assert.equal(result.code, 0, result.stderr);
  assert.ok(equalBytes(result.stdout, input), `${result.stdout.length} bytes came back and are not those that went`);
  assert.ok((result.stderr.match(/SSH2_MSG_NEWKEYS received/g) ?? []).length >= 12);
}
