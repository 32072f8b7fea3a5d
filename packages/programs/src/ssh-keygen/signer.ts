// Who makes the signatures of -s and -Y sign: a private key file, whose passphrase is asked for, or the agent that
// holds the key of a public file.

import type { CertificateSigner } from '@sallyport/protocol/keys/certificate';
import type { PublicKey } from '@sallyport/protocol/keys/public-key';
import { equalBytes } from '@sallyport/protocol/wire/bytes';
import { AgentClient } from 'sallyport/agent/agent-client';
import { loadKeyFailed } from '../shared/messages.ts';
import { readPrivateKeyFile, unlockPrivateKey } from '../shared/private-key-file.ts';
import { ProgramExit } from '../shared/program-exit.ts';
import { askPassphrase, givenPassphrase, type KeygenContext, loadFailure } from './context.ts';
import { agentReasons, prompts } from './messages.ts';

export interface Signer extends CertificateSigner {
  /** Clears the private key, where it was read from a file. */
  wipe(): void;
}

/** The key of a private file. @throws ProgramExit */
export async function fileSigner({ crypto, options }: KeygenContext, path: string): Promise<Signer> {
  try {
    const sealed = readPrivateKeyFile(path);
    const ask = (): Promise<Uint8Array> | Uint8Array =>
      givenPassphrase(options.passphrase) ?? askPassphrase(prompts.passphraseFor(path));
    const key = await unlockPrivateKey(sealed, { crypto, ask });
    return {
      publicKey: key.publicKey,
      sign: (algorithm, data) => key.sign(crypto, algorithm, data),
      wipe: () => key.wipe(),
    };
  } catch (error) {
    return loadFailure(error, (reason) => loadKeyFailed(path, reason));
  }
}

/** Sentences for what goes wrong with the agent. */
export interface AgentSentences {
  readonly noAgent: (reason: string) => string;
  readonly noList: (reason: string) => string;
  readonly notFound: string;
}

/** The agent, for a key that it must hold. @throws ProgramExit */
export async function agentSigner(publicKey: PublicKey, sentences: AgentSentences): Promise<Signer> {
  const path = process.env['SSH_AUTH_SOCK'];
  if (path === undefined || path === '') throw new ProgramExit(sentences.noAgent(agentReasons.absent));
  const agent = new AgentClient(path);
  const keys = await agent.identities().catch(() => undefined);
  if (keys === undefined) throw new ProgramExit(sentences.noList(agentReasons.failed));
  if (!keys.some(({ key }) => equalBytes(key, publicKey.blob))) throw new ProgramExit(sentences.notFound);
  return {
    publicKey,
    sign: async (algorithm, data) => {
      const signature = await agent.sign(publicKey.blob, { algorithm, data }).catch(() => undefined);
      if (signature === undefined) throw new Error(agentReasons.refused);
      return signature;
    },
    wipe: () => undefined,
  };
}
