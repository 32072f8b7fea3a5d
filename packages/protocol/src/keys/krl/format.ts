// The numbers of the KRL format (PROTOCOL.krl): magic, version, sections and the subsections on certificates. Reader
// and writer share them.

import { utf8Encode } from '../../wire/utf8.ts';

export const krlMagic: Uint8Array = utf8Encode('SSHKRL\n\0');
export const krlFormatVersion = 1;

export const krlSections = {
  certificates: 1,
  explicitKeys: 2,
  sha1: 3,
  signature: 4,
  sha256: 5,
  extension: 255,
} as const;

export const certificateSections = {
  serialList: 0x20,
  serialRange: 0x21,
  serialBitmap: 0x22,
  keyIds: 0x23,
  extension: 0x39,
} as const;

/** The longest bitmap that OpenSSH reads. */
export const maximumBitmapBytes = 2048;
