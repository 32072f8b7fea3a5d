// known_hosts: lines `[marker] hosts type base64 [comment]`, where hosts is a pattern list or one hashed name, and the
// question whether a host's key is the known one. Any plain key on record that is not the offered one means "changed",
// of whatever type, as OpenSSH has it; a matching @revoked line outweighs everything. Of certificates only the
// authority is looked up here.

import type { CryptoProvider } from '../../algorithms/crypto-provider.ts';
import { base64Decode, base64Encode } from '../../wire/base64.ts';
import { DecodeError, tryDecode } from '../../wire/decode-error.ts';
import { matchPatternList } from '../../wire/patterns.ts';
import { utf8Encode } from '../../wire/utf8.ts';
import type { Certificate } from '../certificate.ts';
import type { PublicKey } from '../public-key.ts';
import { formatPublicLine, parsePublicLine, splitPublicLine } from './public-line.ts';

export type KnownHostsMarker = 'cert-authority' | 'revoked';

export interface KnownHostsEntry {
  readonly marker: KnownHostsMarker | undefined;
  /** Pattern list, or `|1|salt|hash`. */
  readonly hosts: string;
  readonly type: string;
  /** The key blob, not yet decoded. */
  readonly base64: string;
  readonly comment: string;
}

/** An entry and where it stands. */
export interface KnownHostsLine extends KnownHostsEntry {
  readonly file: string;
  /** From 1. */
  readonly number: number;
}

const defaultPort = 22;
const hashMark = '|1|';
const hashBytes = 20;

/** One line; 'blank' for comments and empty lines. The key inside is not decoded. */
export function parseKnownHostsLine(line: string): KnownHostsEntry | 'blank' | 'malformed' {
  const text = line.replace(/^[ \t]+/, '');
  if (/^[\r\n]*$/.test(text) || text.startsWith('#')) return 'blank';
  const [, mark, hosts, rest] = /^(?:(@[^ \t]*)[ \t]+)?([^ \t@][^ \t]*)[ \t]+([^]*)$/.exec(text) ?? [];
  if (hosts === undefined || rest === undefined) return 'malformed';
  const marker = mark?.slice(1);
  if (marker !== undefined && marker !== 'cert-authority' && marker !== 'revoked') return 'malformed';
  const fields = splitPublicLine(rest);
  if (fields === undefined || /^\d+$/.test(fields.type)) return 'malformed';
  return { marker, hosts, ...fields };
}

/** All usable lines of a file's text. */
export function parseKnownHosts(text: string, file: string): KnownHostsLine[] {
  const lines: KnownHostsLine[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const entry = parseKnownHostsLine(line);
    if (typeof entry === 'object') lines.push({ ...entry, file, number: index + 1 });
  }
  return lines;
}

/** The name under which a host is recorded: lower case, `[name]:port` for ports other than 22. */
export function knownHostsName(host: string, port: number = defaultPort): string {
  const lower = host.toLowerCase();
  return port === defaultPort || port === 0 ? lower : `[${lower}]:${port}`;
}

/** Whether a hosts field means the name that knownHostsName() gave. */
export function hostsFieldMatches(crypto: CryptoProvider, hosts: string, name: string): boolean {
  if (!hosts.startsWith('|')) return matchPatternList(name, hosts, { lowerCasePatterns: true }) === 'match';
  const hashed = decodeHash(hosts);
  return hashed !== undefined && crypto.equal(hashName(crypto, name, hashed.salt), hashed.hash);
}

