// The table of compression methods (RFC 4253 section 6.2). Only `none` so far: a method with a state would have to be
// left out of hand-overs.

import { type AlgorithmRow, bothRoles } from './roles.ts';

export const compressions = [
  { name: 'none', defaultFor: bothRoles, reference: 'RFC 4253 section 6.2' },
] as const satisfies readonly AlgorithmRow[];

export type CompressionName = (typeof compressions)[number]['name'];
