// Is this the host's key? The policy of StrictHostKeyChecking with the files of known hosts: what is found is accepted
// or refused, what is new may be asked about and recorded, what has changed is shouted about. The look-up is
// protocol/keys'; here are the files, the question and the words.

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import { signatureAlgorithm } from '@sallyport/protocol/algorithms/signatures';
import type { SshOptions } from '@sallyport/protocol/config/ssh-keywords';
import { type Certificate, decodeAnyKey, isCertificate } from '@sallyport/protocol/keys/certificate';
import { fingerprint } from '@sallyport/protocol/keys/fingerprint';
import type { HostKeyFinding, KnownHostsLine } from '@sallyport/protocol/keys/formats/known-hosts';
import {
  formatKnownHostsLine,
  hashHostsField,
  knownHostsName,
  linesOfHost,
  lookUpHostKey,
} from '@sallyport/protocol/keys/formats/known-hosts';
import { judgeHostCertificate } from '@sallyport/protocol/keys/host-certificate';
import type { PublicKey } from '@sallyport/protocol/keys/public-key';
import { keyTypeLabel } from '@sallyport/protocol/keys/public-key';
import { randomart } from '@sallyport/protocol/keys/randomart';
import type { LogSink } from '@sallyport/protocol/log/log';
import { describeHostKey } from './host-certificate.ts';
import { type KnownHostsCommand, runKnownHostsCommand } from './known-hosts-command.ts';
import { addKnownHostsLine, readKnownHosts } from './known-hosts-files.ts';
import { hostKeyMessages } from './messages.ts';
import { isRevokedHostKey } from './revoked-host-keys.ts';

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
    | 'CASignatureAlgorithms'
  >;
  /** After Hostname, as it is connected to. */
  readonly host: string;
  readonly port: number;
  /** The address that it turned out to have; none behind a ProxyCommand. */
  readonly address?: string;
  /** KnownHostsCommand, if there is one. */
  readonly command?: KnownHostsCommand | undefined;
  /** Asks on the terminal; undefined when nobody answers. */
  readonly ask: (question: string) => Promise<string | undefined>;
}

export type HostKeyVerdict =
  /**
   * `weakened`: accepted although it is not the known key: no secret may be given to this host. `isTrusted`: the user
   * has this very key on record, or has just confirmed it; only then may the server change what is on record.
   */
  { readonly accepted: true; readonly weakened: boolean; readonly isTrusted: boolean } | { readonly accepted: false };

const refused: HostKeyVerdict = { accepted: false };
const accepted: HostKeyVerdict = { accepted: true, weakened: false, isTrusted: false };
const trusted: HostKeyVerdict = { accepted: true, weakened: false, isTrusted: true };
const weakened: HostKeyVerdict = { accepted: true, weakened: true, isTrusted: false };

/** How many other names of a key are listed. */
const maximumOtherNames = 8;

export class HostKeyCheck {
  readonly #given: HostKeyCheckOptions;
  #lines: readonly KnownHostsLine[];
  readonly #name: string;
  readonly #isAlias: boolean;

  constructor(given: HostKeyCheckOptions) {
    this.#given = given;
    const { UserKnownHostsFile, GlobalKnownHostsFile, HostKeyAlias } = given.options;
    this.#lines = [...UserKnownHostsFile, ...GlobalKnownHostsFile].flatMap(readKnownHosts);
    this.#isAlias = HostKeyAlias !== undefined;
    this.#name = HostKeyAlias?.toLowerCase() ?? knownHostsName(given.host, given.port);
  }

  /** The name that is looked up and recorded. */
  get name(): string {
    return this.#name;
  }

