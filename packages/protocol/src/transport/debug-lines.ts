// What OpenSSH says about a key exchange with `-v`, word for word, since tools and people look for it. Names are those
// of our tables; peer text does not occur here.

import type { NegotiatedAlgorithms } from './events.ts';

type Algorithms = Omit<NegotiatedAlgorithms, 'strict'>;

/** After both KEXINIT messages. */
export function negotiationLines(algorithms: Algorithms): string[] {
  const { cipherToClient, macToClient, compressionToClient } = algorithms;
  const { cipherToServer, macToServer, compressionToServer } = algorithms;
  return [
    `kex: algorithm: ${algorithms.keyExchange}`,
    `kex: host key algorithm: ${algorithms.hostKey}`,
    directionLine('server->client', cipherToClient, { mac: macToClient, compression: compressionToClient }),
    directionLine('client->server', cipherToServer, { mac: macToServer, compression: compressionToServer }),
  ];
}

function directionLine(
  direction: string,
  cipher: string,
  rest: { readonly mac: string; readonly compression: string },
): string {
  const mac = rest.mac === '' ? '<implicit>' : rest.mac;
  return `kex: ${direction} cipher: ${cipher} MAC: ${mac} compression: ${rest.compression}`;
}

/** When new keys are in force. */
export function rekeyLine(direction: 'out' | 'in', blocks: number): string {
  return `rekey ${direction} after ${blocks} blocks`;
}
