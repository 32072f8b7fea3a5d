import assert from 'node:assert/strict';
import { readSync } from 'node:fs';
import { hostname } from 'node:os';
import { describe, test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { frameAgentMessage, maximumAgentMessageBytes } from '@sallyport/protocol/agent/framing';
import { PrivateKey } from '@sallyport/protocol/keys/private-key';
import { verifySignature } from '@sallyport/protocol/keys/public-key';
import { hostbasedSignedData } from '@sallyport/protocol/userauth/methods/hostbased';
import { sendWhole } from '@sallyport/system/blocking-io';
import { closeDescriptor, setNonBlocking, socketPair } from '@sallyport/system/descriptors';
import { ownAccount } from '@sallyport/testing/peers';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import { keysignAnswer, keysignRequest } from '../shared/keysign-service.ts';
import { answerRequest } from './answer-request.ts';
import { lines, refusals } from './messages.ts';

const crypto = createCryptoProvider();
const key = new PrivateKey(crypto.generateKey('ed25519'));
const { name: user, uid } = ownAccount();

interface Setup {
  /** What the client sends, framed; then it sends no more. */
  readonly sent?: Uint8Array;
  readonly config?: string;
  readonly configMode?: number;
  readonly uid?: number | undefined;
  readonly hostKeys?: readonly PrivateKey[];
}

const ownKey = { algorithm: 'ssh-ed25519', key: key.publicKey.blob };

const dataFor = (clientHost = `${hostname()}.`, named = ownKey): Uint8Array => {
  const context = { user: 'bob', service: 'ssh-connection', sessionId: new Uint8Array(32) };
  return hostbasedSignedData({ ...named, clientHost, clientUser: user }, context);
};

const framedRequest = (data: Uint8Array, address = '', version = 1): Uint8Array =>
  frameAgentMessage(keysignRequest.encode({ version, address, data }));

interface Answered {
  readonly isSigned: boolean;
  readonly signature: Uint8Array;
  readonly reason: string;
  readonly log: readonly string[];
}

async function ask(setup: Setup): Promise<Answered> {
  await using folder = await TemporaryFolder.create();
  const configFile = await folder.write(
    'ssh_config',
    setup.config ?? 'EnableSSHKeysign yes\n',
    setup.configMode ?? 0o644,
  );
  const [client, server] = socketPair();
  const log: string[] = [];
  try {
    sendWhole(client, setup.sent ?? framedRequest(dataFor()));
    const whole = { crypto, configFile, trustedUid: uid, hostKeys: setup.hostKeys ?? [key] };
    const asked = 'uid' in setup ? setup.uid : uid;
    answerRequest(server, { ...whole, uid: asked, log: (level, line) => log.push(`${level}: ${line}`) });
    setNonBlocking(client, false);
    const room = Buffer.alloc(4096);
    return { ...keysignAnswer.decode(room.subarray(4, readSync(client, room))), log };
  } finally {
    for (const fd of [client, server]) closeDescriptor(fd);
  }
}

describe('answerRequest', () => {
  test('signs what a user of this host may have signed, and the log tells of it (RFC 4252 section 9)', async () => {
    const { isSigned, signature, reason, log } = await ask({});
    assert.deepEqual([isSigned, reason], [true, '']);
    assert.ok(verifySignature(crypto, { key: key.publicKey, algorithm: 'ssh-ed25519', data: dataFor(), signature }));
    assert.equal(log.length, 1);
    assert.match(log[0] ?? '', new RegExp(`^info: signed for user ${user} \\(uid ${uid}\\) with ED25519 SHA256:`));
    assert.ok(log[0]?.endsWith(`as ${hostname()}. to log in as bob`));
  });

  test('goes by the name of the address that our end of the connection has', async () => {
    assert.equal((await ask({ sent: framedRequest(dataFor('localhost.'), '127.0.0.1') })).isSigned, true);
    const { reason } = await ask({ sent: framedRequest(dataFor('db.example.org.'), '127.0.0.1') });
    assert.equal(reason, refusals.otherHost('db.example.org.', 'localhost'));
  });

  const disabled: readonly (readonly [string, Setup, RegExp])[] = [
    ['is not enabled', { config: 'EnableSSHKeysign no\n' }, /^ssh-keysign not enabled in /],
    ['is not mentioned', { config: 'HostbasedAuthentication yes\n' }, /^ssh-keysign not enabled in /],
    ['is enabled for some host only', { config: 'Host some\n  EnableSSHKeysign yes\n' }, /^ssh-keysign not enabled/],
    [
      'is enabled for another user',
      { config: 'Match localuser somebody-else\n  EnableSSHKeysign yes\n' },
      /^ssh-keysign not enabled/,
    ],
    ['is enabled by a file that others may write', { configMode: 0o666 }, /^bad configuration: Bad owner or perm/],
    ['is enabled by a file that is wrong', { config: 'EnableSSHKeysign perhaps\n' }, /^bad configuration: /],
    [
      'depends on a command',
      { config: 'Match !exec false\n  EnableSSHKeysign yes\n' },
      /uses Match exec, which ssh-keysign does not run$/,
    ],
  ];
  for (const [what, setup, reason] of disabled) {
    test(`signs nothing while it ${what}`, async () => {
      const answered = await ask(setup);
      assert.equal(answered.isSigned, false);
      assert.match(answered.reason, reason);
      assert.deepEqual(answered.log, [`error: ${lines.refused(uid, answered.reason)}`]);
    });
  }

  for (const config of ['Host *\n  EnableSSHKeysign yes\n', `Match localuser ${user}\n  EnableSSHKeysign yes\n`]) {
    test(`is enabled by ${config.split('\n', 1)[0] ?? ''}`, async () => {
      assert.equal((await ask({ config })).isSigned, true);
    });
  }

  test('what the file says about algorithms counts', async () => {
    const rsa = new PrivateKey(crypto.generateKey('rsa', { bits: 2048 }));
    const sent = framedRequest(dataFor(undefined, { algorithm: 'ssh-rsa', key: rsa.publicKey.blob }));
    const asked = { sent, hostKeys: [rsa] };
    assert.equal((await ask(asked)).reason, refusals.algorithm('ssh-rsa'));
    const config = 'EnableSSHKeysign yes\nHostbasedAcceptedAlgorithms +ssh-rsa\n';
    assert.equal((await ask({ ...asked, config })).isSigned, true);
  });

  const nobody = 65534;
  const noUser = 4_000_000_000;
  const refused: readonly (readonly [string, Setup, string])[] = [
    ['without a user at the other end', { uid: undefined }, refusals.noPeer],
    ['of a user that has no number here', { uid: nobody }, refusals.noPeer],
    ['of a user without an account', { uid: noUser }, refusals.noAccount(noUser)],
    ['while there is no host key', { hostKeys: [] }, refusals.noHostKey],
    ['from an address of another host', { sent: framedRequest(dataFor(), '192.0.2.1') }, '192.0.2.1 is no address'],
    ['from an address that is none', { sent: framedRequest(dataFor(), 'localhost\n') }, 'localhost\\012 is no address'],
    ['of another version', { sent: framedRequest(dataFor(), '', 2) }, refusals.badVersion(2)],
    ['that claims to be longer than any', { sent: lengthOnly(maximumAgentMessageBytes + 1) }, refusals.malformed],
    ['without a length', { sent: lengthOnly(0) }, refusals.malformed],
    ['with another one behind it', { sent: twice(framedRequest(dataFor())) }, refusals.malformed],
    ['with bytes behind its last field', { sent: frameAgentMessage(new Uint8Array(20)) }, refusals.malformed],
    ['without data', { sent: framedRequest(new Uint8Array(0)) }, refusals.malformed],
    ['that is too long', { sent: framedRequest(new Uint8Array(100_000)) }, 'request of '],
  ];
  for (const [what, setup, reason] of refused) {
    test(`refuses a request ${what}`, async () => {
      const answered = await ask(setup);
      assert.equal(answered.isSigned, false);
      assert.ok(answered.reason.startsWith(reason), answered.reason);
      assert.equal(answered.signature.length, 0);
    });
  }

  test('control characters of a request reach neither log nor answer', async () => {
    const { reason, log } = await ask({ sent: framedRequest(dataFor('h\r\nroot.\u001b[2J'), '127.0.0.1') });
    for (const text of [reason, ...log]) assert.ok(text.includes('h\\015\\012root.\\033[2J'), text);
  });

  test('a client that has gone does no harm', async () => {
    await using folder = await TemporaryFolder.create();
    const configFile = await folder.write('ssh_config', 'EnableSSHKeysign yes\n', 0o644);
    const [client, server] = socketPair();
    const log: string[] = [];
    closeDescriptor(client);
    answerRequest(server, {
      crypto,
      configFile,
      trustedUid: uid,
      hostKeys: [key],
      uid,
      log: (_, line) => log.push(line),
    });
    closeDescriptor(server);
    assert.deepEqual(log, [lines.refused(uid, refusals.malformed)]);
  });
});

function lengthOnly(length: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(length);
  return bytes;
}

function twice(bytes: Uint8Array): Uint8Array {
  return Uint8Array.of(...bytes, ...bytes);
}
