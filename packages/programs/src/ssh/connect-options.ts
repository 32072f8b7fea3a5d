// What reaching a server goes by, and how its parts are told: options of the transport and of the protocols' stack
// from a plan's keywords.

import { zlib } from '@sallyport/crypto/zlib';
import { compressionOrder } from '@sallyport/protocol/algorithms/compressions';
import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import { namesOfList } from '@sallyport/protocol/config/algorithm-list';
import type { ClientStackOptions } from '@sallyport/protocol/stack/client-stack';
import { preferencesOf } from 'sallyport/defaults';
import { libraryIdentification } from 'sallyport/version';
import type { HostKeyCheck } from './known-hosts-check.ts';
import type { ProxySource } from './proxy-options.ts';
import { proxyOptions } from './proxy-options.ts';
import type { TransportOptions } from './transport/open-transport.ts';

/** Asks the user on the terminal or by SSH_ASKPASS; undefined when nobody answers. Who asked wipes the answer. */
export type AskUser = (prompt: string, options: { readonly echo: boolean }) => Promise<Uint8Array | undefined>;

export interface ConnectOptions extends ProxySource {
  readonly crypto: CryptoProvider;
  readonly ask: AskUser;
  /** Gets the server's banner. */
  readonly showBanner: (text: string) => void;
}

/** @throws ConfigFailure for a proxy command or a jump host with wrong tokens */
export function transportOptions(given: ConnectOptions): TransportOptions {
  const { plan, log } = given;
  const { options, host, port } = plan;
  const { AddressFamily, BindAddress, ConnectTimeout, ConnectionAttempts, TCPKeepAlive } = options;
  const proxy = proxyOptions(given);
  if (proxy !== undefined) return proxy;
  return {
    host,
    port,
    family: AddressFamily === 'any' ? undefined : AddressFamily,
    bindAddress: BindAddress,
    timeoutMs: typeof ConnectTimeout === 'number' && ConnectTimeout > 0 ? ConnectTimeout * 1000 : undefined,
    attempts: ConnectionAttempts,
    keepAlive: TCPKeepAlive,
    log: log.log,
  };
}

export async function stackOptions(
  { plan, crypto, log }: ConnectOptions,
  check: HostKeyCheck,
): Promise<ClientStackOptions> {
  const { Ciphers, MACs, KexAlgorithms, Compression, RekeyLimit, VersionAddendum } = plan.options;
  const addendum = VersionAddendum === undefined || VersionAddendum === 'none' ? '' : ` ${VersionAddendum}`;
  const chosen = plan.mentioned.some(({ name }) => name === 'HostKeyAlgorithms');
  return {
    user: plan.user,
    transport: {
      crypto,
      identification: `${libraryIdentification}${addendum}`,
      preferences: preferencesOf('client', {
        ciphers: namesOfList(Ciphers),
        macs: namesOfList(MACs),
        keyExchanges: namesOfList(KexAlgorithms),
        hostKeyAlgorithms: await check.preferredAlgorithms(chosen),
        compressions: Compression ? compressionOrder.preferred : compressionOrder.possible,
      }),
      compression: zlib,
      rekeyLimits: {
        ...(RekeyLimit.bytes === 0n ? {} : { bytes: Number(RekeyLimit.bytes) }),
        ...(RekeyLimit.seconds === 0 ? {} : { intervalMs: RekeyLimit.seconds * 1000 }),
      },
      now: performance.now(),
      log: log.log,
    },
  };
}
