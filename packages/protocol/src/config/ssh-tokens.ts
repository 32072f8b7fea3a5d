// The %-tokens of ssh_config (ssh_config(5), "tokens") for a connection, and their replacement in the options before
// anything is done with them. What a host key or a finished connection adds (%f, %K, %T ...) is its user's.

import type { Problem } from './config-error.ts';
import { isProblem } from './config-error.ts';
import type { Forward, SocketEnd, TcpEnd } from './forward-spec.ts';
import type { AnyRow } from './keyword.ts';
import type { JumpHosts } from './kinds-ssh.ts';
import { formatJumpHost } from './kinds-ssh.ts';
import type { Expansion, TokenValues } from './percent.ts';
import { expand } from './percent.ts';
import type { SshOptions } from './ssh-keywords.ts';
import { sshKeywords } from './ssh-keywords.ts';

/** What tokens tell about this end and the connection. */
export interface ConnectionFacts {
  readonly host: string;
  readonly originalHost: string;
  readonly port: number;
  readonly remoteUser: string;
  readonly localUser: string;
  readonly localHostName: string;
  readonly home: string;
  readonly uid: number;
  readonly hostKeyAlias?: string | undefined;
  readonly jumpHosts?: JumpHosts | undefined;
  /** Hexadecimal SHA-1 of a text. */
  readonly sha1: (text: string) => string;
}

/** Values of the tokens that most keywords take. */
export function connectionTokens(facts: ConnectionFacts): TokenValues {
  const { host, port, remoteUser, localHostName, originalHost } = facts;
  const jumps = (facts.jumpHosts ?? []).map(formatJumpHost).join(',');
  return {
    C: facts.sha1(`${localHostName}${host}${port}${remoteUser}${jumps}`),
    d: facts.home,
    h: host,
    i: `${facts.uid}`,
    j: jumps,
    k: facts.hostKeyAlias ?? originalHost,
    L: localHostName.split('.', 1)[0] as string,
    l: localHostName,
    n: originalHost,
    p: `${port}`,
    r: remoteUser,
    u: facts.localUser,
  };
}

export interface OptionExpansion {
  readonly tokens: TokenValues;
  readonly environment: (name: string) => string | undefined;
  /** Home of a user, '' for one's own. */
  readonly home: (user: string) => string | undefined;
  /** Keywords whose value came from the command line and is taken as it is. */
  readonly literal?: readonly string[];
}

/** How a row's value is expanded. */
export function expansionOf(row: AnyRow, by: OptionExpansion): Expansion {
  return {
    ...(row.tokens === undefined ? {} : { tokens: { letters: row.tokens, values: by.tokens } }),
    ...(row.environment === undefined ? {} : { environment: by.environment }),
    ...(row.tilde === undefined ? {} : { home: by.home }),
  };
}

/** Expands one value of a keyword, such as an IdentityFile, when it is used. */
export function expandValue(name: keyof SshOptions, text: string, by: OptionExpansion): string | Problem {
  const row = sshKeywords.find((entry) => entry.name === name);
  return row === undefined ? text : expand(text, expansionOf(row, by));
}

/** Options with tokens, variables and ~ replaced in every value that is not left until it is used. */
export function expandSshOptions(options: SshOptions, by: OptionExpansion): SshOptions | Problem {
  const expanded: Record<string, unknown> = { ...options };
  for (const row of sshKeywords as readonly AnyRow[]) {
    if (row.tokens === undefined || row.expanded === 'when-used' || by.literal?.includes(row.name)) continue;
    const how = expansionOf(row, by);
    const value = expandTexts(expanded[row.name], (text) => expand(text, how));
    if (isProblem(value)) return value;
    expanded[row.name] = value;
  }
  return expanded as SshOptions;
}

type Expand = (text: string) => string | Problem;

// Of forwardings only socket paths are expanded.
function expandTexts(value: unknown, expandText: Expand): unknown {
  if (typeof value === 'string') return expandText(value);
  if (!Array.isArray(value)) return value;
  const parts = value.map((part: unknown) => {
    return typeof part === 'string' ? expandText(part) : expandForward(part as Forward, expandText);
  });
  return parts.find(isProblem) ?? parts;
}

function expandForward({ listen, connect }: Forward, expandText: Expand): Forward | Problem {
  const ends = [listen, connect].map((end) => (end === 'socks' ? end : expandEnd(end, expandText)));
  const fault = ends.find(isProblem);
  return fault ?? { listen: ends[0] as TcpEnd | SocketEnd, connect: ends[1] as Forward['connect'] };
}

function expandEnd(end: TcpEnd | SocketEnd, expandText: Expand): TcpEnd | SocketEnd | Problem {
  if (end.kind === 'tcp') return end;
  const path = expandText(end.path);
  return isProblem(path) ? path : { kind: 'socket', path };
}