  /**
   * The algorithms to offer: unless the user chose a list, those first whose keys are known for this host, and those
   * for certificates where an authority is.
   */
  async preferredAlgorithms(isUsersChoice: boolean): Promise<readonly string[]> {
    const { crypto, options } = this.#given;
    const names = options.HostKeyAlgorithms?.split(',') ?? [];
    if (isUsersChoice) return names;
    const printed = (await this.#ask({ purpose: 'ORDER', name: this.#name })) ?? [];
    const ofHost = linesOfHost(crypto, [...this.#lines, ...printed], this.#name);
    const types = new Set(ofHost.filter(({ marker }) => marker === undefined).map(({ type }) => type));
    const hasAuthority = ofHost.some(({ marker }) => marker === 'cert-authority');
    const isKnown = (name: string): boolean => types.has(plainTypeOf(name));
    const [best] = names;
    if (best !== undefined && isKnown(best)) return names;
    const isPreferred = (name: string): boolean =>
      isKnown(name) || (hasAuthority && signatureAlgorithm(name)?.keyType !== plainTypeOf(name));
    return [...names.filter(isPreferred), ...names.filter((name) => !isPreferred(name))];
  }

  /** Judges a key or certificate whose signature was verified. */
  async judge(blob: Uint8Array): Promise<HostKeyVerdict> {
    const { crypto, log, options } = this.#given;
    const key = decodeAnyKey(blob);
    const plain = isCertificate(key) ? key.key : key;
    for (const { level, text } of describeHostKey(key, (of) => this.#print(of))) log(level, text);
    if (options.NoHostAuthenticationForLocalhost && isLoopback(this.#given)) {
      log('debug1', hostKeyMessages.debugLoopback);
      return accepted;
    }
    if (plain.type === 'ssh-rsa' && plain.bits < options.RequiredRSASize) {
      log('error', hostKeyMessages.tooShort);
      return refused;
    }
    if (isRevokedHostKey(key, { crypto, log, files: options.RevokedHostKeys ?? [], print: this.#print(plain) })) {
      return refused;
    }
    const printed = await this.#ask({ purpose: 'HOSTNAME', name: this.#name, key });
    if (printed === undefined) return refused;
    this.#lines = [...this.#lines, ...printed];
    const verdict = isCertificate(key) ? this.#judgeCertificate(key) : undefined;
    return verdict ?? this.#judgePlain(plain);
  }

  /** What the program of KnownHostsCommand says, if there is one; undefined when it failed. */
  async #ask(question: Parameters<typeof runKnownHostsCommand>[1]): Promise<readonly KnownHostsLine[] | undefined> {
    const { command, log } = this.#given;
    if (command === undefined) return [];
    const lines = await runKnownHostsCommand(command, question);
    if (typeof lines !== 'string') return lines;
    log('error', lines);
    return undefined;
  }

  /** undefined when the certificate does not help, and the key inside it is to be judged by itself. */
  #judgeCertificate(certificate: Certificate): HostKeyVerdict | undefined {
    const { crypto, log, options } = this.#given;
    const { status, line, withoutPort, reason } = judgeHostCertificate(crypto, this.#lines, {
      ...this.#place,
      certificate,
      now: Date.now() / 1000,
      authorityAlgorithms: options.CASignatureAlgorithms?.split(','),
    });
    if (withoutPort) log('debug1', hostKeyMessages.debugWithoutPort);
    if (status === 'revoked') return this.#revoked(certificate);
    if (status !== 'unknown' && line !== undefined) {
      log('debug1', hostKeyMessages.debugMatchesCertificate(this.#name, keyTypeLabel(certificate.type)));
      log('debug1', hostKeyMessages.debugFoundAuthority(line.file, line.number));
    }
    if (status === 'trusted') return accepted;
    if (reason !== undefined) log('error', reason);
    log('debug1', hostKeyMessages.debugNoAuthority);
    return undefined;
  }

  async #judgePlain(key: PublicKey): Promise<HostKeyVerdict> {
    const finding = lookUpHostKey(this.#given.crypto, this.#lines, { ...this.#place, key });
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

  /** Where the key is looked up: an alias has no port. */
  get #place(): { readonly host: string; readonly port: number } {
    return this.#isAlias ? { host: this.#name, port: 22 } : this.#given;
  }

  #found(key: PublicKey, { line }: HostKeyFinding): HostKeyVerdict {
    const { log, options } = this.#given;
    log('debug1', hostKeyMessages.debugMatches(this.#name, keyTypeLabel(key.type)));
    if (line !== undefined) log('debug1', hostKeyMessages.debugFound(line.file, line.number));
    if (options.VisualHostKey) this.#draw(key);
    return line !== undefined && options.UserKnownHostsFile.includes(line.file) ? trusted : accepted;
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
    return policy === 'ask' ? trusted : accepted;
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
    if (options.StrictHostKeyChecking === 'no') return weakened;
    log('error', hostKeyMessages.changedStrict(this.#shownName));
    return refused;
  }

  #revoked(key: PublicKey | Certificate): HostKeyVerdict {
    const { log, options } = this.#given;
    const type = keyTypeLabel(key.type);
    for (const text of hostKeyMessages.revoked(type, this.#shownName)) log('error', text);
    if (options.StrictHostKeyChecking === 'no') return weakened;
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
    if (file !== undefined && addKnownHostsLine(file, formatKnownHostsLine(hosts, key))) {
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

/** The type of the plain key that an algorithm signs with, also where the key is in a certificate. */
function plainTypeOf(name: string): string {
  return signatureAlgorithm(signatureAlgorithm(name)?.signatureName ?? '')?.keyType ?? '';
}

function isLoopback({ host, address = host }: HostKeyCheckOptions): boolean {
  return /^127\.\d+\.\d+\.\d+$/.test(address) || address === '::1';
}
