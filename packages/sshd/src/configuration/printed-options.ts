// The options that -T and -G print: the global ones, or those of
// the connection that -C describes.

import { dumpSshdOptions } from '@sallyport/protocol/config/dump';
import type { SshdConfig } from '@sallyport/protocol/config/resolve-sshd';
import type { SshdOptions } from '@sallyport/protocol/config/sshd-keywords';
import { accountByName, groupById, groupsOf } from '@sallyport/system/accounts';

/** The lines that they print. */
export function printedLines(config: SshdConfig, connection: Readonly<Record<string, string>>): readonly string[] {
  return dumpSshdOptions(printedOptions(config, connection));
}

function printedOptions(config: SshdConfig, connection: Readonly<Record<string, string>>): SshdOptions {
  if (Object.keys(connection).length === 0) return config.globalOptions();
  const { user, host, addr, laddr, lport, rdomain } = connection;
  const account = user === undefined ? undefined : accountByName(user);
  const groups = account && groupsOf(account.name, account.gid).flatMap((gid) => groupById(gid)?.name ?? []);
  return config.optionsFor({
    ...(user === undefined ? {} : { user }),
    invalidUser: connection['invalid-user'] !== undefined,
    ...(groups === undefined ? {} : { groups }),
    ...(host === undefined ? {} : { host }),
    ...(addr === undefined ? {} : { address: addr }),
    ...(laddr === undefined ? {} : { localAddress: laddr }),
    ...(lport === undefined ? {} : { localPort: Number(lport) }),
    ...(rdomain === undefined ? {} : { routingDomain: rdomain }),
  });
}
