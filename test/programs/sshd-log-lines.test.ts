// What our sshd logs, beside the stock sshd in the same situations: the lines that administrators and fail2ban read.
// What OpenSSH 9.2 words differently from 10.5, and what only its other processes say, is left out by name.

import assert from 'node:assert/strict';
import { connect as connectTcp } from 'node:net';
import { after, before, describe, test } from 'node:test';
import type { StockClientOptions, StockServer } from '@sallyport/testing';
import { OpensshFixture, skipUnless, TemporaryAccount, until } from '@sallyport/testing';
import { ourSshd } from './sshd-fixture.ts';

const needs = skipUnless('root', 'openssh-client', 'openssh-server');

/** Lines of the stock sshd that ours has not. */
const onlyStock = [
  /^User child is on pid/,
  /^Transferred: /,
  /^Closing connection to/,
  /^Could not get shadow information/,
  /^syslogin_perform_logout/,
  // Up to 9.7.
  /^kex_exchange_identification: /,
  // The lines of its server loop say no more than these.
  /^Connection from/,
  /^Server listening/,
];

interface Servers {
  readonly ours: StockServer;
  readonly stock: StockServer;
}

interface Situation {
  readonly title: string;
  readonly act: (server: StockServer) => Promise<unknown>;
  /** The situation is over when each of these has been logged. */
  readonly last: readonly RegExp[];
}

const password = (answer: string, prompts: number): StockClientOptions => ({
  env: { SSH_ASKPASS_REQUIRE: 'force', ANSWER: answer },
  config: ['BatchMode=no', 'PubkeyAuthentication=no', `NumberOfPasswordPrompts=${prompts}`],
});

