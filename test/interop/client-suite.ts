// What a client of ours must do with the stock sshd, whichever it is (the library's or the program): every key
// exchange, cipher with every MAC, and type of key; bytes both ways through re-keys of either side. sshd's log tells
// what was used.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { ciphers } from '@sallyport/protocol/algorithms/ciphers';
import { keyExchanges } from '@sallyport/protocol/algorithms/key-exchanges';
import { macs } from '@sallyport/protocol/algorithms/macs';
import { defaultSignatureAlgorithms } from '@sallyport/protocol/algorithms/signatures';
import { equalBytes } from '@sallyport/protocol/wire/bytes';
import type { StockClientTarget, StockKeyType, StockServer } from '@sallyport/testing';
import { OpensshFixture, opensshKnowing, skipUnless, until } from '@sallyport/testing';
import { compressibleData, fewestRekeys, mebibyte, testData } from './support.ts';

/** One command through one connection. What is not said is the client's default. */
export interface ClientRun {
  readonly fixture: OpensshFixture;
  readonly server: StockClientTarget;
  readonly command: string;
  readonly input?: Uint8Array;
  /** Path of the private key to log in with; the fixture's own unless told. */
  readonly identity?: string;
  readonly keyExchange?: string;
  readonly hostKeyAlgorithm?: string;
  readonly cipher?: string;
  readonly mac?: string;
  readonly rekeyBytes?: number;
  /** Payloads are compressed; the program also goes on without where a server has no compression. */
  readonly compresses?: boolean;
}

export interface ClientOutcome {
  readonly stdout: Uint8Array;
  readonly stderr: string;
  readonly code: number | undefined;
}

export type ClientUnderTest = (run: ClientRun) => Promise<ClientOutcome>;

const openssh = skipUnless('openssh-server', 'openssh-client');
/** Host keys in tokens are another suite's. */
export const hostKeyAlgorithms = defaultSignatureAlgorithms.filter((name) => !name.includes('sk-'));
const keyTypes: readonly StockKeyType[] = ['ed25519', 'ecdsa-256', 'ecdsa-384', 'ecdsa-521', 'rsa-2048'];

interface Setting {
  readonly fixture: OpensshFixture;
  /** Takes every algorithm and key. */
  readonly server: StockServer;
  /** Says in its log what was agreed on and when keys change; that gets into the stderr of commands, too. */
  readonly talkative: StockServer;
  readonly userKeys: readonly string[];
}

async function createSetting(): Promise<Setting> {
  const fixture = await OpensshFixture.create();
  const keys = await Promise.all(keyTypes.map((type) => fixture.key(type)));
  const authorizedKeys = keys.map(({ publicLine }) => publicLine);
  const [server, talkative] = await Promise.all([
    fixture.startServer({ authorizedKeys }),
    fixture.startServer({ hostKeys: keyTypes, config: ['LogLevel DEBUG1'] }),
  ]);
  return { fixture, server, talkative, userKeys: keys.map(({ path }) => path) };
}

interface Protection {
  readonly cipher: string;
  readonly mac: string | undefined;
}

/** Every cipher with every MAC; ciphers that authenticate themselves stand alone. */
export const protections: readonly Protection[] = ciphers.flatMap(({ name: cipher, tagBytes }): Protection[] =>
  tagBytes > 0 ? [{ cipher, mac: undefined }] : macs.map(({ name: mac }) => ({ cipher, mac })),
);

export function titleOf({ cipher, mac }: Protection): string {
  return mac === undefined ? cipher : `${cipher} and ${mac}`;
}

/** Registers the tests for a client. */
export async function describeClient(name: string, run: ClientUnderTest): Promise<void> {
  // Without the stock programs all tests are skipped and nobody looks at it.
  const setting = openssh.skip === false ? await createSetting() : ({} as Setting);
  describe(`${name} with the stock sshd`, openssh, () => {
    after(() => setting.fixture[Symbol.asyncDispose]());
    describeAlgorithms(setting, run);
    describeTransfers(setting, run);
  });
}

