import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { TemporaryFolder } from '@sallyport/testing';
import { UsageError } from '../shared/option-table.ts';
import { ProgramExit } from '../shared/program-exit.ts';
import { hostKeyAlgorithms, scanTypeOf } from './key-types.ts';
import { main } from './main.ts';
import { parseOptions } from './options.ts';
import { scan } from './scan.ts';
import { scanConnection } from './scan-connection.ts';
import { targets } from './targets.ts';

const crypto = createCryptoProvider();
const silent = (): undefined => undefined;

/** A server that does what it is told with each connection. */
async function listen(serve: (socket: Socket) => void): Promise<{ port: number; [Symbol.dispose](): void }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', silent);
    serve(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.dispose]: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

const request = (port: number, timeoutMs: number) => ({
  ...{ crypto, address: '127.0.0.1', port, timeoutMs, log: silent, identified: silent },
  hostKeyAlgorithms: ['ssh-ed25519'],
});

test('options are read, and wrong ones are told in the words of OpenSSH', () => {
  const options = parseOptions(['-qHD', '-p', '2222', '-T', '1m30', '-t', 'rsa,ED25519', '-O', 'hashalg=sha256', 'h']);
  assert.deepEqual(
    [options.quiet, options.hashesNames, options.printsSshfp, options.port, options.timeoutMs, options.types],
    [true, true, true, 2222, 90_000, ['rsa', 'ed25519']],
  );
  assert.deepEqual([options.sshfpDigests, options.operands], [['sha256'], ['h']]);
  const wrong = (argv: readonly string[]): string => {
    try {
      parseOptions(argv);
    } catch (error) {
      assert.ok(error instanceof UsageError || error instanceof ProgramExit);
      return error.message.trim();
    }
    return assert.fail(argv.join(' '));
  };
  assert.equal(wrong(['-p', '0', 'h']), "Bad port '0'");
  assert.equal(wrong(['-T', '-1', 'h']), "Bad timeout '-1'");
  assert.equal(wrong(['-t', 'dsa', 'h']), 'Unknown key type "dsa"');
  assert.equal(wrong(['-O', 'hashalg=md5', 'h']), 'Unsupported hash algorithm "md5"');
  assert.equal(wrong(['-Z', 'h']), 'unknown option -- Z');
  assert.equal(wrong([]), '');
});

test('types of keys are asked for by their algorithms, certificates by theirs', () => {
  assert.deepEqual(hostKeyAlgorithms('rsa', false), ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa']);
  assert.deepEqual(hostKeyAlgorithms('ed25519', true), ['ssh-ed25519-cert-v01@openssh.com']);
  assert.equal(hostKeyAlgorithms('ecdsa', false).length, 3);
  assert.equal(scanTypeOf('ecdsa-sha2-nistp384'), 'ecdsa');
  assert.equal(scanTypeOf('ssh-dss'), undefined);
});

test('targets are operands, lines of files with names, and every address of a range', async () => {
  await using folder = await TemporaryFolder.create();
  const path = await folder.write('hosts', '# all\n192.0.2.1,192.0.2.2 a,b more\n\n \t c # last\n');
  const found = [...targets([path], ['d,e', '192.0.2.6/30', '2001:db8::/127', '1.2.3.4/40'])];
  assert.deepEqual(found, [
    { addresses: ['192.0.2.1', '192.0.2.2'], names: ['a', 'b more'] },
    { addresses: ['c'], names: ['c'] },
    { addresses: ['d', 'e'], names: ['d', 'e'] },
    ...['192.0.2.4', '192.0.2.5', '192.0.2.6', '192.0.2.7', '2001:db8::', '2001:db8::1'].map((address) => {
      return { addresses: [address], names: [address] };
    }),
    { addresses: ['1.2.3.4/40'], names: ['1.2.3.4/40'] },
  ]);
  const [first] = targets([], ['::/0']);
  assert.deepEqual(first?.names, ['::']);
  assert.throws(() => [...targets([folder.file('none')], [])], /No such file/);
});

test('a silent server and one that drips end by their own timers', { timeout: 20_000 }, async () => {
  using quiet = await listen(silent);
  const outcome = await scanConnection(request(quiet.port, 50));
  assert.deepEqual([outcome.type, outcome.type === 'nothing' && outcome.reason], ['nothing', 'timed out']);
  using dripping = await listen((socket) => {
    const timer = setInterval(() => socket.write('x\r\n'), 20);
    socket.on('close', () => clearInterval(timer));
  });
  const dripped = await scanConnection(request(dripping.port, 500));
  assert.deepEqual([dripped.type, dripped.type === 'nothing' && dripped.connected], ['nothing', true]);
});

test('what is no SSH server, leaves at once or is not there gives no key', { timeout: 20_000 }, async () => {
  using http = await listen((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  using leaving = await listen((socket) => socket.destroy());
  using garbled = await listen((socket) => socket.write(`SSH-2.0-x\r\n${'\xff'.repeat(64)}`, 'latin1'));
  for (const { port } of [http, leaving, garbled]) {
    assert.equal((await scanConnection(request(port, 5000))).type, 'nothing');
  }
  const gone = await listen(silent);
  gone[Symbol.dispose]();
  const outcome = await scanConnection(request(gone.port, 5000));
  assert.deepEqual([outcome.type, outcome.type === 'nothing' && outcome.connected], ['nothing', false]);
});

test('a scan has no more connections at a time than it may', { timeout: 20_000 }, async () => {
  let now = 0;
  let most = 0;
  using server = await listen((socket) => {
    now += 1;
    most = Math.max(most, now);
    socket.on('close', () => {
      now -= 1;
    });
    setTimeout(() => socket.destroy(), 5);
  });
  const options = parseOptions(['-p', String(server.port), '-t', 'ed25519', '127.0.0.1']);
  const hosts = Array.from({ length: 40 }, () => ({ addresses: ['127.0.0.1'], names: ['x'] }));
  const report = { log: silent, identified: silent, found: () => assert.fail('nobody shows a key') };
  assert.equal(await scan(hosts, { crypto, options, atOnce: 7 }, report), false);
  assert.ok(most <= 7 && most > 1, String(most));
});

test('wrong uses have status 1, types that do not exist 255', async () => {
  assert.equal(await main([]), 1);
  assert.equal(await main(['-t', 'none', 'h']), 255);
});
