// The compiled programs ssh and sshd as the client and as the server of the suites, with the arguments and the
// configuration that the stock programs get.

import { keyExchanges } from '@sallyport/protocol/algorithms/key-exchanges';
import { ourProgram } from '@sallyport/testing/our-programs';
import type { ClientUnderTest } from './client-suite.ts';
import type { ServerUnderTest } from './server-suite.ts';

export const programSsh: ClientUnderTest = async (run) => {
  const option = (name: string, value: string | number | undefined): string[] =>
    value === undefined ? [] : [`${name}=${value}`];
  const config = [
    ...option('KexAlgorithms', run.keyExchange),
    ...option('HostKeyAlgorithms', run.hostKeyAlgorithm),
    ...option('Ciphers', run.cipher),
    ...option('MACs', run.mac),
    ...option('RekeyLimit', run.rekeyBytes),
    ...option('IdentityFile', run.identity),
    ...(run.compresses === true ? ['Compression=yes'] : []),
  ];
  const { fixture, server, command, input = '' } = run;
  return await fixture.runClient(server, [command], { program: ourProgram('ssh'), config, input, timeoutMs: 60_000 });
};

export const programSshd: ServerUnderTest = async ({ fixture, hostKeyTypes, userKeys, rekeyBytes }) => {
  const names = keyExchanges.map(({ name }) => name).join(',');
  const target = await fixture.startServer({
    program: ourProgram('sshd'),
    hostKeys: hostKeyTypes,
    authorizedKeys: userKeys.map(({ publicLine }) => publicLine),
    config: [`KexAlgorithms ${names}`, ...(rekeyBytes === undefined ? [] : [`RekeyLimit ${rekeyBytes}`])],
  });
  return { target, hostKeys: target.hostKeys, end: () => target.end() };
};
