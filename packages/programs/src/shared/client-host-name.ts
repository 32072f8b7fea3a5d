// The name of this machine as it stands in a hostbased request (RFC 4252 section 9): the name of the address that our
// end of the connection has, and the machine's own where there is no such address, or it has no name. Who signs and who
// asks come to the same name in this way, as in OpenSSH.

import { hostname } from 'node:os';
import { nameOfAddress } from '@sallyport/system/resolve';
import { SystemError } from '@sallyport/system/system-error';

/** Without the dot at its end. May wait for the network. */
export function clientHostName(address: string | undefined): string {
  return (address === undefined ? undefined : nameOf(address)) ?? hostname();
}

/** An address that is none has no name. */
function nameOf(address: string): string | undefined {
  try {
    return nameOfAddress(address);
  } catch (error) {
    if (error instanceof SystemError) return undefined;
    throw error;
  }
}
