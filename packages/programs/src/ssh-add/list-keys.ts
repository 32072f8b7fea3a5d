// ssh-add -l, -L and -Q: what the agent has and can. Keys of a type that nobody here knows are passed over; comments
// cannot harm the terminal.

import type { AgentIdentity } from '@sallyport/protocol/agent/messages';
import { type Certificate, decodeAnyKey, isCertificate } from '@sallyport/protocol/keys/certificate';
import { fingerprint } from '@sallyport/protocol/keys/fingerprint';
import { formatPublicLine } from '@sallyport/protocol/keys/formats/public-line';
import { keyTypeLabel, type PublicKey } from '@sallyport/protocol/keys/public-key';
import { tryDecode } from '@sallyport/protocol/wire/decode-error';
import { escapeControls } from '../shared/printable.ts';
import { writeOut } from '../shared/standard-streams.ts';
import { type AddContext, sayError } from './context.ts';
import { messages, reasons } from './messages.ts';

/** Bits, fingerprint of the plain key, comment, type. */
export function listIdentities(context: AddContext): Promise<number> {
  const { crypto, options } = context;
  return list(context, (key, comment) => {
    const plain = isCertificate(key) ? key.key : key;
    return `${key.bits} ${fingerprint(crypto, plain, options.digest)} ${comment} (${keyTypeLabel(key.type)})`;
  });
}

export function listKeys(context: AddContext): Promise<number> {
  return list(context, (key, comment) => formatPublicLine(key, comment));
}

async function list(
  { agent }: AddContext,
  format: (key: PublicKey | Certificate, comment: string) => string,
): Promise<number> {
  let identities: readonly AgentIdentity[];
  try {
    identities = await agent.identities();
  } catch {
    sayError(messages.listFailed(reasons.failed));
    return 1;
  }
  const lines = identities.flatMap(({ key: blob, comment }) => {
    const key = knownKey(blob);
    return key === undefined ? [] : [`${format(key, escapeControls(comment))}\n`];
  });
  writeOut(lines.length === 0 ? `${messages.noIdentities}\n` : lines.join(''));
  return lines.length === 0 ? 1 : 0;
}

function knownKey(blob: Uint8Array): PublicKey | Certificate | undefined {
  return tryDecode(() => decodeAnyKey(blob));
}

export async function queryExtensions({ agent }: AddContext): Promise<number> {
  const names = await agent.extensions().catch(() => undefined);
  if (names === undefined) {
    sayError(messages.noExtensions);
    return 1;
  }
  for (const name of names) writeOut(`${escapeControls(name)}\n`);
  return 0;
}
