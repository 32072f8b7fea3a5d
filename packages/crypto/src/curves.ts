// The curves of RFC 5656 section 10.1 and what the runtime calls them.
// Names and sizes only; the arithmetic is the runtime's.

import type { CurveName } from '@sallyport/protocol/algorithms/crypto-provider';

export interface Curve {
  readonly platformName: string;
  readonly jwkName: string;
  readonly fieldBytes: number;
}

export const curves: Readonly<Record<CurveName, Curve>> = {
  nistp256: { platformName: 'prime256v1', jwkName: 'P-256', fieldBytes: 32 },
  nistp384: { platformName: 'secp384r1', jwkName: 'P-384', fieldBytes: 48 },
  nistp521: { platformName: 'secp521r1', jwkName: 'P-521', fieldBytes: 66 },
};
