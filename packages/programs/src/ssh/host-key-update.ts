// UpdateHostKeys (PROTOCOL section 2.5): a server that has proved itself tells all of its host keys. Those that are new
// are recorded once it has proved to have them, and those that are gone are removed from the user's files. Lines that
// somebody wrote by hand, with patterns, lists or markers, and keys that other hosts have, stop it.

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import { fingerprint } from '@sallyport/protocol/keys/fingerprint';
import {
  formatKnownHostsLine,
  hashHostsField,
  hostsFieldMatches,
  keyOfKnownHostsLine,
  parseKnownHostsLine,
} from '@sallyport/protocol/keys/formats/known-hosts';
import { keyTypeLabel, type PublicKey, verifySignature } from '@sallyport/protocol/keys/public-key';
import type { LogSink } from '@sallyport/protocol/log/log';
import { equalBytes } from '@sallyport/protocol/wire/bytes';
import { DecodeError } from '@sallyport/protocol/wire/decode-error';
import { Reader } from '@sallyport/protocol/wire/reader';
import { Writer } from '@sallyport/protocol/wire/writer';
import { type KnownHostsFile, readKnownHostsFile, rewriteKnownHostsFile } from '../shared/rewrite-known-hosts.ts';
import { readAnnouncedKeys } from './announced-host-keys.ts';
import type { ConnectionPort } from './connection-port.ts';
import { hostKeyUpdateMessages as messages } from './messages.ts';

const proveRequest = 'hostkeys-prove-00@openssh.com';

export interface HostKeyUpdateOptions {
  readonly crypto: CryptoProvider;
  readonly log: LogSink;
  readonly sessionId: Uint8Array;
  /** As the files name the host. */
  readonly name: string;
  /** UserKnownHostsFile; what is new goes into the first. */
  readonly files: readonly string[];
  /** HostKeyAlgorithms: keys of other types are passed over. */
  readonly algorithms: readonly string[];
  readonly hashNames: boolean;
  /** Whether the user wants it; undefined when there is nothing to ask. */
  readonly confirm: (() => Promise<boolean>) | undefined;
}

/** What the files hold of the host. */
interface Record {
  readonly files: readonly KnownHostsFile[];
  readonly kept: readonly PublicKey[];
  readonly gone: readonly PublicKey[];
}

/** Brings the files up to date with what the server announced; the log says what was done and why nothing was. */
export async function updateHostKeys(
  port: Pick<ConnectionPort, 'askGlobal'>,
  announced: Uint8Array,
  options: HostKeyUpdateOptions,
): Promise<void> {
  const { log } = options;
  const keys = readAnnouncedKeys(announced, options);
  if (keys === undefined) return;
  const record = readRecord(keys, options);
  if (typeof record === 'string') {
    log('debug1', record);
    return;
  }
  const added = keys.filter((key) => !holds(record.kept, key));
  if (added.length === 0 && record.gone.length === 0) return;
  if (added.length > 0) {
    const isProved = await proves(port, added, options);
    if (isProved === false) log('error', messages.notProved);
    if (isProved !== true) return;
  }
  const level = options.confirm === undefined ? 'verbose' : 'info';
  const told = [
    ...added.map((key) => messages.learned(keyTypeLabel(key.type), fingerprint(options.crypto, key))),
    ...record.gone.map((key) => messages.deprecating(keyTypeLabel(key.type), fingerprint(options.crypto, key))),
  ];
  for (const line of [...messages.preamble, ...told]) log(level, line);
  if (options.confirm !== undefined && !(await options.confirm())) return;
  writeRecord(record, added, options);
}

function holds(keys: readonly PublicKey[], { blob }: PublicKey): boolean {
  return keys.some((key) => equalBytes(key.blob, blob));
}

/** What is on record, or why it must not be touched. */
function readRecord(keys: readonly PublicKey[], { crypto, files, name }: HostKeyUpdateOptions): Record | string {
  const found = files.flatMap((path) => tryRead(path) ?? []);
  const kept: PublicKey[] = [];
  const gone: PublicKey[] = [];
  const elsewhere: PublicKey[] = [];
  for (const line of found.flatMap(({ lines }) => lines)) {
    const entry = parseKnownHostsLine(line);
    if (typeof entry !== 'object') continue;
    const key = keyOfKnownHostsLine(entry);
    if (!hostsFieldMatches(crypto, entry.hosts, name)) {
      if (key !== undefined) elsewhere.push(key);
      continue;
    }
    if (entry.marker !== undefined || isWrittenByHand(entry.hosts)) return messages.writtenByHand;
    if (key !== undefined && !holds([...kept, ...gone], key)) (holds(keys, key) ? kept : gone).push(key);
  }
  const isShared = elsewhere.some((key) => holds(keys, key) || holds(gone, key));
  return isShared ? messages.otherNames : { files: found, kept, gone };
}

function tryRead(path: string): KnownHostsFile | undefined {
  try {
    return readKnownHostsFile(path);
  } catch {
    return undefined;
  }
}

/** A pattern, or more than a name and its address. */
function isWrittenByHand(hosts: string): boolean {
  return /[*?]/.test(hosts) || hosts.split(',').length > 2;
}

/** Whether the server signs with each of the keys, for this session; undefined when it left before. */
async function proves(
  port: Pick<ConnectionPort, 'askGlobal'>,
  keys: readonly PublicKey[],
  { crypto, sessionId }: HostKeyUpdateOptions,
): Promise<boolean | undefined> {
  const request = new Writer();
  for (const { blob } of keys) request.string(blob);
  const answer = await port.askGlobal(proveRequest, request.bytes());
  if (answer === undefined) return undefined;
  if (!answer.success) return false;
  try {
    const reader = new Reader(answer.fields);
    for (const key of keys) {
      const data = new Writer().string(proveRequest).string(sessionId).string(key.blob).bytes();
      if (!verifySignature(crypto, { key, data, signature: reader.string() })) return false;
    }
    reader.end();
    return true;
  } catch (error) {
    if (error instanceof DecodeError) return false;
    throw error;
  }
}

function writeRecord({ files, gone }: Record, added: readonly PublicKey[], options: HostKeyUpdateOptions): void {
  const { crypto, name, hashNames, log } = options;
  const isGone = (line: string): boolean => {
    const entry = parseKnownHostsLine(line);
    if (typeof entry !== 'object' || !hostsFieldMatches(crypto, entry.hosts, name)) return false;
    const key = keyOfKnownHostsLine(entry);
    return key !== undefined && holds(gone, key);
  };
  for (const file of files) {
    const kept = file.lines.filter((line) => !isGone(line));
    const own = file.path === options.files[0] ? added : [];
    if (kept.length === file.lines.length && own.length === 0) continue;
    const hosts = (): string => (hashNames ? hashHostsField(crypto, name) : name);
    try {
      rewriteKnownHostsFile(file, [...kept, ...own.map((key) => formatKnownHostsLine(hosts(), key))]);
    } catch (error) {
      log('error', messages.failed(file.path, error instanceof Error ? error.message : String(error)));
    }
  }
}
