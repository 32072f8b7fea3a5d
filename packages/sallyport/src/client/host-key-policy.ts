// Whether a host key is the host's: pinned keys, known_hosts files, and what happens with hosts that nobody knows
// yet. There is no way to accept any key but the option that says so.

import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import { defaultSignatureAlgorithms, signatureAlgorithm } from '@sallyport/protocol/algorithms/signatures';
import { fingerprint } from '@sallyport/protocol/keys/fingerprint';
import type { KnownHostsLine } from '@sallyport/protocol/keys/formats/known-hosts';
import {
  formatKnownHostsLine,
  keyOfKnownHostsLine,
  knownHostsName,
  linesOfHost,
  lookUpHostKey,
  parseKnownHosts,
} from '@sallyport/protocol/keys/formats/known-hosts';
import { parsePublicLine } from '@sallyport/protocol/keys/formats/public-line';
import type { PublicKey } from '@sallyport/protocol/keys/public-key';
import { decodePublicKey } from '@sallyport/protocol/keys/public-key';

import { HostKeyError } from '../errors.ts';

/** A key that no known_hosts file knows for this host, and the host has no other known key. */
export interface UnknownHostKey {
  readonly host: string;
  readonly port: number;
  /** Such as `ssh-ed25519`. */
  readonly keyType: string;
  readonly key: Uint8Array;
  /** `SHA256:…` */
  readonly fingerprint: string;
}

export interface HostKeyOptions {
  /**
   * The only keys to accept: public key lines (`ssh-ed25519 AAAA…`) or `SHA256:…` fingerprints. Files are not read
   * then.
   */
  readonly hostKeys?: readonly string[];
  /** known_hosts files; the user's and the system's unless told. New keys are added to the first. */
  readonly knownHosts?: string | readonly string[];
  /**
   * What to do with a host that is not known: `refuse` (unless told), `accept-new` (add it), or ask a function, which
   * returns true to accept for this connection. A changed or revoked key is always refused.
   */
  readonly unknownHosts?: 'refuse' | 'accept-new' | ((key: UnknownHostKey) => boolean | Promise<boolean>);
  /** Accept whatever key is offered. Anybody on the way can then read and change everything. */
  readonly insecureAcceptAnyHostKey?: true;
}

/** A key that the server offers; its signature was verified. */
export interface OfferedKey {
  readonly algorithm: string;
  readonly key: Uint8Array;
}

export interface HostKeyPolicy {
  /** Algorithms to offer, those first for which a key of the host is known. */
  readonly hostKeyAlgorithms: readonly string[];
  /** Resolves when the key is accepted; rejects with HostKeyError, or as a function of the owner does. */
  judge(offered: OfferedKey): Promise<void>;
}

interface Place {
  readonly host: string;
  readonly port: number;
}

/** The policy for one host. Rejects when a known_hosts file that was named cannot be read. */
export async function createHostKeyPolicy(
  crypto: CryptoProvider,
  place: Place,
  options: HostKeyOptions,
): Promise<HostKeyPolicy> {
  if (options.insecureAcceptAnyHostKey === true) {
    return { hostKeyAlgorithms: defaultSignatureAlgorithms, judge: () => Promise.resolve() };
  }
  if (options.hostKeys !== undefined) return pinned(crypto, place, options.hostKeys);
  const { knownHosts = [userFile(), '/etc/ssh/ssh_known_hosts'] } = options;
  const files = typeof knownHosts === 'string' ? [knownHosts] : knownHosts;
  const lines = await readKnownHosts(files);
  const name = knownHostsName(place.host, place.port);
  const types = linesOfHost(crypto, lines, name)
    .filter(({ marker }) => marker === undefined)
    .map(({ type }) => type);
  const judge = async (offered: OfferedKey): Promise<void> => {
    const key = decodePublicKey(offered.key);
    const finding = lookUpHostKey(crypto, lines, { ...place, key });
    if (finding.status === 'found') return;
    if (finding.status !== 'unknown') {
      const known = linesOfHost(crypto, lines, name).flatMap((line) => fingerprintOf(crypto, line));
      throw new HostKeyError(finding.status, { host: place.host, fingerprint: fingerprint(crypto, key), known });
    }
    await judgeUnknown(crypto, { place, key, name, file: files[0] ?? userFile() }, options.unknownHosts ?? 'refuse');
  };
  return { hostKeyAlgorithms: knownFirst(types), judge };
}

function pinned(crypto: CryptoProvider, { host }: Place, pins: readonly string[]): HostKeyPolicy {
  const prints = pins.filter((pin) => pin.startsWith('SHA256:'));
  const keys = pins.filter((pin) => !pin.startsWith('SHA256:')).map((line) => parsePublicLine(line).key);
  const known = [...prints, ...keys.map((key) => fingerprint(crypto, key))];
  const judge = (offered: OfferedKey): Promise<void> => {
    const print = fingerprint(crypto, { blob: offered.key });
    if (known.includes(print)) return Promise.resolve();
    return Promise.reject(new HostKeyError('changed', { host, fingerprint: print, known }));
  };
  return { hostKeyAlgorithms: knownFirst(keys.map(({ type }) => type)), judge };
}

async function judgeUnknown(
  crypto: CryptoProvider,
  offered: { readonly place: Place; readonly key: PublicKey; readonly name: string; readonly file: string },
  policy: NonNullable<HostKeyOptions['unknownHosts']>,
): Promise<void> {
  const { place, key, name, file } = offered;
  const print = fingerprint(crypto, key);
  if (policy === 'accept-new') {
    await addLine(file, formatKnownHostsLine(name, key));
    return;
  }
  if (typeof policy === 'function') {
    const accepted: unknown = await policy({ ...place, keyType: key.type, key: key.blob, fingerprint: print });
    // Anything but true, an error object for one, is no consent.
    if (accepted === true) return;
  }
  throw new HostKeyError('unknown', { host: place.host, fingerprint: print, known: [] });
}

/** A key of a known type must not look unknown because the server prefers to offer another. */
function knownFirst(types: readonly string[]): readonly string[] {
  const isKnown = (name: string): boolean => types.includes(signatureAlgorithm(name)?.keyType ?? '');
  const known = defaultSignatureAlgorithms.filter(isKnown);
  return [...known, ...defaultSignatureAlgorithms.filter((name) => !known.includes(name))];
}

const userFile = (): string => join(homedir(), '.ssh', 'known_hosts');

async function addLine(file: string, line: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const contents = await readIfThere(file);
  const separator = contents === '' || contents.endsWith('\n') ? '' : '\n';
  await appendFile(file, `${separator}${line}\n`, { mode: 0o600 });
}

/** A file that is there and cannot be read is an error: what it says might forbid the key. */
async function readKnownHosts(files: readonly string[]): Promise<KnownHostsLine[]> {
  const contents = await Promise.all(files.map(async (file) => parseKnownHosts(await readIfThere(file), file)));
  return contents.flat();
}

async function readIfThere(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

function fingerprintOf(crypto: CryptoProvider, line: KnownHostsLine): string[] {
  const key = keyOfKnownHostsLine(line);
  return key === undefined ? [] : [fingerprint(crypto, key)];
}
