// The library's client against the stock sshd: every key exchange, cipher with every MAC, and type of key, and bytes
// both ways through re-keys of either side.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ciphers } from '@sallyport/protocol/algorithms/ciphers';
import { keyExchanges } from '@sallyport/protocol/algorithms/key-exchanges';
import { macs } from '@sallyport/protocol/algorithms/macs';
import { defaultSignatureAlgorithms } from '@sallyport/protocol/algorithms/signatures';
import type { StockKeyType, StockServer } from '@sallyport/testing';
import { OpensshFixture, programPath, runProgram, skipUnless } from '@sallyport/testing';
import type { ConnectOptions } from 'sallyport';
import { connect } from 'sallyport';
import { echo, mebibyte } from './support.ts';

const openssh = skipUnless('openssh-server', 'openssh-client');
const keyTypes: readonly StockKeyType[] = ['ed25519', 'ecdsa-256', 'ecdsa-384', 'ecdsa-521', 'rsa-2048'];

interface Setting {
  readonly fixture: OpensshFixture;
  /** Takes every algorithm and key. */
  readonly server: StockServer;
  /** Says in its log when keys change; that gets into the stderr of commands, too. */
  readonly talkative: StockServer;
  readonly userKeys: readonly string[];
  /** Names of `ssh -Q kex`. */
  readonly stockKeyExchanges: readonly string[];
}

async function createSetting(): Promise<Setting> {
  const fixture = await OpensshFixture.create();
  const keys = await Promise.all(keyTypes.map((type) => fixture.key(type)));
  const authorizedKeys = keys.map(({ publicLine }) => publicLine);
  const [server, talkative, query] = await Promise.all([
    fixture.startServer({ hostKeys: keyTypes, authorizedKeys, config: ['MaxSessions 20'] }),
    fixture.startServer({ config: ['LogLevel DEBUG1'] }),
    runProgram(programPath('ssh'), ['-Q', 'kex']),
  ]);
  const stockKeyExchanges = query.stdout.toString().split('\n');
  return { fixture, server, talkative, userKeys: keys.map(({ path }) => path), stockKeyExchanges };
}

// Without the stock programs all tests are skipped and nobody looks at it.
const setting = openssh.skip === false ? await createSetting() : ({} as Setting);
after(() => setting.fixture?.[Symbol.asyncDispose]());

function options(more: Partial<ConnectOptions> = {}, server: StockServer = setting.server): ConnectOptions {
  const { host, port, user, knownHosts } = server;
  const identities = [setting.fixture.userKey.path];
  return { host, port, user, knownHosts, identities, agent: false, timeoutMs: 30_000, ...more };
}

for (const { name } of keyExchanges) {
  test(`a login and a command with ${name} and the stock sshd`, openssh, async (context) => {
    if (!setting.stockKeyExchanges.includes(name)) return context.skip(`the stock sshd has no ${name}`);
    await using client = await connect(options({ algorithms: { keyExchanges: [name] } }));
    assert.equal(client.negotiated.keyExchange, name);
    assert.equal(client.negotiated.strict, true);
    const { stdout, stderr, exit } = await client.run('echo out; echo err >&2; exit 3');
    assert.deepEqual({ stdout, stderr, exit }, { stdout: 'out\n', stderr: 'err\n', exit: { code: 3 } });
  });
}

for (const name of defaultSignatureAlgorithms) {
  test(`a host key by ${name} of the stock sshd is verified`, openssh, async () => {
    await using client = await connect(options({ algorithms: { hostKeyAlgorithms: [name] } }));
    assert.equal(client.negotiated.hostKey, name);
    assert.equal((await client.run('true')).exit.code, 0);
  });
}

for (const [index, type] of keyTypes.entries()) {
  test(`a user key of type ${type} lets in at the stock sshd`, openssh, async () => {
    const path = setting.userKeys[index] as string;
    await using client = await connect(options({ identities: [path] }));
    assert.equal((await client.run('true')).exit.code, 0);
  });
}

interface Protection {
  readonly cipher: string;
  readonly mac: string | undefined;
}

/** Every cipher with every MAC; ciphers that authenticate themselves stand alone. */
const protections = ciphers.flatMap(({ name: cipher, tagBytes }): Protection[] =>
  tagBytes > 0 ? [{ cipher, mac: undefined }] : macs.map(({ name: mac }) => ({ cipher, mac })),
);

for (const { cipher, mac } of protections) {
  const title = mac === undefined ? cipher : `${cipher} and ${mac}`;
  test(`16 MiB go both ways byte for byte with ${title}, re-keyed every MiB`, openssh, async () => {
    const algorithms = { ciphers: [cipher], ...(mac === undefined ? {} : { macs: [mac] }) };
    await using client = await connect(options({ algorithms, rekeyLimits: { bytes: mebibyte } }, setting.talkative));
    assert.equal(client.negotiated.cipherToServer, cipher);
    assert.equal(client.negotiated.macToServer, mac ?? '');
    const start = rekeysOf(setting.talkative);
    await echo(client, 16 * mebibyte);
    assert.ok(rekeysOf(setting.talkative) - start >= 12);
  });
}

test('16 MiB go both ways byte for byte while the stock sshd re-keys every MiB', openssh, async () => {
  await using server = await setting.fixture.startServer({ config: ['RekeyLimit 1M', 'LogLevel DEBUG1'] });
  await using client = await connect(options({}, server));
  await echo(client, 16 * mebibyte);
  assert.ok(rekeysOf(server) >= 12);
});

test('sixteen commands at once come whole through one connection to the stock sshd', openssh, async () => {
  await using client = await connect(options({ rekeyLimits: { bytes: mebibyte } }));
  await Promise.all(Array.from({ length: 16 }, () => echo(client, mebibyte)));
});

/** The key exchanges in sshd's log. */
function rekeysOf(server: StockServer): number {
  return (server.log().match(/SSH2_MSG_NEWKEYS received/g) ?? []).length;
}
