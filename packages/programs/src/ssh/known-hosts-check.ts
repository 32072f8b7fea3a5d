// Is this the host's key? The policy of StrictHostKeyChecking with the files of known hosts: what is found is accepted
// or refused, what is new may be asked about and recorded, what has changed is shouted about. The look-up is
// protocol/keys'; here are the files, the question and the words.

import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import { signatureAlgorithm } from '@sallyport/protocol/algorithms/signatures';
import type { SshOptions } from '@sallyport/protocol/config/ssh-keywords';
import { fingerprint } from '@sallyport/protocol/keys/fingerprint';
import type { HostKeyFinding, KnownHostsLine } from '@sallyport/protocol/keys/formats/known-hosts';
import {
  formatKnownHostsLine,
  hashHostsField,
  knownHostsName,
  linesOfHost,
  lookUpHostKey,
  parseKnownHosts,
} from '@sallyport/protocol/keys/formats/known-hosts';
import { parsePublicLine } from '@sallyport/protocol/keys/formats/public-line';
import type { PublicKey } from '@sallyport/protocol/keys/public-key';
import { decodePublicKey, keyTypeLabel } from '@sallyport/protocol/keys/public-key';
import { randomart } from '@sallyport/protocol/keys/randomart';
import type { LogSink } from '@sallyport/protocol/log/log';
import { equalBytes } from '@sallyport/protocol/wire/bytes';
import { hostKeyMessages } from './messages.ts';

/** What the check goes by. */
export interface HostKeyCheckOptions {
  readonly crypto: CryptoProvider;
  readonly log: LogSink;
  readonly options: Pick<
    SshOptions,
    | 'StrictHostKeyChecking'
    | 'UserKnownHostsFile'
    | 'GlobalKnownHostsFile'
    | 'HashKnownHosts'
    | 'HostKeyAlias'
    | 'HostKeyAlgorithms'
    | 'FingerprintHash'
    | 'VisualHostKey'
    | 'NoHostAuthenticationForLocalhost'
    | 'BatchMode'
    | 'RequiredRSASize'
    | 'RevokedHostKeys'
  >;
  /** After Hostname, as it is connected to. */
  readonly host: string;
  readonly port: number;
  /** The address that it turned out to have; none behind a ProxyCommand. */
  readonly address?: string;
  /** Asks on the terminal; undefined when nobody answers. */
  readonly ask: (question: string) => Promise<string | undefined>;
}

export type HostKeyVerdict =
  /** `weakened`: accepted although it is not the known key: no secret may be given to this host. */
  { readonly accepted: true; readonly weakened: boolean } | { readonly accepted: false };

const refused: HostKeyVerdict = { accepted: false };
const accepted: HostKeyVerdict = { accepted: true, weakened: false };

/** How many other names of a key are listed. */
const maximumOtherNames = 8;

export class HostKeyCheck {
  readonly #given: HostKeyCheckOptions;
  readonly #lines: readonly KnownHostsLine[];
  /** The name that is looked up and recorded. */
  readonly #name: string;
  readonly #isAlias: boolean;

  constructor(given: HostKeyCheckOptions) {
    this.#given = given;
    const { UserKnownHostsFile, GlobalKnownHostsFile, HostKeyAlias } = given.options;
    this.#lines = [...UserKnownHostsFile, ...GlobalKnownHostsFile].flatMap(readLines);
    this.#isAlias = HostKeyAlias !== undefined;
    this.#name = HostKeyAlias?.toLowerCase() ?? knownHostsName(given.host, given.port);
  }

