// What a server of ours must do with the stock ssh, whichever it is (the library's or the program): every key exchange,
// cipher with every MAC, and type of key; bytes both ways through re-keys of either side. The client's log tells what
// was used.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { keyExchanges } from '@sallyport/protocol/algorithms/key-exchanges';
import { equalBytes } from '@sallyport/protocol/wire/bytes';
import type { StockClientTarget, StockKey, StockKeyType } from '@sallyport/testing';
import { OpensshFixture, opensshKnowing, programPath, skipUnless } from '@sallyport/testing';
import { hostKeyAlgorithms, protections, titleOf } from './client-suite.ts';
import { compressibleData, fewestRekeys, mebibyte, testData } from './support.ts';

export interface ServerStart {
  readonly fixture: OpensshFixture;
  readonly hostKeyTypes: readonly StockKeyType[];
  /** Keys besides the fixture's own that let in. */
  readonly userKeys: readonly StockKey[];
  readonly rekeyBytes?: number;
}

export interface StartedServer {
  readonly target: StockClientTarget;
  readonly hostKeys: readonly StockKey[];
  end(): Promise<void>;
}

/** Starts a server that takes every algorithm of ours. */
export type ServerUnderTest = (start: ServerStart) => Promise<StartedServer>;

const openssh = skipUnless('openssh-client');
const hostKeyTypes: readonly StockKeyType[] = ['ed25519', 'ecdsa-256', 'ecdsa-384', 'ecdsa-521', 'rsa-2048'];

interface Setting {
  readonly fixture: OpensshFixture;
  readonly server: StartedServer;
  /** Re-keys every MiB. */
  readonly rekeying: StartedServer;
  readonly userKeys: readonly StockKey[];
}

async function createSetting(start: ServerUnderTest): Promise<Setting> {
  const fixture = await OpensshFixture.create();
  const userKeys = await Promise.all(hostKeyTypes.map((type) => fixture.key(type)));
  const server = await start({ fixture, hostKeyTypes, userKeys });
  const rekeying = await start({ fixture, hostKeyTypes: ['ed25519'], userKeys: [], rekeyBytes: mebibyte });
  return { fixture, server, rekeying, userKeys };
}

/** Registers the tests for a server. */
export async function describeServer(name: string, start: ServerUnderTest): Promise<void> {
  // Without the stock programs all tests are skipped and nobody looks at it.
  const setting = openssh.skip === false ? await createSetting(start) : ({} as Setting);
  describe(`${name} with the stock ssh`, openssh, () => {
    after(async () => {
      await Promise.all([setting.server.end(), setting.rekeying.end()]);
      await setting.fixture[Symbol.asyncDispose]();
    });
    describeAlgorithms(setting);
    describeTransfers(setting);
  });
}

function describeAlgorithms({ fixture, server, userKeys }: Setting): void {
  const { target } = server;
  const login = async (config: readonly string[], program = programPath('ssh')): Promise<string> => {
    const result = await fixture.runClient(target, ['echo in'], { program, config: [...config, 'LogLevel=DEBUG1'] });
    assert.equal(result.stdout.toString(), 'in\n', result.stderr);
    return result.stderr;
  };

  test('a command has its output, errors and status', async () => {
    const result = await fixture.runClient(target, ['echo out; echo err >&2; exit 3']);
    assert.deepEqual([result.stdout.toString(), result.stderr, result.code], ['out\n', 'err\n', 3]);
  });

  for (const { name } of keyExchanges) {
    test(`a login with ${name}`, async (context) => {
      const program = opensshKnowing('ssh', name);
      if (program === undefined) return context.skip(`no stock ssh has ${name}`);
      assert.match(await login([`KexAlgorithms=${name}`], program), new RegExp(`kex: algorithm: ${name}\\b`));
    });
  }

  for (const name of hostKeyAlgorithms) {
    test(`a host key by ${name} is taken`, async () => {
      assert.match(await login([`HostKeyAlgorithms=${name}`]), new RegExp(`kex: host key algorithm: ${name}\\b`));
    });
  }

  for (const [index, type] of hostKeyTypes.entries()) {
    test(`a user key of type ${type} lets in`, async () => {
      const { path } = userKeys[index] as StockKey;
      // What comes first wins, and the fixture's own key is named behind it.
      const log = await login([`IdentityFile=${path}`]);
      assert.match(log, new RegExp(`Server accepts key: ${path} `));
    });
  }
}

function describeTransfers({ fixture, server, rekeying }: Setting): void {
  const input = testData(16 * mebibyte);
  const echo = async (target: StockClientTarget, config: readonly string[]): Promise<string> => {
    const verbose = [...config, 'LogLevel=DEBUG1'];
    const result = await fixture.runClient(target, ['cat'], { config: verbose, input, timeoutMs: 60_000 });
    assert.equal(result.code, 0, result.stderr);
    assert.ok(equalBytes(result.stdout, input), `${result.stdout.length} bytes came back and are not those that went`);
    const rekeys = (result.stderr.match(/SSH2_MSG_NEWKEYS received/g) ?? []).length;
    assert.ok(rekeys >= fewestRekeys, `${rekeys} re-keys`);
    return result.stderr;
  };

  for (const protection of protections) {
    test(`16 MiB go both ways with ${titleOf(protection)}, re-keyed every MiB by the client`, async () => {
      const { cipher, mac } = protection;
      const config = [`Ciphers=${cipher}`, ...(mac === undefined ? [] : [`MACs=${mac}`]), 'RekeyLimit=1M'];
      const log = await echo(server.target, config);
      assert.ok(log.includes(`server->client cipher: ${cipher} MAC: ${mac ?? '<implicit>'}`));
    });
  }

  test('8 MiB of text and of noise go both ways compressed, re-keyed every MiB', async () => {
    const mixed = compressibleData();
    const config = ['Compression=yes', 'RekeyLimit=1M', 'LogLevel=DEBUG1'];
    const result = await fixture.runClient(server.target, ['cat'], { config, input: mixed, timeoutMs: 60_000 });
    assert.ok(equalBytes(result.stdout, mixed), `${result.stdout.length} bytes came back ${result.stderr}`);
    const log = result.stderr;
    for (const way of ['client->server', 'server->client']) {
      assert.match(log, new RegExp(`kex: ${way} .* compression: zlib@openssh.com`));
    }
    // 4 MiB of text leave little.
    const [, compressed] = /compress incoming: raw data \d+, compressed (\d+)/.exec(log) ?? [];
    assert.ok(Number(compressed) > 0 && Number(compressed) < 5 * mebibyte, log);
  });

  test('16 MiB go both ways, re-keyed every MiB by the server', async () => {
    await echo(rekeying.target, []);
  });
}