function describeAlgorithms({ fixture, server, talkative, userKeys }: Setting, run: ClientUnderTest) {
  test('a command has its output, errors and status', async () => {
    const result = await run({ fixture, server, command: 'echo out; echo err >&2; exit 3' });
    assert.deepEqual([text(result.stdout), result.stderr, result.code], ['out\n', 'err\n', 3]);
  });

  for (const { name: keyExchange } of keyExchanges) {
    test(`a login with ${keyExchange}`, async (context) => {
      const program = opensshKnowing('sshd', keyExchange);
      if (program === undefined) return context.skip(`no stock sshd has ${keyExchange}`);
      await using server = await fixture.startServer({ program, config: ['LogLevel DEBUG1'] });
      const result = await run({ fixture, server, command: 'echo in', keyExchange });
      assert.equal(text(result.stdout), 'in\n', result.stderr);
      await server.untilLog(new RegExp(`kex: algorithm: ${keyExchange}\\b`));
    });
  }

  for (const hostKeyAlgorithm of hostKeyAlgorithms) {
    test(`a host key by ${hostKeyAlgorithm} is verified`, async () => {
      const start = talkative.log().length;
      const result = await run({ fixture, server: talkative, command: 'echo in', hostKeyAlgorithm });
      assert.equal(text(result.stdout), 'in\n', result.stderr);
      const line = new RegExp(`kex: host key algorithm: ${hostKeyAlgorithm}\\b`);
      await until(() => line.test(talkative.log().slice(start)), 'sshd has logged the algorithm');
    });
  }

  for (const [index, type] of keyTypes.entries()) {
    test(`a user key of type ${type} lets in`, async () => {
      const result = await run({ fixture, server, command: 'echo in', identity: userKeys[index] as string });
      assert.equal(text(result.stdout), 'in\n', result.stderr);
    });
  }
}

function describeTransfers({ fixture, talkative }: Setting, run: ClientUnderTest) {
  const input = testData(16 * mebibyte);
  const command = 'cat';
  const comesBack = ({ stdout, stderr, code }: ClientOutcome): void => {
    assert.equal(code, 0, stderr);
    assert.ok(equalBytes(stdout, input), `${stdout.length} bytes came back and are not those that went`);
  };

  for (const protection of protections) {
    test(`16 MiB go both ways with ${titleOf(protection)}, re-keyed every MiB`, async () => {
      const start = talkative.log().length;
      const { cipher, mac } = protection;
      const chosen = mac === undefined ? { cipher } : { cipher, mac };
      comesBack(await run({ fixture, server: talkative, command, input, ...chosen, rekeyBytes: mebibyte }));
      const log = (): string => talkative.log().slice(start);
      await until(
        () => rekeysIn(log()) >= fewestRekeys,
        () => `re-keys; ${rekeysIn(log())} came`,
      );
      assert.ok(log().includes(`client->server cipher: ${cipher} MAC: ${mac ?? '<implicit>'}`));
    });
  }

  test('8 MiB of text and of noise go both ways compressed, re-keyed every MiB', async () => {
    const start = talkative.log().length;
    const mixed = compressibleData();
    const result = await run({
      fixture,
      server: talkative,
      command,
      input: mixed,
      rekeyBytes: mebibyte,
      compresses: true,
    });
    assert.ok(equalBytes(result.stdout, mixed), `${result.stdout.length} bytes came back ${result.stderr}`);
    const log = (): string => talkative.log().slice(start);
    // Those of the text count for what is left of them.
    await until(() => rekeysIn(log()) >= 4, '4 re-keys');
    for (const way of ['client->server', 'server->client']) {
      assert.match(log(), new RegExp(`kex: ${way} .* compression: zlib@openssh.com`));
    }
  });

  test('16 MiB go both ways while sshd re-keys every MiB', async () => {
    await using server = await fixture.startServer({ config: ['RekeyLimit 1M', 'LogLevel DEBUG1'] });
    comesBack(await run({ fixture, server, command, input }));
    await until(() => rekeysIn(server.log()) >= fewestRekeys, 're-keys');
  });
}

function rekeysIn(log: string): number {
  return (log.match(/SSH2_MSG_NEWKEYS received/g) ?? []).length;
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
