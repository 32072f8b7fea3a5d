// ssh-keygen -l: fingerprints of the keys in a file of any kind that holds them: public keys, private keys,
// known_hosts, authorized_keys. Lines that hold no key are passed over; a file without any is an error.

import { isCertificate } from '@sallyport/protocol/keys/certificate';
import { babbleFingerprint, fingerprint } from '@sallyport/protocol/keys/fingerprint';
import { endOfKeyOptions } from '@sallyport/protocol/keys/formats/key-options';
import type { SealedPrivateKey } from '@sallyport/protocol/keys/formats/private-key-format';
import type { PrivateKey } from '@sallyport/protocol/keys/private-key';
import { keyTypeLabel } from '@sallyport/protocol/keys/public-key';
import { randomart } from '@sallyport/protocol/keys/randomart';
import { escapeControls } from '../shared/printable.ts';
import { KeyFileError, readPrivateKeyFile } from '../shared/private-key-file.ts';
import { ProgramExit } from '../shared/program-exit.ts';
import { type AnyPublicLine, readPublicFile, tryPublicLine } from '../shared/public-key-file.ts';
import { writeOut } from '../shared/standard-streams.ts';
import { chooseFile, type KeygenContext, logLine } from './context.ts';
import { messages, prompts } from './messages.ts';
import { readText } from './read-text.ts';

/** Lines are written together, as a file may hold very many keys. */
const batchLength = 32 * 1024;

interface FoundKey {
  readonly key: AnyPublicLine['key'];
  readonly comment: string | undefined;
}

export function printFingerprints(context: KeygenContext): number {
  const path = chooseFile(context, prompts.whichKey);
  const text = readText(path);
  const [first = ''] = text.split('\n', 1);
  if (path !== '-' && !first.trimStart().startsWith('#') && /PRIVATE KEY|^PuTTY-User-Key-File-/.test(first)) {
    writeOut(describe(context, findPrivate(context, path)));
    return 0;
  }
  const shownPath = path === '-' ? '(stdin)' : path;
  let found = 0;
  let shown = '';
  let number = 0;
  for (const line of text.split('\n')) {
    number++;
    const key = keyOfLine(line);
    if (key === 'none' && context.options.verbose) logLine(messages.lineNotPublic(shownPath, number));
    if (typeof key === 'string') continue;
    found++;
    shown += describe(context, key);
    if (shown.length < batchLength) continue;
    writeOut(shown);
    shown = '';
  }
  writeOut(shown);
  if (found === 0) throw new ProgramExit(messages.notPublic(shownPath));
  return 0;
}

/** A key with or without something before it; what is before it stands in for a missing comment, as OpenSSH has it. */
function keyOfLine(line: string): FoundKey | 'blank' | 'none' {
  const end = line.indexOf('\r');
  const text = (end < 0 ? line : line.slice(0, end)).replace(/^[ \t]+/, '');
  if (text === '' || text.startsWith('#')) return 'blank';
  const plain = tryKey(text);
  if (plain !== undefined) return plain;
  const from = endOfKeyOptions(text);
  if (from < 0 || from === text.length) return 'blank';
  const behind = tryKey(text.slice(from));
  return behind === undefined ? 'none' : { key: behind.key, comment: behind.comment ?? text.slice(0, from) };
}

function tryKey(text: string): FoundKey | undefined {
  const found = tryPublicLine(text);
  return found && foundKey(found);
}

function foundKey({ key, comment }: AnyPublicLine): FoundKey {
  return { key, comment: /^(?:#|$)/.test(comment) ? undefined : comment };
}

/** A private key's public half: from the .pub file beside it, which has the comment, else from the file itself. */
function findPrivate(context: KeygenContext, path: string): FoundKey {
  const beside = findBeside(`${path}.pub`);
  if (beside?.comment !== undefined) return beside;
  const sealed = trySealed(path, false);
  const inside = sealed?.encrypted === false ? keyInside(context, path) : undefined;
  const key = beside?.key ?? sealed?.publicKey ?? inside?.publicKey;
  if (key === undefined) throw new ProgramExit(messages.notKey(path));
  return { key, comment: inside?.comment === '' ? undefined : inside?.comment };
}

function findBeside(path: string): FoundKey | undefined {
  try {
    return foundKey(readPublicFile(path));
  } catch (error) {
    if (error instanceof KeyFileError) return undefined;
    throw error;
  }
}

/** Only looking into the private part asks for the file's protection. */
function keyInside({ crypto }: KeygenContext, path: string): PrivateKey | undefined {
  const key = trySealed(path, true)?.open(crypto, new Uint8Array(0));
  key?.wipe();
  return key;
}

function trySealed(path: string, mustBeProtected: boolean): SealedPrivateKey | undefined {
  try {
    return readPrivateKeyFile(path, { mustBeProtected });
  } catch (error) {
    if (!(error instanceof KeyFileError)) throw error;
    for (const line of error.box) logLine(line);
    return undefined;
  }
}

/** The line of a key, and its picture with -v. */
export function describe({ crypto, options }: KeygenContext, { key, comment }: FoundKey): string {
  const plain = isCertificate(key) ? key.key : key;
  const print = options.babbles ? babbleFingerprint(crypto, plain) : fingerprint(crypto, plain, options.digest);
  const shown = escapeControls(comment ?? messages.noComment);
  const line = `${key.bits} ${print} ${shown} (${keyTypeLabel(key.type)})\n`;
  if (!options.verbose) return line;
  return `${line}${randomart(crypto, { ...plain, type: key.type }, options.digest).join('\n')}\n`;
}
