// Between the platform's byte and text types and the plain Uint8Array that the contract speaks. A Buffer must not leave
// this package: its slice() is a view and it is not deepEqual to a Uint8Array.

import { Buffer } from 'node:buffer';

/** The same bytes as a plain Uint8Array, not copied. */
export function plainBytes(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

/** base64url without padding, as JSON Web Keys want it (RFC 7518 section 2). */
export function base64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url');
}

export function fromBase64Url(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64url'));
}