describe('the log of our sshd beside that of the stock one', needs, () => {
  let fixture: OpensshFixture;
  let account: TemporaryAccount;
  let servers: Servers;
  let askPass: string;
  let wrongKey: string;
  before(async () => {
    fixture = await OpensshFixture.create();
    account = await TemporaryAccount.create({ password: 'secret' });
    wrongKey = (await fixture.key('ecdsa-256', 'wrong')).path;
    askPass = await fixture.folder.write('askpass', '#!/bin/sh\nprintf "%s\\n" "$ANSWER"\n', 0o755);
    const config = ['PasswordAuthentication yes', 'PermitRootLogin no', 'AllowTcpForwarding no', 'MaxAuthTries 4'];
    const options = { config, user: account.name };
    const [ours, stock] = await Promise.all([
      fixture.startServer({ ...options, program: ourSshd }),
      fixture.startServer(options),
    ]);
    servers = { ours, stock };
  });
  after(async () => {
    await fixture?.[Symbol.asyncDispose]();
    await account?.[Symbol.asyncDispose]();
  });

  function ssh(server: StockServer, args: readonly string[], options: StockClientOptions = {}): Promise<unknown> {
    return fixture.runClient(server, args, { ...options, env: { SSH_ASKPASS: askPass, ...options.env } });
  }

  function raw(server: StockServer, text: string): Promise<void> {
    return new Promise((resolve) => {
      const socket = connectTcp(server.port, '127.0.0.1', () => socket.write(text));
      socket.on('error', () => undefined);
      socket.on('data', () => undefined);
      socket.on('close', () => resolve());
      if (text === '' || text === 'SSH-2.0-x\r\n') socket.once('data', () => socket.end());
    });
  }

  const left = /Disconnected from user/;
  const closedSession = /Close session: /;
  const situations: readonly Situation[] = [
    { title: 'a command', act: (server) => ssh(server, ['true']), last: [left] },
    { title: 'a shell on a terminal', act: (server) => ssh(server, ['-tt'], { input: 'exit 3\n' }), last: [left] },
    {
      title: 'a wrong key before the right one',
      act: (server) => ssh(server, ['true'], { config: [`IdentityFile=${wrongKey}`] }),
      last: [left],
    },
    {
      title: 'an unknown user with a key',
      act: (server) => ssh({ ...server, user: 'nosuch' }, ['true']),
      last: [/Connection closed by invalid user/],
    },
    { title: 'a password', act: (server) => ssh(server, ['true'], password('secret', 1)), last: [left] },
    {
      title: 'wrong passwords',
      act: (server) => ssh(server, ['true'], password('bad', 2)),
      last: [/Connection closed by authenticating user/],
    },
    {
      title: 'too many wrong passwords',
      act: (server) => ssh(server, ['true'], password('bad', 9)),
      last: [/Too many authentication failures/],
    },
    {
      title: 'too many passwords of an unknown user',
      act: (server) => ssh({ ...server, user: 'nosuch' }, ['true'], password('bad', 9)),
      last: [/Too many authentication failures/],
    },
    {
      title: 'an unknown user with a name that looks like a line',
      act: (server) => ssh({ ...server, user: 'x from 1.2.3.4 port 5' }, ['true']),
      last: [/Connection closed by invalid user/],
    },
    { title: 'root', act: (server) => ssh({ ...server, user: 'root' }, ['true']), last: [/Connection closed by/] },
    { title: 'a web browser', act: (server) => raw(server, 'GET / HTTP/1.1\r\n\r\n'), last: [/invalid format/] },
    { title: 'protocol 1', act: (server) => raw(server, 'SSH-1.5-x\r\n'), last: [/could not read protocol version/] },
    { title: 'a scan', act: (server) => raw(server, ''), last: [/Connection (closed|reset) by/] },
    { title: 'a half scan', act: (server) => raw(server, 'SSH-2.0-x\r\n'), last: [/Connection (closed|reset) by/] },
    {
      title: 'no common key exchange',
      act: (server) => ssh(server, ['true'], { config: ['KexAlgorithms=diffie-hellman-group1-sha1'] }),
      last: [/Unable to negotiate/],
    },
    {
      title: 'no common cipher',
      act: (server) => ssh(server, ['true'], { config: ['Ciphers=3des-cbc'] }),
      last: [/Unable to negotiate/],
    },
    {
      title: 'no common MAC',
      act: (server) => ssh(server, ['true'], { config: ['Ciphers=aes128-ctr', 'MACs=hmac-md5'] }),
      last: [/Unable to negotiate/],
    },
    {
      title: 'no common host key',
      act: (server) => ssh(server, ['true'], { config: ['HostKeyAlgorithms=ssh-rsa'] }),
      last: [/Unable to negotiate/],
    },
    {
      title: 'a client that does not trust the host key',
      act: (server) => ssh({ ...server, knownHosts: '/dev/null' }, ['true']),
      last: [/Connection closed by/],
    },
    {
      title: 'a subsystem that is not there',
      act: (server) => ssh(server, ['-s', 'nothing']),
      last: [closedSession, /Connection closed by/],
    },
    {
      title: 'a forwarding that is not allowed',
      act: (server) => ssh(server, ['-W', '127.0.0.1:1']),
      last: [/Connection closed by/],
    },
  ];

  for (const { title, act, last } of situations) {
    test(`${title}: the same lines`, async () => {
      const [ours, stock] = await Promise.all([linesOf(servers.ours, act, last), linesOf(servers.stock, act, last)]);
      assert.deepEqual(ours, stock);
    });
  }

  async function linesOf(
    server: StockServer,
    act: Situation['act'],
    last: Situation['last'],
  ): Promise<readonly string[]> {
    const before = server.log().length;
    await act(server);
    const isOver = (): boolean => last.every((pattern) => pattern.test(server.log().slice(before)));
    await until(isOver, () => `${last.join(' ')} in\n${server.log().slice(before)}`);
    const lines = server
      .log()
      .slice(before)
      .split('\r\n')
      .filter((line) => line !== '');
    return lines
      .filter((line) => !onlyStock.some((pattern) => pattern.test(line)))
      .filter((line) => last.includes(closedSession) || !closedSession.test(line))
      .map((line) => normalised(line, account.name));
  }
});

/** Without what differs from one connection to the next, and with the 9.2 mark of early lines as 10.5 has it. */
function normalised(line: string, user: string): string {
  const early = /^(Connection closed by \d|Protocol major|banner exchange)/.test(line) && !line.endsWith('[preauth]');
  return (early ? `${line} [preauth]` : line)
    .replaceAll(user, 'USER')
    .replace(/port \d+(?= (ssh2|id)|:|$| \[preauth\])/g, 'port N')
    .replace(/originator 127\.0\.0\.1 port \d+/, 'originator 127.0.0.1 port N')
    .replace(/SHA256:\S+/g, 'SHA256:X')
    .replace(/pts\/\d+/, 'pts/T')
    .replace(/server-\d+\./, 'server.');
}
