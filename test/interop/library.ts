// The library as the client and as the server of the suites: the stock programs and those of others meet it as they
// would meet an application.

import { compressionOrder } from '@sallyport/protocol/algorithms/compressions';
import { keyExchanges } from '@sallyport/protocol/algorithms/key-exchanges';
import type { AlgorithmPreferences } from '@sallyport/protocol/transport/options';
import type { ServerOptions } from 'sallyport';
import { connect, readPrivateKey } from 'sallyport';
import type { ClientRun, ClientUnderTest } from './client-suite.ts';
import type { ServerUnderTest } from './server-suite.ts';
import { startServer } from './support.ts';

function algorithmsOf({
  keyExchange,
  hostKeyAlgorithm,
  cipher,
  mac,
  compresses,
}: ClientRun): Partial<AlgorithmPreferences> {
  return {
    ...(keyExchange === undefined ? {} : { keyExchanges: [keyExchange] }),
    ...(hostKeyAlgorithm === undefined ? {} : { hostKeyAlgorithms: [hostKeyAlgorithm] }),
    ...(cipher === undefined ? {} : { ciphers: [cipher] }),
    ...(mac === undefined ? {} : { macs: [mac] }),
    ...(compresses === true ? { compressions: ['zlib@openssh.com'] } : {}),
  };
}

export const libraryClient: ClientUnderTest = async (run) => {
  const { host, port, user, knownHosts } = run.server;
  await using client = await connect({
    host,
    port,
    user,
    knownHosts,
    identities: [run.identity ?? run.fixture.userKey.path],
    agent: false,
    timeoutMs: 20_000,
    algorithms: algorithmsOf(run),
    ...(run.rekeyBytes === undefined ? {} : { rekeyLimits: { bytes: run.rekeyBytes } }),
  });
  const { stdoutBytes, stderr, exit } = await client.run(run.command, { input: run.input ?? '', timeoutMs: 60_000 });
  return { stdout: stdoutBytes, stderr, code: exit.code };
};

const algorithms = {
  keyExchanges: keyExchanges.map(({ name }) => name),
  compressions: compressionOrder.possible,
};

export const libraryServer: ServerUnderTest = async ({ fixture, hostKeyTypes, userKeys, rekeyBytes }) => {
  const keys = await Promise.all(hostKeyTypes.map((type) => fixture.key(type, `host-${type}`)));
  const hostKeys = await Promise.all(keys.map(({ path }) => readPrivateKey(path)));
  const known = new Set([fixture.userKey, ...userKeys].map(({ publicLine }) => publicLine.split(' ')[1]));
  const login: ServerOptions['login'] = {
    publicKey: ({ key }) => ({ allow: known.has(Buffer.from(key).toString('base64')) }),
  };
  const rekeyLimits = rekeyBytes === undefined ? {} : { rekeyLimits: { bytes: rekeyBytes } };
  const server = await startServer({ hostKeys, login, algorithms, ...rekeyLimits });
  const lines = keys.map(({ publicLine }) => `[127.0.0.1]:${server.port} ${publicLine}\n`);
  const knownHosts = await fixture.folder.write(`known_hosts-${server.port}`, lines.join(''));
  const target = { host: '127.0.0.1', port: server.port, user: 'anybody', knownHosts };
  return { target, hostKeys: keys, end: () => server.close() };
};
