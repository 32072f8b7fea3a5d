// What `ssh -G` and `sshd -T` print: one `keyword value` a line, keywords in lower case, in the order of the tables, so
// that the output read as a configuration gives itself (ssh(1) -G, sshd(8) -T).

import type { AnyRow } from './keyword.ts';
import { quoteWord } from './kinds.ts';
import type { SshOptions } from './ssh-keywords.ts';
import { sshKeywords } from './ssh-keywords.ts';
import type { SshdOptions } from './sshd-keywords.ts';
import { sshdKeywords } from './sshd-keywords.ts';

function dumpRows(table: readonly AnyRow[], options: Readonly<Record<string, unknown>>): string[] {
  const lines: string[] = [];
  for (const { name, kind } of table) {
    const value = options[name];
    if (value === undefined) continue;
    for (const text of kind.print(value)) lines.push(`${name.toLowerCase()} ${text}`);
  }
  return lines;
}

/** Lines of `ssh -G`. `host`: as it was typed. */
export function dumpSshOptions(options: SshOptions, names: { readonly host: string }): string[] {
  const jumps = options.ProxyJump.length > 0;
  const shown = { ...options, ProxyCommand: jumps ? undefined : options.ProxyCommand };
  return [`host ${quoteWord(names.host)}`, ...dumpRows(sshKeywords, hideNone(shown))];
}

// Keywords that print nothing when they are none.
const silentWhenNone: readonly string[] = ['ControlPath', 'ProxyCommand', 'PKCS11Provider', 'KnownHostsCommand'];

function hideNone(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const shown = { ...options };
  for (const name of silentWhenNone) if (shown[name] === 'none') delete shown[name];
  return shown;
}

/** Lines of `sshd -T`. Addresses are numbers already; every address is shown with each port it is opened on. */
export function dumpSshdOptions(options: SshdOptions): string[] {
  const { Port, ListenAddress, AddressFamily } = options;
  const wildcards = [
    ...(AddressFamily === 'inet' ? [] : ['::']),
    ...(AddressFamily === 'inet6' ? [] : ['0.0.0.0']),
  ].map((host) => ({ host }));
  const addresses = listeners(ListenAddress.length > 0 ? ListenAddress : wildcards, Port);
  return dumpRows(sshdKeywords, { ...options, ListenAddress: addresses });
}

/** Each address with each port that it is opened on, in the order of the file. */
export function listeners(
  addresses: readonly { readonly host: string; readonly port?: number }[],
  ports: readonly number[],
): readonly { readonly host: string; readonly port: number }[] {
  return addresses.flatMap(({ host, port }) =>
    (port === undefined ? [...ports] : [port]).map((one) => ({ host, port: one })),
  );
}
