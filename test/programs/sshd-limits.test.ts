// The limits that hold strangers and clients off: MaxAuthTries, LoginGraceTime, MaxStartups, MaxSessions, client-alive
// probes, and descriptors that run out.

import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { connect as connectTcp } from 'node:net';
import { after, describe, test } from 'node:test';
import type { StockServer } from '@sallyport/testing';
import { programPath, startProgram, until } from '@sallyport/testing';
import { childrenNamed } from './processes.ts';
import { ourSshd, SshdFixture, waysToRun } from './sshd-fixture.ts';

const fixture = await SshdFixture.create();
after(() => fixture[Symbol.asyncDispose]());

/** A client that says nothing, and what it heard until it was closed. */
class Silent {
  readonly #socket: Socket;
  readonly #closed: Promise<string>;

  constructor(server: StockServer) {
    this.#socket = connectTcp(server.port, '127.0.0.1');
    let text = '';
    this.#socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    this.#socket.on('error', () => undefined);
    this.#closed = new Promise((resolve) => this.#socket.once('close', () => resolve(text)));
  }

  /** Resolves when sshd has spoken: the connection has its auth process. */
  async heard(): Promise<this> {
    await new Promise((resolve) => this.#socket.once('data', resolve));
    return this;
  }

  closed(): Promise<string> {
    return this.#closed;
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** Tries until somebody gets in: sshd hears of the ends of others when it comes to that. */
async function untilServed(server: StockServer): Promise<void> {
  for (const deadline = performance.now() + 30_000; ; ) {
    if ((await fixture.ssh(server, ['echo in'])).stdout === 'in\n') return;
    assert.ok(performance.now() < deadline, `nobody gets in any more:\n${server.log()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

for (const { as, needs } of waysToRun) {
  describe(`limits of sshd as ${as}`, needs, () => {
    test('MaxAuthTries ends the connection after so many keys, with the reason (RFC 4252 section 4)', async () => {
      await using server = await fixture.start(as, { config: ['MaxAuthTries 3'] });
      const keys = await Promise.all([1, 2, 3, 4].map((number) => fixture.openssh.key('ed25519', `wrong-${number}`)));
      const identities = keys.map(({ path }) => `IdentityFile=${path}`);
      const refused = await fixture.ssh(server, ['true'], { config: identities });
      assert.equal(refused.code, 255);
      assert.match(
        refused.stderr,
        /Received disconnect from 127\.0\.0\.1 port \d+:2: Too many authentication failures/,
      );
      await server.untilLog(
        /maximum authentication attempts exceeded for \S+ from 127\.0\.0\.1 port \d+ ssh2 \[preauth\]/,
      );
      const enough = await fixture.ssh(server, ['echo in'], { config: identities.slice(0, 2) });
      assert.equal(enough.stdout, 'in\n');
    });

    test('MaxAuthTries of a Match block is the one that holds for its user', async () => {
      const match = `Match User ${fixture.account.name}\n  MaxAuthTries 2\n`;
      const file = await fixture.openssh.folder.write(`match-tries-${as}`, match, 0o644);
      await using server = await fixture.start(as, { config: ['MaxAuthTries 6', `Include ${file}`] });
      const keys = await Promise.all([1, 2].map((number) => fixture.openssh.key('ed25519', `wrong-${number}`)));
      const { stderr } = await fixture.ssh(server, ['true'], {
        config: keys.map(({ path }) => `IdentityFile=${path}`),
      });
      assert.match(stderr, /Too many authentication failures/);
    });

    test('a banner comes whole, and one that fits no packet is left out (RFC 4252 section 5.4)', async () => {
      const line = `${'x'.repeat(79)}\n`;
      for (const [name, lines, sent] of [
        ['large', 3000, 3000],
        ['too-large', 8000, 0],
      ] as const) {
        const file = await fixture.openssh.folder.write(`banner-${name}-${as}`, line.repeat(lines), 0o644);
        await using server = await fixture.start(as, { config: [`Banner ${file}`] });
        const { stdout, stderr } = await fixture.ssh(server, ['echo in'], { config: ['LogLevel=INFO'] });
        assert.deepEqual([stdout, stderr.split(line.trim()).length - 1], ['in\n', sent]);
      }
    });

    test('LoginGraceTime ends who does not log in, and nobody who has', async () => {
      // A login may take seconds on a machine that has other work.
      await using server = await fixture.start(as, { config: ['LoginGraceTime 6'] });
      await using client = await fixture.connect(server);
      const silent = await new Silent(server).heard();
      assert.match(await silent.closed(), /^SSH-2\.0-Sallyport_\S+\r\n$/);
      await server.untilLog(
        /Timeout before authentication for connection from 127\.0\.0\.1 to 127\.0\.0\.1, pid = \d+/,
      );
      assert.equal((await client.run('echo on')).stdout, 'on\n');
    });

    test('MaxStartups drops who comes when so many have not logged in, and says so', async () => {
      await using server = await fixture.start(as, { config: ['MaxStartups 3'] });
      const standing = await Promise.all([1, 2, 3].map(() => new Silent(server).heard()));
      assert.equal(await new Silent(server).closed(), 'Not allowed at this time\r\n');
      await server.untilLog(/drop connection #3 from \[127\.0\.0\.1\]:\d+ on \[127\.0\.0\.1\]:\d+ past Maxstartups/);
      for (const silent of standing) silent.close();
      for (const silent of standing) await silent.closed();
      await server.untilLog(/(Connection closed by 127\.0\.0\.1 port \d+ \[preauth\][^]*){3}/);
      await until(() => childrenNamed(server.pid, /^sshd-auth/).length <= 2, 'their processes have ended');
      await untilServed(server);
    });

    test('connections that have logged in do not count for MaxStartups', async () => {
      await using server = await fixture.start(as, { config: ['MaxStartups 2'] });
      const clients = [];
      for (let i = 0; i < 4; i++) clients.push(await fixture.connect(server));
      for (const client of clients) assert.equal((await client.run('echo in')).stdout, 'in\n');
      for (const client of clients) await client.end();
    });

    test('MaxSessions refuses the session that is one too many, and one that ends makes room', async () => {
      await using server = await fixture.start(as, { config: ['MaxSessions 2'] });
      await using client = await fixture.connect(server);
      const [first, second] = [await client.spawn('cat'), await client.spawn('cat')];
      await assert.rejects(client.spawn('cat'), /open failed|refused/);
      first.stdin.end();
      await first.closed;
      assert.equal((await client.run('echo room')).stdout, 'room\n');
      second.abort();
    });

    test('MaxSessions 0 lets clients forward and nothing else', async () => {
      await using server = await fixture.start(as, { config: ['MaxSessions 0'] });
      assert.equal((await fixture.ssh(server, ['true'])).code, 255);
      assert.match((await fixture.ssh(server, ['-W', `127.0.0.1:${server.port}`])).stdout, /^SSH-2\.0-/);
    });

    test('a client that answers no probe is given up after ClientAliveCountMax of them', async () => {
      // The other client may be held up for seconds and has to stay.
      await using server = await fixture.start(as, { config: ['ClientAliveInterval 1', 'ClientAliveCountMax 8'] });
      const alive = await fixture.connect(server);
      const frozen = fixture.openssh.startClient(server, ['echo ready; sleep 60']);
      await new Promise((resolve) => frozen.child.stdout?.once('data', resolve));
      frozen.child.kill('SIGSTOP');
      await server.untilLog(
        new RegExp(`Timeout, client not responding from user ${fixture.account.name} 127\\.0\\.0\\.1 port`),
      );
      frozen.child.kill('SIGKILL');
      assert.equal((await alive.run('echo on')).stdout, 'on\n');
      await alive.end();
    });

    test('descriptors that run out cost the connections of that moment, not the daemon', async () => {
      // A daemon that may open few files: the shell sets the limit and becomes sshd.
      const script = `ulimit -n 40; exec ${ourSshd} "$@"`;
      const wrapper = await fixture.openssh.folder.write(`few-files-${as}`, `#!/bin/sh\n${script}\n`, 0o755);
      await using server = await fixture.start(as, {
        program: wrapper,
        config: ['MaxStartups 200', 'LoginGraceTime 60'],
      });
      const crowd = Array.from({ length: 60 }, () => new Silent(server));
      await server.untilLog(/cannot start an sshd-auth process: /);
      for (const silent of crowd) silent.close();
      await server.untilLog(/(Connection (closed|reset) by 127[^]*){5}/);
      await untilServed(server);
    });
  });
}

test('the stock client is told what MaxStartups is about', { skip: waysToRun[0]?.needs.skip ?? false }, async () => {
  await using server = await fixture.start('account', { config: ['MaxStartups 1'] });
  const silent = await new Silent(server).heard();
  const client = startProgram(programPath('ssh'), [...fixture.openssh.clientArguments(server), 'true'], { input: '' });
  const { stderr, code } = await client.exited;
  assert.deepEqual([code, /exchange_identification/.test(stderr)], [255, true]);
  silent.close();
});
