// Walks a file of allowed signers, in the order of its lines. A line that is not understood is told and passed over, as
// it allows nobody anything.

import { readFileSync } from 'node:fs';
import {
  type AllowedSigner,
  type LifespanRefusal,
  parseAllowedSignersLine,
} from '@sallyport/protocol/keys/formats/allowed-signers';
import { localSeconds, localTimeText } from '@sallyport/system/local-time';
import { reasonOf } from '../shared/failure-reason.ts';
import { logLine } from './context.ts';
import { messages } from './messages.ts';

export interface PlacedSigner {
  readonly signer: AllowedSigner;
  /** `FILE:LINE`. */
  readonly place: string;
}

/** The text of the file; undefined, after a word about it, when it cannot be read. */
export function readAllowedSigners(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    logLine(messages.cannotOpenAllowed(path, reasonOf(error)));
    return undefined;
  }
}

/** The entries (of a principal), one after another; gives back whether the last line was refused. */
export function* allowedSigners(path: string, text: string, principal?: string): Generator<PlacedSigner, boolean> {
  let refused = false;
  const lines = text.replace(/\n$/, '').split('\n');
  for (const [index, line] of lines.entries()) {
    const place = `${path}:${index + 1}`;
    const entry = parseAllowedSignersLine(line, { localTime: localSeconds, principal });
    refused = entry.kind === 'refused';
    if (entry.kind === 'refused') logLine(messages.badSigner(place, entry.reason));
    if (entry.kind === 'entry') yield { signer: entry, place };
  }
  return refused;
}

/** Why a line does not count at a time, in words. */
export function lifespanSentence(
  { kind, limit }: LifespanRefusal,
  { place, time }: { readonly place: string; readonly time: number },
): string {
  const [then, until] = [time, limit].map((seconds) => localTimeText(BigInt(seconds))) as [string, string];
  return kind === 'expired'
    ? messages.signerExpired(place, then, until)
    : messages.signerNotYetValid(place, then, until);
}
