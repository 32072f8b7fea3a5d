// Looks a key up in an account's AuthorizedKeysFile. The files are read with the account's own rights, opened
// without waiting, as regular files only and with a size limit; each line stands alone.

import * as fs from 'node:fs';
import type { AuthorizedKeysLine } from '@sallyport/protocol/keys/formats/authorized-keys';
import { judgeKeyUse, parseAuthorizedKeysLine } from '@sallyport/protocol/keys/formats/authorized-keys';
import type { PublicKey } from '@sallyport/protocol/keys/public-key';
import { keyTypeLabel } from '@sallyport/protocol/keys/public-key';
import { visible } from '@sallyport/protocol/log/log';
import type { LogLine, PeerAddress } from '@sallyport/protocol/log/stable-lines';
import { stableLines } from '@sallyport/protocol/log/stable-lines';
import { base64Encode } from '@sallyport/protocol/wire/base64';
import { equalBytes } from '@sallyport/protocol/wire/bytes';
import { utf8DecodeReversibly } from '@sallyport/protocol/wire/utf8';
import { localSeconds } from '@sallyport/system/local-time';
import type { AllowedKey } from '../monitor/monitor.ts';
import type { KeyGrant } from './grant.ts';
import type { AccountRecord } from './login-policy.ts';
import { unsafePart } from './safe-path.ts';

export interface KeyLookUp {
  readonly account: AccountRecord;
  /** Absolute paths, tokens expanded. */
  readonly files: readonly string[];
  readonly strictModes: boolean;
  readonly peer: PeerAddress;
  /** Name patterns of environment= that PermitUserEnvironment lets through. */
  readonly permitsVariable: (name: string) => boolean;
  /** SHA256 fingerprint. */
  readonly fingerprint: (key: PublicKey) => string;
  readonly log: (line: LogLine) => void;
}

type Entry = Extract<AuthorizedKeysLine, { readonly kind: 'entry' }>;

const maximumFileBytes = 16 * 1024 * 1024;

/** The first line that allows the key, in the order of the files. */
export function findAuthorizedKey(key: PublicKey, lookUp: KeyLookUp): AllowedKey | undefined {
  for (const file of lookUp.files) {
    const text = readKeysFile(file, lookUp);
    const found = text === undefined ? undefined : findInText(text, key, { file, lookUp });
    if (found !== undefined) return found;
  }
  return undefined;
}

function findInText(
  text: string,
  key: PublicKey,
  where: { readonly file: string; readonly lookUp: KeyLookUp },
): AllowedKey | undefined {
  const { file, lookUp } = where;
  for (const { line, number } of linesWith(text, base64Encode(key.blob))) {
    const parsed = parseAuthorizedKeysLine(line);
    const place = `${file}:${number}`;
    if (parsed.kind === 'refused')
      lookUp.log({ level: 'debug1', text: `${visible(place)}: ${visible(parsed.reason)}` });
    if (parsed.kind !== 'entry' || !equalBytes(parsed.key.blob, key.blob) || parsed.options.certAuthority) continue;
    if (!mayUse(parsed, place, lookUp)) continue;
    lookUp.log(stableLines.keyFound(keyTypeLabel(key.type), lookUp.fingerprint(key), visible(place)));
    return { grant: keyGrant(parsed, lookUp), place };
  }
  return undefined;
}

/**
 * The lines in which some text stands, with their numbers from 1. Only those are parsed, so that a user's file of a
 * hundred thousand keys does not hold up the monitor.
 */
function* linesWith(text: string, wanted: string): Generator<{ readonly line: string; readonly number: number }> {
  let number = 1;
  let counted = 0;
  for (let at = text.indexOf(wanted); at >= 0; ) {
    const start = text.lastIndexOf('\n', at) + 1;
    const next = text.indexOf('\n', at);
    const end = next < 0 ? text.length : next;
    for (let line = text.indexOf('\n', counted); line >= 0 && line < start; line = text.indexOf('\n', line + 1))
      number++;
    counted = start;
    yield { line: text.slice(start, end), number };
    at = text.indexOf(wanted, end);
  }
}

function mayUse(entry: Entry, place: string, lookUp: KeyLookUp): boolean {
  const { peer, account, log } = lookUp;
  const { options } = entry;
  const now = Math.floor(Date.now() / 1000);
  const use = { host: peer.address, address: peer.address, now, localTime: localSeconds };
  const verdict = judgeKeyUse(options, use);
  if (verdict === 'allowed') return true;
  if (verdict === 'expired') log({ level: 'info', text: `${visible(place)}: key has expired` });
  else {
    const required = options.from ?? '';
    log(
      stableLines.keyFromRefused(visible(place), account.name, { host: peer.address, address: peer.address, required }),
    );
  }
  return false;
}

function keyGrant(entry: Entry, lookUp: KeyLookUp): KeyGrant {
  const { command, environment, permissions, permitOpen } = entry.options;
  const variables = environment.filter(({ name }) => lookUp.permitsVariable(name));
  const targets = permitOpen.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`);
  return {
    ...(command === undefined ? {} : { forcedCommand: command }),
    environment: variables.map(({ name, value }) => `${name}=${value}`),
    permitPty: permissions.pty,
    permitPortForwarding: permissions.portForwarding,
    ...(targets.length === 0 ? {} : { permitOpen: targets }),
  };
}

/** The file's text; undefined when it is not there, not usable or not safe. */
function readKeysFile(file: string, lookUp: KeyLookUp): string | undefined {
  const { account, strictModes, log } = lookUp;
  let descriptor: number;
  try {
    descriptor = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK | fs.constants.O_NOCTTY);
  } catch {
    return undefined;
  }
  const refuse = (why: string): undefined => {
    log({ level: 'info', text: `User ${visible(account.name)} authorized keys ${visible(file)} ${why}` });
  };
  try {
    const stat = fs.fstatSync(descriptor);
    if (!stat.isFile()) return refuse('is not a regular file');
    if (stat.size > maximumFileBytes) return refuse('is too large');
    const unsafe = strictModes ? unsafePart(descriptor, file, account) : undefined;
    if (unsafe === undefined) return utf8DecodeReversibly(fs.readFileSync(descriptor));
    log(stableLines.badModes(unsafe.what, unsafe.path));
    return undefined;
  } catch (error) {
    // Somebody moves its folders about while we look.
    return refuse(`cannot be judged: ${String((error as NodeJS.ErrnoException).code)}`);
  } finally {
    fs.closeSync(descriptor);
  }
}
