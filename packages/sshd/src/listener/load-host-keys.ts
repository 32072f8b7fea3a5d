// Loads the host keys of the configuration. A key file that others can read is refused, as OpenSSH does, and a key
// that cannot be used is named; sshd starts when at least one is left. With HostKeyAgent a public key is enough.

import * as fs from 'node:fs';
import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import { isCertificate } from '@sallyport/protocol/keys/certificate';
import { decodePrivateKeyFile, maximumPrivateKeyFileBytes } from '@sallyport/protocol/keys/formats/private-key-file';
import type { PrivateKey } from '@sallyport/protocol/keys/private-key';
import type { PublicKey } from '@sallyport/protocol/keys/public-key';
import { isForConversion } from '@sallyport/protocol/keys/types/table';
import { DecodeError } from '@sallyport/protocol/wire/decode-error';
import type { HostKey } from './host-keys.ts';
import { readPublicFile } from './load-host-certificates.ts';

export interface LoadedHostKeys {
  readonly keys: readonly HostKey[];
  /** Sentences for the log. */
  readonly problems: readonly string[];
}

export interface HostKeyFiles {
  readonly files: readonly string[];
  /** They are the default list, which need not exist. */
  readonly isOptional: boolean;
  /** Whether an agent stands in for private keys that cannot be read. */
  readonly hasAgent: boolean;
}

export function loadHostKeys(crypto: CryptoProvider, { files, isOptional, hasAgent }: HostKeyFiles): LoadedHostKeys {
  const keys: HostKey[] = [];
  const problems: string[] = [];
  for (const file of files) {
    if (isOptional && !fs.existsSync(file)) continue;
    const loaded = loadOne(crypto, file);
    const held = typeof loaded === 'string' && hasAgent ? publicHalf(file) : undefined;
    if (held !== undefined) keys.push({ publicKey: held, privateKey: undefined });
    else if (typeof loaded === 'string') problems.push(loaded, `Unable to load host key: ${file}`);
    else keys.push({ publicKey: loaded.publicKey, privateKey: loaded });
  }
  return { keys, problems };
}

/** Of a file that is one, or has one beside it. */
function publicHalf(file: string): PublicKey | undefined {
  const key = readPublicFile(file) ?? readPublicFile(`${file}.pub`);
  return key === undefined || isCertificate(key) || isForConversion(key.type) ? undefined : key;
}

function loadOne(crypto: CryptoProvider, file: string): PrivateKey | string {
  let descriptor: number;
  try {
    descriptor = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return `Unable to load host key "${file}": ${missing ? 'No such file or directory' : 'Permission denied'}`;
  }
  try {
    const stat = fs.fstatSync(descriptor);
    const own = stat.uid === process.getuid?.();
    if (!stat.isFile() || stat.size > maximumPrivateKeyFileBytes)
      return `Unable to load host key "${file}": invalid format`;
    if (own && (stat.mode & 0o077) !== 0) return tooOpen(file, stat.mode);
    return decode(crypto, fs.readFileSync(descriptor), file);
  } finally {
    fs.closeSync(descriptor);
  }
}

function decode(crypto: CryptoProvider, bytes: Uint8Array, file: string): PrivateKey | string {
  try {
    const sealed = decodePrivateKeyFile(bytes);
    const key = sealed.encrypted ? undefined : sealed.open(crypto, new Uint8Array(0));
    if (key === undefined)
      return `Unable to load host key "${file}": incorrect passphrase supplied to decrypt private key`;
    if (isForConversion(key.publicKey.type))
      return `Unable to load host key "${file}": unknown or unsupported key type`;
    return key.isConsistent(crypto) ? key : `Unable to load host key "${file}": invalid format`;
  } catch (error) {
    if (error instanceof DecodeError) return `Unable to load host key "${file}": invalid format`;
    throw error;
  } finally {
    bytes.fill(0);
  }
}

function tooOpen(file: string, mode: number): string {
  const line = '@'.repeat(59);
  const octal = (mode & 0o777).toString(8).padStart(4, '0');
  return [
    line,
    '@         WARNING: UNPROTECTED PRIVATE KEY FILE!          @',
    line,
    `Permissions ${octal} for '${file}' are too open.`,
    'It is required that your private key files are NOT accessible by others.',
    'This private key will be ignored.',
    `Unable to load host key "${file}": bad permissions`,
  ].join('\r\n');
}
