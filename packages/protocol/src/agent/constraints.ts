// Constraints of a key in an agent (RFC 9987 section 4.2.6; PROTOCOL.agent sections 2 and 3): for how long, only after
// a confirmation, only on the way to named hosts. Whoever adds a key must be able to rely on them, so one that is
// unknown, given twice or malformed refuses the key.

import { boolean, bytes, text, uint32 } from '../codec/fields.ts';
import { struct } from '../codec/struct.ts';
import { DecodeError } from '../wire/decode-error.ts';
import { Reader } from '../wire/reader.ts';
import { Writer } from '../wire/writer.ts';
import { type DestinationConstraint, decodeDestinations, encodeDestinations } from './destinations.ts';

const constraintTypes = { lifetime: 1, confirm: 2, extension: 255 } as const;

export const constraintNames = {
  destinations: 'restrict-destination-v00@openssh.com',
  certificates: 'associated-certs-v00@openssh.com',
  securityKeyProvider: 'sk-provider@openssh.com',
} as const;

/** More certificates for the keys of one token are an error. */
const maximumCertificates = 1024;

export interface AssociatedCertificates {
  /** Keys without a certificate are not to be added. */
  readonly certificatesOnly: boolean;
  readonly blobs: readonly Uint8Array[];
}

export interface AgentConstraints {
  readonly lifetimeSeconds?: number | undefined;
  /** The agent asks its user before each signature. */
  readonly confirm?: boolean | undefined;
  /** Where the key may be used; absent: anywhere. Never empty. */
  readonly destinations?: readonly DestinationConstraint[] | undefined;
  /** Certificates that belong to the keys of a token; only where such keys are added. */
  readonly certificates?: AssociatedCertificates | undefined;
  /** The library that speaks to a FIDO key's token. */
  readonly securityKeyProvider?: string | undefined;
}

type MutableConstraints = { -readonly [Name in keyof AgentConstraints]: AgentConstraints[Name] };

const certificateFields = struct({ certificatesOnly: boolean, blobs: bytes });

/** Each constraint stands at most once. */
function set<Name extends keyof AgentConstraints>(
  found: MutableConstraints,
  name: Name,
  value: NonNullable<AgentConstraints[Name]>,
): void {
  if (found[name] !== undefined) throw new DecodeError(`constraint ${name} stands twice`);
  found[name] = value;
}

/** Reads to the end of the message; nothing of it is kept by reference. @throws DecodeError */
export function decodeConstraints(encoded: Uint8Array): AgentConstraints {
  const reader = new Reader(encoded);
  const found: MutableConstraints = {};
  while (reader.remaining > 0) {
    const type = reader.byte();
    if (type === constraintTypes.lifetime) set(found, 'lifetimeSeconds', uint32.read(reader));
    else if (type === constraintTypes.confirm) set(found, 'confirm', true);
    else if (type === constraintTypes.extension) decodeExtension(reader, found);
    else throw new DecodeError(`unknown constraint ${type}`);
  }
  return found;
}

function decodeExtension(reader: Reader, found: MutableConstraints): void {
  const name = text.read(reader);
  switch (name) {
    case constraintNames.destinations:
      return set(found, 'destinations', decodeDestinations(reader.string()));
    case constraintNames.certificates:
      return set(found, 'certificates', decodeCertificates(reader));
    case constraintNames.securityKeyProvider:
      return set(found, 'securityKeyProvider', reader.text());
    default:
      throw new DecodeError('unknown constraint extension');
  }
}

function decodeCertificates(reader: Reader): AssociatedCertificates {
  const { certificatesOnly, blobs } = certificateFields.read(reader);
  const inner = new Reader(blobs);
  const found: Uint8Array[] = [];
  while (inner.remaining > 0) {
    if (found.length === maximumCertificates) throw new DecodeError('too many associated certificates');
    found.push(inner.string().slice());
  }
  return { certificatesOnly, blobs: found };
}

export function encodeConstraints(constraints: AgentConstraints): Uint8Array {
  const { lifetimeSeconds, confirm, destinations, certificates, securityKeyProvider } = constraints;
  const writer = new Writer();
  const extension = (name: string): Writer => writer.byte(constraintTypes.extension).string(name);
  if (lifetimeSeconds !== undefined) writer.byte(constraintTypes.lifetime).uint32(lifetimeSeconds);
  if (confirm === true) writer.byte(constraintTypes.confirm);
  if (securityKeyProvider !== undefined) extension(constraintNames.securityKeyProvider).string(securityKeyProvider);
  if (destinations !== undefined) {
    extension(constraintNames.destinations).string(encodeDestinations(destinations));
  }
  if (certificates !== undefined) {
    const blobs = new Writer();
    for (const blob of certificates.blobs) blobs.string(blob);
    certificateFields.write(extension(constraintNames.certificates), { ...certificates, blobs: blobs.bytes() });
  }
  return writer.bytes();
}
