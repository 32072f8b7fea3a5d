// Whether a host key is the host's: pinned keys, authorities whose certificates count, known_hosts files, and what
// happens with hosts that nobody knows yet. A certificate that is not trusted is judged as the plain key in it. There
// is no way to accept any key but the option that says so.

import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import {
  defaultCertificateAlgorithms,
  defaultSignatureAlgorithms,
  signatureAlgorithm,
} from '@sallyport/protocol/algorithms/signatures';
import { decodeAnyKey, isCertificate } from '@sallyport/protocol/keys/certificate';
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
import { hasHostAuthority, judgeHostCertificate } from '@sallyport/protocol/keys/host-certificate';
import type { PublicKey } from '@sallyport/protocol/keys/public-key';
import { base64Encode } from '@sallyport/protocol/wire/base64';

import { HostKeyError } from '../errors.ts';
import { namedKey } from '../keys/public-keys.ts';
import { openRevocationLists, type RevocationList, type RevocationSource } from '../keys/revocation.ts';

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
  /**
   * Authorities whose host certificates are accepted beside that, as public key lines: for every host that a
   * certificate of theirs names. Lines with `@cert-authority` in known_hosts do the same for the hosts that they
   * mean.
   */
  readonly hostAuthorities?: readonly string[];
  /**
   * Keys, certificates and authorities that are refused whatever else is said: lists that were read, or paths of KRLs
   * or of files with public key lines. One that cannot be read or is damaged refuses every host.
   */
  readonly revokedHostKeys?: RevocationSource | readonly RevocationSource[];
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

/** What is known before the host says anything. */
interface Knowledge {
  readonly crypto: CryptoProvider;
  readonly place: Place;
  readonly lines: readonly KnownHostsLine[];
  readonly revoked: RevocationList;
}

/**
 * The policy for one host. Rejects when a known_hosts file or a list of revoked keys that was named cannot be read, or
 * an option is no key.
 */
export async function createHostKeyPolicy(
  crypto: CryptoProvider,
  place: Place,
  options: HostKeyOptions,
): Promise<HostKeyPolicy> {
  const revoked = await openRevocationLists(options.revokedHostKeys);
  const authorities = (options.hostAuthorities ?? []).map(authorityLine);
  if (options.insecureAcceptAnyHostKey === true) {
    const knowledge = { crypto, place, lines: [], revoked };
    return policyOf(knowledge, { types: [], judge: () => Promise.resolve() });
  }
  if (options.hostKeys !== undefined) {
    return policyOf({ crypto, place, lines: authorities, revoked }, pinned(crypto, place, options.hostKeys));
  }
  const { knownHosts = [userFile(), '/etc/ssh/ssh_known_hosts'] } = options;
  const files = typeof knownHosts === 'string' ? [knownHosts] : knownHosts;
  const lines = [...authorities, ...(await readKnownHosts(files))];
  const knowledge = { crypto, place, lines, revoked };
  return policyOf(knowledge, recorded(knowledge, files[0] ?? userFile(), options.unknownHosts ?? 'refuse'));
}

/** How plain keys are judged, and of which types some are known. */
interface PlainKeys {
  readonly types: readonly string[];
  judge(key: PublicKey, certificateProblem: string | undefined): Promise<void>;
}

function policyOf({ crypto, place, lines, revoked }: Knowledge, plainKeys: PlainKeys): HostKeyPolicy {
  const judge = async (offered: OfferedKey): Promise<void> => {
    const key = decodeAnyKey(offered.key);
    const plain = isCertificate(key) ? key.key : key;
    const revocation = (): HostKeyError =>
      new HostKeyError('revoked', { host: place.host, fingerprint: fingerprint(crypto, plain), known: [] });
    if (revoked.revokes(key)) throw revocation();
    if (!isCertificate(key)) return await plainKeys.judge(plain, undefined);
    const now = Date.now() / 1000;
    const { status, reason } = judgeHostCertificate(crypto, lines, { ...place, certificate: key, now });
    if (status === 'trusted') return undefined;
    if (status === 'revoked') throw revocation();
    return await plainKeys.judge(plain, reason ?? 'its authority is not known for this host');
  };
  const certificates = hasHostAuthority(crypto, lines, place) ? defaultCertificateAlgorithms : [];
  return { hostKeyAlgorithms: [...certificates, ...knownFirst(plainKeys.types)], judge };
}

/** An authority for every host. @throws KeyError `key-malformed` */
function authorityLine(line: string, index: number): KnownHostsLine {
  const { type, blob } = namedKey(line);
  const place = { hosts: '*', comment: '', file: 'hostAuthorities', number: index + 1 };
  return { marker: 'cert-authority', type, base64: base64Encode(blob), ...place };
}

function recorded(
  { crypto, place, lines }: Knowledge,
  file: string,
  policy: NonNullable<HostKeyOptions['unknownHosts']>,
): PlainKeys {
  const name = knownHostsName(place.host, place.port);
  const ofHost = linesOfHost(crypto, lines, name);
  const types = ofHost.filter(({ marker }) => marker === undefined).map(({ type }) => type);
  const judge = async (key: PublicKey, certificateProblem: string | undefined): Promise<void> => {
    const finding = lookUpHostKey(crypto, lines, { ...place, key });
    if (finding.status === 'found') return;
    if (finding.status !== 'unknown') {
      const known = ofHost
        .filter(({ marker }) => marker !== 'cert-authority')
        .flatMap((line) => fingerprintOf(crypto, line));
      const print = fingerprint(crypto, key);
      throw new HostKeyError(finding.status, { host: place.host, fingerprint: print, known, certificateProblem });
    }
    await judgeUnknown(crypto, { place, key, name, file, certificateProblem }, policy);
  };
  return { types, judge };
}

/** @throws KeyError `key-malformed` for a pin that is none */
function pinned(crypto: CryptoProvider, { host }: Place, pins: readonly string[]): PlainKeys {
  const prints = pins.filter((pin) => pin.startsWith('SHA256:'));
  const keys = pins.filter((pin) => !pin.startsWith('SHA256:')).map(namedKey);
  const known = [...prints, ...keys.map((key) => fingerprint(crypto, key))];
  const judge = (key: PublicKey, certificateProblem: string | undefined): Promise<void> => {
    const print = fingerprint(crypto, key);
    if (known.includes(print)) return Promise.resolve();
    return Promise.reject(new HostKeyError('changed', { host, fingerprint: print, known, certificateProblem }));
  };
  return { types: keys.map(({ type }) => type), judge };
}

async function judgeUnknown(
  crypto: CryptoProvider,
  offered: {
    readonly place: Place;
    readonly key: PublicKey;
    readonly name: string;
    readonly file: string;
    readonly certificateProblem: string | undefined;
  },
  policy: NonNullable<HostKeyOptions['unknownHosts']>,
): Promise<void> {
  const { place, key, name, file, certificateProblem } = offered;
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
  throw new HostKeyError('unknown', { host: place.host, fingerprint: print, known: [], certificateProblem });
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
