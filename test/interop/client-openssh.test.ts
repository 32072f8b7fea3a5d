// The library's client against the stock sshd. What is common to all clients of ours is in client-suite.ts; here is
// what only one connection with several commands shows.

import { test } from 'node:test';
import { OpensshFixture, skipUnless } from '@sallyport/testing';
import { connect } from 'sallyport';
import { describeClient } from './client-suite.ts';
import { libraryClient } from './library.ts';
import { echo, mebibyte } from './support.ts';

await describeClient('the library', libraryClient);

test('sixteen commands at once come whole through one connection', skipUnless('openssh-server'), async () => {
  await using fixture = await OpensshFixture.create();
  await using server = await fixture.startServer({ config: ['MaxSessions 20'] });
  const { host, port, user, knownHosts } = server;
  const identities = [fixture.userKey.path];
  const rekeyLimits = { bytes: mebibyte };
  await using client = await connect({ host, port, user, knownHosts, identities, agent: false, rekeyLimits });
  await Promise.all(Array.from({ length: 16 }, () => echo(client, mebibyte)));
});
