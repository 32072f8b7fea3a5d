// Where sshd listens: ListenAddress, Port and AddressFamily as numeric addresses. Names are looked up when the
// configuration is read, as OpenSSH does, so that one that has no address is a fault of the configuration.

import { listeners } from '@sallyport/protocol/config/dump';
import type { SshdOptions } from '@sallyport/protocol/config/sshd-keywords';
import type { PeerAddress } from '@sallyport/protocol/log/stable-lines';
import { ResolveError, resolveHost } from '@sallyport/system/resolve';

/** The addresses, or what is wrong with one. */
export function listenAddresses(options: SshdOptions): readonly PeerAddress[] | { readonly problem: string } {
  const { Port, ListenAddress, AddressFamily } = options;
  const family = AddressFamily === 'any' ? undefined : AddressFamily;
  const wildcards = [...(family === 'inet6' ? [] : ['0.0.0.0']), ...(family === 'inet' ? [] : ['::'])];
  const wanted = listeners(ListenAddress.length > 0 ? ListenAddress : wildcards.map((host) => ({ host })), Port);
  const found: PeerAddress[] = [];
  for (const { host, port } of wanted) {
    try {
      for (const address of resolveHost(host, { family })) found.push({ address, port });
    } catch (error) {
      if (!(error instanceof ResolveError)) throw error;
      return { problem: `bad addr or host: ${host} (${error.message})` };
    }
  }
  return found;
}
