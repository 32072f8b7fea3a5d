// The name that a request must bear, by the address that who asks says their end of the connection has. That is not
// believed: it must be one of this machine. Zones of link-local addresses do not count, since both sides may write them
// differently.

import { networkInterfaces } from 'node:os';
import { parseIpAddress } from '@sallyport/protocol/wire/ip-address';
import { clientHostName } from '../shared/client-host-name.ts';
import { refusals } from './messages.ts';

const loopbackNetwork = 127n;

/** Without an address the machine's own name. */
export function requiredHostName(address: string | undefined): string | { readonly refused: string } {
  if (address !== undefined && !isOwnAddress(address)) return { refused: refusals.foreignAddress(address) };
  return clientHostName(address);
}

function isOwnAddress(address: string): boolean {
  const wanted = parseIpAddress(address);
  if (wanted === undefined) return false;
  if (wanted.bits === 32 && wanted.value >> 24n === loopbackNetwork) return true;
  return Object.values(networkInterfaces())
    .flatMap((entries) => entries ?? [])
    .some((entry) => {
      const own = parseIpAddress(entry.address);
      return own?.bits === wanted.bits && own.value === wanted.value;
    });
}