  /** The algorithms to offer: unless the user chose a list, those first whose keys are known for this host. */
  preferredAlgorithms(isUsersChoice: boolean): readonly string[] {
    const names = this.#given.options.HostKeyAlgorithms?.split(',') ?? [];
    const usable = names.filter((name) => signatureAlgorithm(name)?.availability === 'default');
    if (isUsersChoice) return usable;
    const known = linesOfHost(this.#given.crypto, this.#lines, this.#name).filter(({ marker }) => marker === undefined);
    const types = new Set(known.map(({ type }) => type));
    const isKnown = (name: string): boolean => types.has(signatureAlgorithm(name)?.keyType ?? '');
    return [...usable.filter(isKnown), ...usable.filter((name) => !isKnown(name))];
  }

  /** Judges a key whose signature was verified. */
  async judge(blob: Uint8Array): Promise<HostKeyVerdict> {
    const { crypto, log, options } = this.#given;
    const key = decodePublicKey(blob);
    log('debug1', hostKeyMessages.debugKey(key.type, this.#print(key)));
    if (options.NoHostAuthenticationForLocalhost && isLoopback(this.#given)) {
      log('debug1', hostKeyMessages.debugLoopback);
      return accepted;
    }
    if (key.type === 'ssh-rsa' && key.bits < options.RequiredRSASize) {
      log('error', hostKeyMessages.tooShort);
      return refused;
    }
    if (this.#isRevokedByFile(key)) return refused;
    const { host, port } = this.#isAlias ? { host: this.#name, port: 22 } : this.#given;
    const finding = lookUpHostKey(crypto, this.#lines, { host, port, key });
    switch (finding.status) {
      case 'found':
        return this.#found(key, finding);
      case 'unknown':
        return this.#isKnownWithoutPort(key) ? accepted : this.#unknown(key, finding);
      case 'changed':
        return this.#changed(key, finding);
      default:
        return this.#revoked(key);
    }
  }

  // A file that cannot be understood, a KRL for one, refuses every key: what it says might forbid this one.
  #isRevokedByFile(key: PublicKey): boolean {
    const { log, options } = this.#given;
    for (const file of options.RevokedHostKeys ?? []) {
      const verdict = isListed(file, key);
      if (verdict === 'no') continue;
      const say = verdict === 'yes' ? hostKeyMessages.revokedBy : hostKeyMessages.revokedUnknown;
      log('error', say(key.type, this.#print(key), file));
      return true;
    }
    return false;
  }

  #found(key: PublicKey, { line }: HostKeyFinding): HostKeyVerdict {
    const { log, options } = this.#given;
    log('debug1', hostKeyMessages.debugMatches(this.#name, keyTypeLabel(key.type)));
    if (line !== undefined) log('debug1', hostKeyMessages.debugFound(line.file, line.number));
    if (options.VisualHostKey) this.#draw(key);
    return accepted;
  }

  // A key that is recorded for the host's port 22 does for its other ports.
  #isKnownWithoutPort(key: PublicKey): boolean {
    const { crypto, log, host, port } = this.#given;
    if (this.#isAlias || port === 22) return false;
    log('debug1', hostKeyMessages.debugWithoutPort);
    const isKnown = lookUpHostKey(crypto, this.#lines, { host, port: 22, key }).status === 'found';
    if (isKnown) log('debug1', hostKeyMessages.debugFoundWithoutPort);
    return isKnown;
  }

  async #unknown(key: PublicKey, finding: HostKeyFinding): Promise<HostKeyVerdict> {
    const { log, options } = this.#given;
    const type = keyTypeLabel(key.type);
    const policy = options.StrictHostKeyChecking;
    if (policy === 'yes') {
      log('error', hostKeyMessages.strict(this.#shownName, type));
      return refused;
    }
    if (policy === 'ask' && !(await this.#confirm(key, finding))) return refused;
    this.#record(key);
    return accepted;
  }

  // With the question goes everything that helps to answer it.
  async #confirm(key: PublicKey, finding: HostKeyFinding): Promise<boolean> {
    const { ask, address, port, options, log } = this.#given;
    const print = this.#print(key);
    const place = address === undefined ? hostKeyMessages.noAddress : knownHostsName(address, port);
    const lines = [
      hostKeyMessages.unknownHost(`${this.#shownName} (${place})`),
      hostKeyMessages.fingerprint(keyTypeLabel(key.type), print),
      ...(options.VisualHostKey ? randomart(this.#given.crypto, key, options.FingerprintHash) : []),
      ...otherNames(finding.otherNames),
    ];
    if (options.BatchMode) {
      for (const line of lines) log('debug1', line);
      return false;
    }
    let question = `${lines.join('\n')}\n${hostKeyMessages.question}`;
    for (;;) {
      const answer = (await ask(question))?.trim();
      if (answer === undefined) return false;
      if (answer.toLowerCase() === 'yes' || answer === print) return true;
      if (answer === '' || answer.toLowerCase() === 'no') return false;
      question = hostKeyMessages.questionAgain;
    }
  }

  #changed(key: PublicKey, { line }: HostKeyFinding): HostKeyVerdict {
    const { log, options } = this.#given;
    for (const text of hostKeyMessages.changed(keyTypeLabel(key.type), this.#print(key))) log('error', text);
    const file = options.UserKnownHostsFile[0] ?? line?.file ?? '';
    log('error', hostKeyMessages.addCorrectKey(file));
    if (line !== undefined) log('error', hostKeyMessages.offending(keyTypeLabel(line.type), line.file, line.number));
    if (options.StrictHostKeyChecking === 'no') return { accepted: true, weakened: true };
    log('error', hostKeyMessages.changedStrict(this.#shownName));
    return refused;
  }

  #revoked(key: PublicKey): HostKeyVerdict {
    const { log, options } = this.#given;
    const type = keyTypeLabel(key.type);
    for (const text of hostKeyMessages.revoked(type, this.#shownName)) log('error', text);
    if (options.StrictHostKeyChecking === 'no') return { accepted: true, weakened: true };
    log('error', hostKeyMessages.revokedStrict(type, this.#shownName));
    return refused;
  }

  get #shownName(): string {
    return this.#given.options.HostKeyAlias ?? this.#name;
  }

  #print(key: PublicKey): string {
    return fingerprint(this.#given.crypto, key, this.#given.options.FingerprintHash);
  }

  #draw(key: PublicKey): void {
    const { crypto, log, options } = this.#given;
    for (const text of randomart(crypto, key, options.FingerprintHash)) log('info', text);
  }

  #record(key: PublicKey): void {
    const { crypto, log, options } = this.#given;
    const hosts = options.HashKnownHosts ? hashHostsField(crypto, this.#name) : this.#name;
    const [file] = options.UserKnownHostsFile;
    if (file !== undefined && addLine(file, formatKnownHostsLine(hosts, key))) {
      log('info', hostKeyMessages.added(this.#shownName, keyTypeLabel(key.type)));
    } else {
      log('info', hostKeyMessages.notAdded(options.UserKnownHostsFile.join(', ')));
    }
  }
}

function otherNames(lines: readonly KnownHostsLine[]): readonly string[] {
  if (lines.length === 0) return [hostKeyMessages.noOtherNames];
  const shown = lines.slice(0, maximumOtherNames).map(({ file, number, hosts }) => {
    return hostKeyMessages.otherName({ file, number, name: hosts.startsWith('|') ? '[hashed name]' : hosts });
  });
  const more = lines.length - shown.length;
  return [hostKeyMessages.otherNames, ...shown, ...(more > 0 ? [hostKeyMessages.moreNames(more)] : [])];
}

function isLoopback({ host, address = host }: HostKeyCheckOptions): boolean {
  return /^127\.\d+\.\d+\.\d+$/.test(address) || address === '::1';
}

// A file that is not there has no lines; one that cannot be read may hold what forbids the key, but OpenSSH goes on
// as well, and an unknown key is asked about.
function readLines(file: string): KnownHostsLine[] {
  try {
    return parseKnownHosts(readFileSync(file, 'utf8'), file);
  } catch {
    return [];
  }
}

/** Whether a file of public key lines has the key. */
function isListed(file: string, key: PublicKey): 'yes' | 'no' | 'unreadable' {
  try {
    const lines = readFileSync(file, 'utf8').split('\n');
    const keys = lines.filter((line) => !/^\s*(?:#|$)/.test(line)).map((line) => parsePublicLine(line.trim()).key.blob);
    return keys.some((blob) => equalBytes(blob, key.blob)) ? 'yes' : 'no';
  } catch {
    return 'unreadable';
  }
}

/** Appends a line, with the newline that the last one may lack; false when that is impossible. */
function addLine(file: string, line: string): boolean {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const contents = textIfThere(file);
    const separator = contents === '' || contents.endsWith('\n') ? '' : '\n';
    appendFileSync(file, `${separator}${line}\n`, { mode: 0o600 });
    return true;
  } catch {
    return false;
  }
}

function textIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}
