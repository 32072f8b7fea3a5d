// ssh-keygen -L: every certificate in a file, field by field. Names come from whoever made the certificate, so their
// control characters are shown as escapes.

import {
  type Certificate,
  type CertificateOption,
  isCertificate,
  verifyCertificateSignature,
} from '@sallyport/protocol/keys/certificate';
import { fingerprint } from '@sallyport/protocol/keys/fingerprint';
import { keyTypeLabel } from '@sallyport/protocol/keys/public-key';
import { hexEncode } from '@sallyport/protocol/wire/base64';
import { DecodeError } from '@sallyport/protocol/wire/decode-error';
import { Reader } from '@sallyport/protocol/wire/reader';
import { certificateValidity } from '../shared/certificate-words.ts';
import { keyFileReasons } from '../shared/messages.ts';
import { escapeControls } from '../shared/printable.ts';
import { tryPublicLine } from '../shared/public-key-file.ts';
import { writeOut } from '../shared/standard-streams.ts';
import { chooseFile, type KeygenContext, logLine } from './context.ts';
import { listing, messages, prompts } from './messages.ts';
import { readText } from './read-text.ts';

export function showCertificates(context: KeygenContext): number {
  const path = chooseFile(context, prompts.whichKey);
  const shownPath = path === '-' ? '(stdin)' : path;
  let found = false;
  for (const [index, line] of linesOf(readText(path)).entries()) {
    const text = line.replace(/^[ \t]+/, '');
    if (text.startsWith('#')) continue;
    const key = tryPublicLine(text)?.key;
    const isBad = key === undefined || (isCertificate(key) && !isSigned(context, key));
    if (isBad) logLine(messages.invalidKeyLine(shownPath, index + 1, keyFileReasons.malformed));
    else if (!isCertificate(key)) logLine(messages.notCertificate(shownPath, index + 1));
    else {
      found = true;
      writeOut(`${index === 0 && path !== '-' ? path : `${shownPath}:${index + 1}`}:\n${describe(context, key)}`);
    }
  }
  return found ? 0 : 1;
}

/** A signature over SHA-1 makes a certificate useless to us, and is shown all the same. */
function isSigned({ crypto }: KeygenContext, certificate: Certificate): boolean {
  return certificate.signatureAlgorithm === 'ssh-rsa' || verifyCertificateSignature(crypto, certificate);
}

function linesOf(text: string): readonly string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function describe({ crypto, options }: KeygenContext, certificate: Certificate): string {
  const { authority, key, principals, serial, kind, type, signatureAlgorithm } = certificate;
  const print = (of: typeof key): string => fingerprint(crypto, of, options.digest);
  const rows = [
    listing.type(type, kind),
    listing.publicKey(keyTypeLabel(type), print(key)),
    listing.authority(keyTypeLabel(authority.type), print(authority), escapeControls(signatureAlgorithm)),
    listing.keyId(escapeControls(certificate.keyId)),
    listing.serial(serial),
    listing.validity(certificateValidity(certificate)),
    ...listOf(
      listing.principals,
      principals.map((name) => escapeControls(name)),
    ),
    ...listOf(listing.criticalOptions, certificate.criticalOptions.map(describeOption)),
    ...listOf(listing.extensions, certificate.extensions.map(describeOption)),
  ];
  return rows.map((row) => `        ${row}\n`).join('');
}

function listOf(title: string, entries: readonly string[]): readonly string[] {
  return entries.length === 0 ? [`${title} (none)`] : [`${title} `, ...entries.map((entry) => `        ${entry}`)];
}

const flags: ReadonlySet<string> = new Set([
  'no-touch-required',
  'permit-X11-forwarding',
  'permit-agent-forwarding',
  'permit-port-forwarding',
  'permit-pty',
  'permit-user-rc',
  'verify-required',
]);
const texts: ReadonlySet<string> = new Set(['force-command', 'source-address']);

function describeOption({ name, data }: CertificateOption): string {
  const shown = escapeControls(name);
  if (texts.has(name)) return `${shown} ${escapeControls(textOf(data) ?? listing.corrupt)}`;
  if (flags.has(name) && data.length === 0) return shown;
  return data.length === 0 ? listing.unknownFlag(shown) : listing.unknownOption(shown, hexEncode(data), data.length);
}

function textOf(data: Uint8Array): string | undefined {
  try {
    const reader = new Reader(data);
    const text = reader.text();
    reader.end();
    return text;
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
