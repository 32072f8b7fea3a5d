// ssh-keyscan beside the stock one, on the same stock sshd: the
// same keys in every form of output.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { OpensshFixture, ourProgram, programPath, runProgram, type StockServer, skipUnless } from '@sallyport/testing';

const own = ourProgram('ssh-keyscan');

describe('ssh-keyscan and the stock one', skipUnless('openssh-server', 'openssh-client'), () => {
  let fixture: OpensshFixture;
  let server: StockServer;
  before(async () => {
    fixture = await OpensshFixture.create();
    // Each key is asked for through a connection of its own, and none of them logs in.
    const config = ['MaxStartups 100'];
    server = await fixture.startServer({ config, hostKeys: ['ed25519', 'ecdsa-256', 'rsa-2048'] });
  });
  after(() => fixture[Symbol.asyncDispose]());

  /** Lines that are no comments, in order of their bytes: which key comes first is chance. */
  const scan = async (
    program: string,
    args: readonly string[],
    input = '',
  ): Promise<[string[], number | undefined]> => {
    const { stdout, code } = await runProgram(program, ['-T', '30', '-p', String(server.port), ...args], { input });
    const lines = stdout.toString().split('\n');
    return [lines.filter((line) => !/^(?:[#;]|$)/.test(line)).sort(), code];
  };

  const calls: readonly (readonly [readonly string[], string?])[] = [
    [['127.0.0.1']],
    [['-t', 'ed25519', '127.0.0.1,Other']],
    [['-t', 'rsa,ecdsa', 'localhost', '127.0.0.1']],
    [['-D', '127.0.0.1']],
    [['-4', '-t', 'ed25519', '-f', '-'], '127.0.0.1 one,two\n# no\n127.0.0.1\n'],
    [['-c', '127.0.0.1']],
    [['-t', 'ed25519', '127.0.0.0/30']],
  ];
  for (const [args, input] of calls) {
    test(`${args.join(' ')} prints what the stock one prints`, async () => {
      assert.deepEqual(await scan(own, args, input), await scan(programPath('ssh-keyscan'), args, input));
    });
  }

  test('hashed names are found by the stock ssh-keygen', async () => {
    const [lines] = await scan(own, ['-H', '-t', 'ed25519', '127.0.0.1']);
    assert.match(lines[0] ?? '', /^\|1\|/);
    const path = await fixture.folder.write('hashed', `${lines.join('\n')}\n`);
    const found = await runProgram(programPath('ssh-keygen'), ['-F', `[127.0.0.1]:${server.port}`, '-f', path]);
    assert.equal(found.code, 0, found.stderr);
  });

  test('nobody there is status 1 without a word, as with the stock one', async () => {
    const { stdout, stderr, code } = await runProgram(own, ['-p', '1', '127.0.0.1']);
    assert.deepEqual([stdout.toString(), stderr, code], ['', '', 1]);
  });
});
