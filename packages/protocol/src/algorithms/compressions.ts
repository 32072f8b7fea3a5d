// The table of compression methods (RFC 4253 section 6.2). Nobody compresses unless asked to: it costs more time than
// it saves on most lines. Compression before authentication is not there: it would let strangers at the decompressor.

import { type AlgorithmRow, bothRoles } from './roles.ts';

export const compressions = [
  { name: 'none', defaultFor: bothRoles, reference: 'RFC 4253 section 6.2' },
  { name: 'zlib@openssh.com', defaultFor: [], reference: 'PROTOCOL section 1.2' },
] as const satisfies readonly AlgorithmRow[];

export type CompressionName = (typeof compressions)[number]['name'];

/** Both methods, in the order that tells whether one would rather compress or only can. */
export const compressionOrder = {
  preferred: ['zlib@openssh.com', 'none'],
  possible: ['none', 'zlib@openssh.com'],
} as const satisfies Readonly<Record<string, readonly CompressionName[]>>;
