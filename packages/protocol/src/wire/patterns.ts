// Wildcard patterns (`*`, `?`), comma-separated lists of them with `!`, and address lists with CIDR networks, by the
// rules of OpenSSH's files and options. Matching takes time of at most pattern length times text length, whatever the
// pattern.

import { networkContains, parseIpAddress, parseIpNetwork } from './ip-address.ts';

/** 'negated': an entry with `!` matched, which outweighs every other entry. */
export type PatternVerdict = 'match' | 'negated' | 'none';

/** Longest single pattern of a list that is looked at; a longer one matches nothing, nor does the list. */
export const maximumPatternLength = 1024;

/** Whether the whole text fits a pattern of literal characters, `*` and `?`. Case counts. */
export function matchPattern(text: string, pattern: string): boolean {
  let at = 0;
  let patternAt = 0;
  let starAt = -1;
  let resumeAt = 0;
  while (at < text.length) {
    const wanted = pattern[patternAt];
    if (wanted === '*') {
      starAt = patternAt++;
      resumeAt = at;
    } else if (wanted !== undefined && (wanted === '?' || wanted === text[at])) {
      at++;
      patternAt++;
    } else if (starAt >= 0) {
      patternAt = starAt + 1;
      at = ++resumeAt;
    } else {
      return false;
    }
  }
  while (pattern[patternAt] === '*') patternAt++;
  return patternAt === pattern.length;
}

/**
 * Matches a text with a comma-separated list. With `lowerCasePatterns` (host names: the caller has lowered the text)
 * the patterns are lowered first.
 */
export function matchPatternList(
  text: string,
  list: string,
  options: { readonly lowerCasePatterns?: boolean } = {},
): PatternVerdict {
  let verdict: PatternVerdict = 'none';
  for (const entry of list.split(',')) {
    const { negated, body } = splitEntry(entry);
    if (body.length > maximumPatternLength) return 'none';
    if (!matchPattern(text, options.lowerCasePatterns === true ? body.toLowerCase() : body)) continue;
    if (negated) return 'negated';
    verdict = 'match';
  }
  return verdict;
}

/**
 * Matches a numeric address with a list of addresses, CIDR networks and wildcards. 'invalid': an entry is empty or has
 * an inconsistent mask; callers refuse then. Without an address the list is only checked.
 */
export function matchAddressList(address: string | undefined, list: string): PatternVerdict | 'invalid' {
  const parsed = address === undefined ? undefined : parseIpAddress(address);
  if (address !== undefined && parsed === undefined) return 'none';
  let verdict: PatternVerdict = 'none';
  for (const entry of list.split(',')) {
    const { negated, body } = splitEntry(entry);
    if (body === '') return 'invalid';
    const network = parseIpNetwork(body);
    if (network === 'inconsistent') return 'invalid';
    if (address === undefined || parsed === undefined) continue;
    const fits = network === 'not-a-network' ? matchPattern(address, body) : networkContains(network, parsed);
    if (!fits) continue;
    if (negated) return 'negated';
    verdict = 'match';
  }
  return verdict;
}

/**
 * Whether a numeric address is in a list of addresses and networks without wildcards and negation. 'invalid' when an
 * entry is anything else; callers refuse then. Without an address the list is only checked.
 */
export function matchNetworkList(address: string | undefined, list: string): boolean | 'invalid' {
  const parsed = address === undefined ? undefined : parseIpAddress(address);
  let matched = false;
  for (const entry of list.split(',')) {
    const network = parseIpNetwork(entry);
    if (typeof network === 'string') return 'invalid';
    if (parsed !== undefined && networkContains(network, parsed)) matched = true;
  }
  return matched;
}

/**
 * Whether a peer is in a list that may name it by host name or by address (`from=`, `Match`-style lists): a negation by
 * either refuses. 'invalid' as in matchAddressList.
 */
export function matchHostAndAddress(
  peer: { readonly host: string; readonly address: string },
  list: string,
): boolean | 'invalid' {
  const byAddress = matchAddressList(peer.address, list);
  if (byAddress === 'invalid') return 'invalid';
  const byHost = matchPatternList(peer.host.toLowerCase(), list, { lowerCasePatterns: true });
  if (byAddress === 'negated' || byHost === 'negated') return false;
  return byAddress === 'match' || byHost === 'match';
}

function splitEntry(entry: string): { readonly negated: boolean; readonly body: string } {
  return entry.startsWith('!') ? { negated: true, body: entry.slice(1) } : { negated: false, body: entry };
}