function decodeHash(field: string): { readonly salt: Uint8Array; readonly hash: Uint8Array } | undefined {
  const [saltText, hashText, more] = field.startsWith(hashMark) ? field.slice(hashMark.length).split('|') : [];
  if (saltText === undefined || hashText === undefined || more !== undefined) return undefined;
  try {
    const [salt, hash] = [base64Decode(saltText), base64Decode(hashText)];
    return salt.length === hashBytes && hash.length === hashBytes ? { salt, hash } : undefined;
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

function hashName(crypto: CryptoProvider, name: string, salt: Uint8Array): Uint8Array {
  const hmac = crypto.hmac('sha1', salt);
  const hash = hmac.compute([utf8Encode(name)]);
  hmac.free();
  return hash;
}

/** The hashed form of a name, with a salt of its own. */
export function hashHostsField(crypto: CryptoProvider, name: string): string {
  const salt = crypto.random(new Uint8Array(hashBytes));
  return `${hashMark}${base64Encode(salt)}|${base64Encode(hashName(crypto, name, salt))}`;
}

/** A line without its newline. */
export function formatKnownHostsLine(hosts: string, key: PublicKey, comment = ''): string {
  return `${hosts} ${formatPublicLine(key, comment)}`;
}

/** The key of a line; undefined when it cannot be decoded or is not of the type that the line says. */
export function keyOfKnownHostsLine(line: KnownHostsEntry): PublicKey | undefined {
  return tryDecode(() => parsePublicLine(`${line.type} ${line.base64}`).key);
}

/** The usable lines for a host, in order. */
export function linesOfHost(crypto: CryptoProvider, lines: readonly KnownHostsLine[], name: string): KnownHostsLine[] {
  return lines.filter((line) => hostsFieldMatches(crypto, line.hosts, name) && keyOfKnownHostsLine(line) !== undefined);
}

export interface HostKeyQuery {
  readonly host: string;
  readonly port: number;
  readonly key: PublicKey;
}

export interface HostKeyFinding {
  readonly status: 'found' | 'changed' | 'revoked' | 'unknown';
  /** The line with the key; for 'changed' the last line with another key; for 'revoked' the @revoked line. */
  readonly line: KnownHostsLine | undefined;
  /** Lines of this host with plain keys of other types. */
  readonly otherTypes: readonly KnownHostsLine[];
  /** Lines that hold the same plain key for other hosts. */
  readonly otherNames: readonly KnownHostsLine[];
}

/** What the lines say about a plain host key. Lines are taken in the order of files and in the order of each file. */
export function lookUpHostKey(
  crypto: CryptoProvider,
  lines: readonly KnownHostsLine[],
  { host, port, key }: HostKeyQuery,
): HostKeyFinding {
  const base64 = base64Encode(key.blob);
  const holdsKey = (line: KnownHostsLine): boolean => line.type === key.type && line.base64 === base64;
  const ofHost = linesOfHost(crypto, lines, knownHostsName(host, port));
  const plain = ofHost.filter((line) => line.marker === undefined);
  const otherTypes = plain.filter((line) => line.type !== key.type);
  const otherNames = lines.filter((line) => line.marker === undefined && holdsKey(line) && !plain.includes(line));
  const finding = (status: HostKeyFinding['status'], line?: KnownHostsLine): HostKeyFinding => ({
    status,
    line,
    otherTypes,
    otherNames,
  });
  const revoked = ofHost.find((line) => line.marker === 'revoked' && holdsKey(line));
  if (revoked !== undefined) return finding('revoked', revoked);
  const found = plain.find(holdsKey);
  if (found !== undefined) return finding('found', found);
  const changed = plain.at(-1);
  return changed === undefined ? finding('unknown') : finding('changed', changed);
}

export interface HostCertificateFinding {
  /** 'trusted': the authority is one for this host; the certificate itself is still to be checked. */
  readonly status: 'trusted' | 'revoked' | 'unknown';
  /** The @cert-authority line, or the @revoked one. */
  readonly line: KnownHostsLine | undefined;
}

/** Whether the lines trust the authority of a host certificate, unless they revoke it or the certified key. */
export function lookUpHostAuthority(
  crypto: CryptoProvider,
  lines: readonly KnownHostsLine[],
  { host, port, certificate }: { readonly host: string; readonly port: number; readonly certificate: Certificate },
): HostCertificateFinding {
  const ofHost = linesOfHost(crypto, lines, knownHostsName(host, port));
  const holds = (line: KnownHostsLine, { type, blob }: PublicKey): boolean =>
    line.type === type && line.base64 === base64Encode(blob);
  const { authority, key } = certificate;
  const revoked = ofHost.find((line) => line.marker === 'revoked' && (holds(line, authority) || holds(line, key)));
  if (revoked !== undefined) return { status: 'revoked', line: revoked };
  const trusted = ofHost.find((line) => line.marker === 'cert-authority' && holds(line, authority));
  return { status: trusted === undefined ? 'unknown' : 'trusted', line: trusted };
}
