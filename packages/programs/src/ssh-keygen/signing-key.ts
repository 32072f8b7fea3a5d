// The key that -Y sign works with: named by its public or private file or a certificate, held by the agent or in the
// file beside it.

import { type Certificate, isCertificate } from '@sallyport/protocol/keys/certificate';
import type { PublicKey } from '@sallyport/protocol/keys/public-key';
import { equalBytes } from '@sallyport/protocol/wire/bytes';
import { KeyFileError } from '../shared/private-key-file.ts';
import { ProgramExit } from '../shared/program-exit.ts';
import { loadPublicKey } from '../shared/public-key-file.ts';
import type { KeygenContext } from './context.ts';
import { messages } from './messages.ts';
import { agentSigner, fileSigner, type Signer } from './signer.ts';

/** The public half of a key or its certificate. @throws ProgramExit */
export function loadSigningKey(path: string): PublicKey | Certificate {
  try {
    return loadPublicKey(path).key;
  } catch (error) {
    if (error instanceof KeyFileError) throw new ProgramExit(messages.cannotLoadSigner(path, error.message));
    throw error;
  }
}

/** -U demands the agent; without it the agent is asked first. */
export async function findSigner(
  context: KeygenContext,
  path: string,
  named: PublicKey | Certificate,
): Promise<Signer> {
  const { usesAgent } = context.options;
  const { noAgentSocket, notInAgent } = messages;
  const [key, certificate] = isCertificate(named) ? [named.key, named] : [named];
  const sentences = { noAgent: () => noAgentSocket, noList: () => noAgentSocket, notFound: notInAgent };
  try {
    return await agentSigner(key, sentences, certificate);
  } catch (error) {
    if (usesAgent || !(error instanceof ProgramExit)) throw error;
  }
  const privatePath = path.replace(/(?:-cert)?\.pub$/, '');
  const signer = await fileSigner(context, privatePath, {
    missing: path === privatePath ? messages.noPrivateFor(path) : messages.noPrivateForPublic(path),
  });
  if (equalBytes(signer.publicKey.blob, key.blob)) return signer;
  signer.wipe();
  throw new ProgramExit(messages.privateDiffers(path, privatePath));
}
