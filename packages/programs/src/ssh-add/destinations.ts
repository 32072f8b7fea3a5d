// The hops of -h (`[user@]host`, `host>[user@]host`) as destination constraints: each host by the keys and the
// authorities that known_hosts files have for its name.

import { readFileSync } from 'node:fs';
import type { AgentConstraints } from '@sallyport/protocol/agent/constraints';
import type { DestinationConstraint, Hop, HostKeySpecification } from '@sallyport/protocol/agent/destinations';
import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import {
  type KnownHostsLine,
  keyOfKnownHostsLine,
  linesOfHost,
  parseKnownHosts,
} from '@sallyport/protocol/keys/formats/known-hosts';
import { ProgramExit } from '../shared/program-exit.ts';
import { userSshFolder } from '../shared/user-folder.ts';
import { type AddContext, homeFolder } from './context.ts';
import { messages } from './messages.ts';

/** Files that are read unless -H names others. */
function usualFiles(): string[] {
  const own = userSshFolder(homeFolder());
  const names = ['known_hosts', 'known_hosts2'];
  return [...names.map((name) => `${own}/${name}`), ...names.map((name) => `/etc/ssh/ssh_${name}`)];
}

/** What the options ask of every key, wherever it lives. @throws ProgramExit */
export function chosenConstraints({ options, crypto }: AddContext): AgentConstraints {
  const { lifetimeSeconds, confirms, destinations, hostFiles } = options;
  return {
    lifetimeSeconds,
    confirm: confirms,
    destinations: destinations.length === 0 ? undefined : readDestinations(crypto, destinations, hostFiles),
  };
}

/** @throws ProgramExit for a text that is none, and a host without keys */
export function readDestinations(
  crypto: CryptoProvider,
  texts: readonly string[],
  hostFiles: readonly string[],
): DestinationConstraint[] {
  const files = hostFiles.length > 0 ? hostFiles : usualFiles();
  const lines = files.flatMap(readHosts);
  const hop = (text: string): Hop => readHop(crypto, text, lines);
  return texts.map((text) => {
    const at = text.indexOf('>');
    if (at < 0) return { to: hop(text) };
    const from = hop(text.slice(0, at));
    if (from.user !== undefined) throw new ProgramExit(messages.userAtOrigin(text));
    return { from, to: hop(text.slice(at + 1)) };
  });
}

function readHosts(file: string): KnownHostsLine[] {
  try {
    return parseKnownHosts(readFileSync(file, 'utf8'), file);
  } catch (error) {
    if (error instanceof Error && 'code' in error) return [];
    throw error;
  }
}

function readHop(crypto: CryptoProvider, text: string, lines: readonly KnownHostsLine[]): Hop {
  const at = text.lastIndexOf('@');
  const user = at < 0 ? '' : text.slice(0, at);
  const host = text.slice(at + 1).toLowerCase();
  if (host === '') throw new ProgramExit(messages.badDestination(text));
  const found = linesOfHost(crypto, lines, host).filter(({ marker }) => marker !== 'revoked');
  const keys = found.flatMap((line): HostKeySpecification[] => {
    const key = keyOfKnownHostsLine(line);
    return key === undefined ? [] : [{ key: key.blob, isAuthority: line.marker === 'cert-authority' }];
  });
  if (keys.length === 0) throw new ProgramExit(messages.noHostKeys(host));
  return { user: user === '' ? undefined : user, host, keys };
}
