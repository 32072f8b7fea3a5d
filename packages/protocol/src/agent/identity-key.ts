// Private keys as they are added to an agent (RFC 9987 sections 4.2.1 to 4.2.5; PROTOCOL.agent for certificates): the
// type's name, its fields, a comment. With a certificate, that stands first and the fields it carries are left out.

import type { CryptoProvider } from '../algorithms/crypto-provider.ts';
import { type Certificate, decodeCertificate, isCertificateType } from '../keys/certificate.ts';
import { PrivateKey } from '../keys/private-key.ts';
import { isForConversion, usableKeyTypeOfName } from '../keys/types/table.ts';
import { equalBytes } from '../wire/bytes.ts';
import { DecodeError } from '../wire/decode-error.ts';
import type { Reader } from '../wire/reader.ts';
import { utf8Encode } from '../wire/utf8.ts';
import { Writer } from '../wire/writer.ts';
import { type AgentConstraints, encodeConstraints } from './constraints.ts';
import { addIdentity, addIdentityConstrained } from './messages.ts';

export interface IdentityKey {
  readonly key: PrivateKey;
  readonly certificate?: Certificate | undefined;
  readonly comment: Uint8Array;
}

/** Reads up to the end of the comment; the key is checked to be one. @throws DecodeError */
export function readIdentityKey(reader: Reader, crypto: CryptoProvider): IdentityKey {
  const { key, certificate } = readKeyFields(reader, crypto);
  try {
    return { key, certificate, comment: reader.string().slice() };
  } catch (error) {
    key.wipe();
    throw error;
  }
}

/** Reads what stands before the comment. @throws DecodeError */
export function readKeyFields(reader: Reader, crypto: CryptoProvider): Omit<IdentityKey, 'comment'> {
  const name = reader.text();
  const certificate = isCertificateType(name) ? decodeCertificate(reader.string()) : undefined;
  const type = usableKeyTypeOfName(certificate?.key.type ?? name);
  if (type === undefined || (certificate !== undefined && certificate.type !== name)) {
    throw new DecodeError('unknown or unsupported key type');
  }
  const parts =
    certificate === undefined ? type.readPrivate(reader) : type.readCertifiedPrivate(reader, certificate.key.parts);
  const key = new PrivateKey(parts);
  try {
    if (certificate !== undefined && !equalBytes(certificate.key.blob, key.publicKey.blob)) {
      throw new DecodeError('certificate does not match key');
    }
    if (!key.isConsistent(crypto)) throw new DecodeError('numbers make no key');
    return { key, certificate };
  } catch (error) {
    key.wipe();
    throw error;
  }
}

export interface AddIdentityOptions {
  readonly certificate?: Certificate | undefined;
  readonly comment?: string | undefined;
  readonly constraints?: AgentConstraints | undefined;
}

/**
 * The message that adds a key, with or without constraints; the caller wipes it.
 * @throws RangeError for keys that are only converted
 */
export function encodeAddIdentity(key: PrivateKey, options: AddIdentityOptions = {}): Uint8Array {
  const { certificate, comment = key.comment, constraints = {} } = options;
  if (isForConversion(key.publicKey.type)) throw new RangeError('unknown or unsupported key type');
  const writer = new Writer(4096);
  if (certificate === undefined) key.writeTo(writer);
  else key.writeCertifiedTo(writer.string(certificate.type).string(certificate.blob));
  writer.string(utf8Encode(comment));
  const encoded = encodeConstraints(constraints);
  const identity = writer.raw(encoded).bytes();
  writer.wipe();
  const message = encoded.length > 0 ? addIdentityConstrained : addIdentity;
  try {
    return message.encode({ identity });
  } finally {
    identity.fill(0);
  }
}
