// The auth processes of the program sshd: each connection has its own, a copy of a template (decision record 0015);
// what happens when one of them, the template or the monitor ends; that no two of them draw the same random bytes.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after, describe, test } from 'node:test';
import type { StockServer } from '@sallyport/testing';
import { until } from '@sallyport/testing';
import { hasEnded } from '@sallyport/testing/has-ended';
import { authProcesses, Listening, listening, template } from './auth-template.ts';
import { children, childrenNamed, commandLine, descriptors } from './processes.ts';
import { needsRoot, SshdFixture, waysToRun } from './sshd-fixture.ts';

const fixture = await SshdFixture.create();
after(() => fixture[Symbol.asyncDispose]());

/** Children that have ended and were not waited for have no command line. */
function zombies(server: StockServer): readonly number[] {
  return children(server.pid).filter((pid) => commandLine(pid) === '' && hasEnded(pid));
}

for (const { as, needs } of waysToRun) {
  describe(`auth processes of sshd as ${as}`, needs, () => {
    test('each connection has a process of its own, which is gone with it, and no two draw the same random bytes', async () => {
      await using server = await fixture.start(as, { config: ['MaxStartups 100'] });
      const original = await template(server);
      const peers = Array.from({ length: 30 }, () => new Listening(server));
      const cookies = await Promise.all(peers.map((peer) => peer.cookie()));
      assert.equal(new Set(cookies).size, cookies.length);
      await until(() => authProcesses(server).length === 31, 'a process for each, and the template');
      await Promise.all(peers.map((peer) => peer.close()));
      assert.equal(await template(server), original);
      await until(() => zombies(server).length === 0, 'each has been waited for');
    });

    test('a template has one thread only, so that no copy can wait for a lock of another', async () => {
      await using server = await fixture.start(as);
      const original = await template(server);
      assert.equal(readdirSync(`/proc/${original}/task`).length, 1);
    });

    test('a process that crashes costs its connection, is logged, and its template makes no more copies', async () => {
      await using server = await fixture.start(as);
      const original = await template(server);
      const [peer, other] = await listening(server, 2);
      const [victim = 0] = authProcesses(server).filter((pid) => pid !== original);
      process.kill(victim, 'SIGSEGV');
      await Promise.race([peer?.closed, other?.closed]);
      await server.untilLog(new RegExp(`sshd-auth process ${victim} ended with signal 11`));
      assert.equal((await fixture.ssh(server, ['echo in'])).stdout, 'in\n');
      await Promise.all([peer?.close(), other?.close()]);
      assert.notEqual(await template(server), original);
    });

    test('a template that is killed costs nobody the connection, and there is a new one', async () => {
      await using server = await fixture.start(as);
      const original = await template(server);
      const peers = await listening(server, 3);
      process.kill(original, 'SIGKILL');
      await server.untilLog(new RegExp(`sshd-auth process ${original} ended with signal 9`));
      assert.equal((await fixture.ssh(server, ['echo in'])).stdout, 'in\n');
      for (const peer of peers) assert.equal(peer.socket.destroyed, false);
      await Promise.all(peers.map((peer) => peer.close()));
      assert.notEqual(await template(server), original);
      await until(() => zombies(server).length === 0, 'each has been waited for');
    });

    test('one template makes a limited number of copies, and its successor goes on', needsRoot, async () => {
      await using server = await fixture.start(as, { config: ['MaxStartups 100'] });
      const original = await template(server);
      const before = descriptors(server.pid).length;
      for (let round = 0; round < 6; round++) {
        const peers = await listening(server, 20);
        await Promise.all(peers.map((peer) => peer.close()));
      }
      await until(() => !authProcesses(server).includes(original), 'the first template has ended');
      await template(server);
      assert.equal((await fixture.ssh(server, ['echo in'])).stdout, 'in\n');
      await until(() => childrenNamed(server.pid, /^sshd-session/).length === 0, 'the account process has ended');
      await until(() => descriptors(server.pid).length <= before, `no more than ${before} descriptors`);
      assert.doesNotMatch(server.log(), /ended with|cannot start/);
    });

    test('when the monitor is killed, the auth processes end and with them the connections', async () => {
      await using server = await fixture.start(as);
      await template(server);
      const peers = await listening(server, 3);
      const pids = authProcesses(server);
      process.kill(server.pid, 'SIGKILL');
      await Promise.all(peers.map((peer) => peer.closed));
      await until(() => pids.every((pid) => hasEnded(pid)), 'no auth process is left');
    });
  });
}
