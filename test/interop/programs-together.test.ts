// The program ssh with the program sshd: what no stock program here has (ML-KEM), and bytes both ways with both ends
// ours.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { keyExchanges } from '@sallyport/protocol/algorithms/key-exchanges';
import { equalBytes } from '@sallyport/protocol/wire/bytes';
import { OpensshFixture, skipUnless } from '@sallyport/testing';
import { programSsh, programSshd } from './programs.ts';
import { mebibyte, testData } from './support.ts';

// The fixture makes its keys with the stock ssh-keygen.
const openssh = skipUnless('openssh-client');
const fixture = openssh.skip === false ? await OpensshFixture.create() : undefined;
after(() => fixture?.[Symbol.asyncDispose]());

test(
  'our ssh and our sshd carry 16 MiB both ways with every key exchange, re-keyed every MiB by both',
  openssh,
  async () => {
    assert.ok(fixture);
    const server = await programSshd({ fixture, hostKeyTypes: ['ed25519'], userKeys: [], rekeyBytes: mebibyte });
    const input = testData(16 * mebibyte);
    for (const { name: keyExchange } of keyExchanges) {
      const run = { fixture, server: server.target, keyExchange, rekeyBytes: mebibyte };
      const { stdout, stderr, code } = await programSsh({ ...run, command: 'cat', input });
      assert.equal(code, 0, `${keyExchange}: ${stderr}`);
      assert.ok(equalBytes(stdout, input), `${keyExchange}: ${stdout.length} bytes came back`);
    }
    await server.end();
  },
);
