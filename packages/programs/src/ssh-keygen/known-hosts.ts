// ssh-keygen -F, -R and -H: finds, removes and hashes the names in a known_hosts file. Lines are kept byte for byte; a
// file with a line that cannot be understood is not rewritten; the old file stays as FILE.old.

import { fingerprint } from '@sallyport/protocol/keys/fingerprint';
import {
  hashHostsField,
  hostsFieldMatches,
  type KnownHostsEntry,
  keyOfKnownHostsLine,
  knownHostsName,
  parseKnownHostsLine,
} from '@sallyport/protocol/keys/formats/known-hosts';
import { keyTypeLabel } from '@sallyport/protocol/keys/public-key';
import { randomart } from '@sallyport/protocol/keys/randomart';
import { reasonOf } from '../shared/failure-reason.ts';
import { escapeControls } from '../shared/printable.ts';
import { ProgramExit } from '../shared/program-exit.ts';
import { type KnownHostsFile, readKnownHostsFile, rewriteKnownHostsFile } from '../shared/rewrite-known-hosts.ts';
import { writeOut } from '../shared/standard-streams.ts';
import { userSshFolder } from '../shared/user-folder.ts';
import { type KeygenContext, logLine, ownAccount } from './context.ts';
import { messages } from './messages.ts';

const markWords = { 'cert-authority': 'CA', revoked: 'REVOKED' } as const;

function readHostsFile({ options }: KeygenContext): KnownHostsFile {
  const path = options.file ?? `${userSshFolder(ownAccount().home)}/known_hosts`;
  try {
    return readKnownHostsFile(path);
  } catch (error) {
    throw new ProgramExit(messages.cannotStat(path, reasonOf(error)));
  }
}

export function findHost(context: KeygenContext): number {
  const { options, crypto } = context;
  const name = knownHostsName(options.host);
  let found = false;
  for (const [index, line] of readHostsFile(context).lines.entries()) {
    const entry = parseKnownHostsLine(line);
    if (typeof entry !== 'object' || !hostsFieldMatches(crypto, entry.hosts, name)) continue;
    const shown = showFound(context, entry, line);
    if (shown === undefined) continue;
    found = true;
    const mark = entry.marker === undefined ? '' : markWords[entry.marker];
    if (!options.quiet) writeOut(`${messages.hostFound(options.host, index + 1, mark)}\n`);
    writeOut(shown);
  }
  return found ? 0 : 1;
}

function showFound(context: KeygenContext, entry: KnownHostsEntry, line: string): Uint8Array | string | undefined {
  const { options, crypto } = context;
  if (options.hashFound) return latin1(`${hashedLines(context, entry, line).join('\n')}\n`);
  if (!options.fingerprintFound) return latin1(`${line}\n`);
  const key = keyOfKnownHostsLine(entry);
  if (key === undefined) return undefined;
  const comment = escapeControls(latin1(entry.comment).toString('utf8'));
  const words = [options.host, keyTypeLabel(key.type), fingerprint(crypto, key, options.digest)];
  if (comment !== '') words.push(comment);
  const art = options.verbose ? randomart(crypto, key, options.digest) : [];
  return `${[words.join(' '), ...art].join('\n')}\n`;
}

export function removeHost(context: KeygenContext): number {
  const { options, crypto } = context;
  const file = readHostsFile(context);
  const name = knownHostsName(options.host);
  const kept: string[] = [];
  let invalid = false;
  for (const [index, line] of file.lines.entries()) {
    const entry = parseKnownHostsLine(line);
    const goes =
      typeof entry === 'object' && entry.marker === undefined && hostsFieldMatches(crypto, entry.hosts, name);
    if (goes && !options.quiet) writeOut(`${messages.hostFoundForRemoval(options.host, index + 1)}\n`);
    if (!goes) kept.push(line);
    if (entry !== 'malformed') continue;
    invalid = true;
    logLine(messages.invalidLine(file.path, index + 1));
  }
  if (invalid) refuseRewrite(file.path);
  if (kept.length === file.lines.length) logLine(messages.hostNotFound(options.host, file.path));
  else rewrite(file, kept);
  return 0;
}

export function hashHosts(context: KeygenContext): number {
  const file = readHostsFile(context);
  const lines: string[] = [];
  let invalid = false;
  let hashedAny = false;
  for (const [index, line] of file.lines.entries()) {
    const entry = parseKnownHostsLine(line);
    if (entry === 'malformed') {
      invalid = true;
      logLine(messages.invalidLine(file.path, index + 1));
    }
    const hashed = typeof entry === 'object' ? hashedLines(context, entry, line) : [line];
    if (typeof entry === 'object' && hasWildcard(entry)) {
      logLine(messages.wildcardKept(file.path, index + 1, entry.hosts.slice(0, 64)));
    }
    if (hashed[0] !== line) hashedAny = true;
    lines.push(...hashed);
  }
  if (invalid) refuseRewrite(file.path);
  rewrite(file, lines);
  if (hashedAny) {
    logLine(messages.unhashedLeft(`${file.path}.old`));
    logLine(messages.deleteForPrivacy);
  }
  return 0;
}

/** A line for each name; hashed names, patterns and marked lines stay as they are. */
function hashedLines({ crypto }: KeygenContext, entry: KnownHostsEntry, line: string): readonly string[] {
  if (entry.marker !== undefined || entry.hosts.startsWith('|') || hasWildcard(entry)) return [line];
  const key = [entry.type, entry.base64, entry.comment].join(' ').trimEnd();
  const names = entry.hosts.split(',').filter((name) => name !== '');
  return names.map((name) => `${hashHostsField(crypto, name.toLowerCase())} ${key}`);
}

function hasWildcard(entry: KnownHostsEntry): boolean {
  return !entry.hosts.startsWith('|') && /[*?!]/.test(entry.hosts);
}

function refuseRewrite(path: string): never {
  logLine(messages.notKnownHosts(path));
  throw new ProgramExit(messages.notReplaced, 1);
}

function rewrite(file: KnownHostsFile, lines: readonly string[]): void {
  let old: string;
  try {
    old = rewriteKnownHostsFile(file, lines);
  } catch (error) {
    throw new ProgramExit(messages.cannotOpen(file.path, reasonOf(error)));
  }
  writeOut(`${messages.updated(file.path)}\n`);
  writeOut(`${messages.originalKept(old)}\n`);
}

function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}
