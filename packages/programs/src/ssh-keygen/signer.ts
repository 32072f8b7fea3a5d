// Who makes the signatures of -s and -Y sign: a private key file, whose passphrase is asked for, or the agent that
// holds the key of a public file.

import type { Certificate, CertificateSigner } from '@sallyport/protocol/keys/certificate';
import type { PrivateKey } from '@sallyport/protocol/keys/private-key';
import type { PublicKey } from '@sallyport/protocol/keys/public-key';
import { equalBytes } from '@sallyport/protocol/wire/bytes';
import { AgentClient } from 'sallyport/agent/agent-client';
import { loadKeyFailed } from '../shared/messages.ts';
import { KeyFileError, readPrivateKeyFile, unlockPrivateKey } from '../shared/private-key-file.ts';
import { ProgramExit } from '../shared/program-exit.ts';
import { askPassphrase, givenPassphrase, type KeygenContext, loadFailure, logLine } from './context.ts';
import { agentReasons, prompts } from './messages.ts';

const signaturesInFlight = 16;

export interface Signer extends CertificateSigner {
  /** How many signatures may be asked for before the first is there. */
  readonly atOnce: number;
  /** Clears the private key, where it was read from a file. */
  wipe(): void;
}

/** The key of a private file; `missing` is the sentence for a file that is not there. @throws ProgramExit */
export async function fileSigner(
  { crypto, options }: KeygenContext,
  path: string,
  { missing }: { readonly missing?: string } = {},
): Promise<Signer> {
  try {
    const sealed = readPrivateKeyFile(path);
    const ask = (): Promise<Uint8Array> | Uint8Array =>
      givenPassphrase(options.passphrase) ?? askPassphrase(prompts.passphraseFor(path));
    const key = await unlockPrivateKey(sealed, { crypto, ask });
    return {
      publicKey: key.publicKey,
      atOnce: key.securityKey === undefined ? signaturesInFlight : 1,
      sign: (algorithm, data) =>
        key.securityKey === undefined
          ? key.signInBackground(crypto, algorithm, data)
          : signByToken({ crypto, options }, key, data),
      wipe: () => key.wipe(),
    };
  } catch (error) {
    const isMissing = error instanceof KeyFileError && error.problem === 'missing';
    return loadFailure(error, (reason) => (isMissing && missing) || loadKeyFailed(path, reason));
  }
}

/** Sentences for what goes wrong with the agent. */
export interface AgentSentences {
  readonly noAgent: (reason: string) => string;
  readonly noList: (reason: string) => string;
  readonly notFound: string;
}

/** The agent, for a key that it must hold, alone or in the certificate. @throws ProgramExit */
export async function agentSigner(
  publicKey: PublicKey,
  sentences: AgentSentences,
  certificate?: Certificate,
): Promise<Signer> {
  const path = process.env['SSH_AUTH_SOCK'];
  if (path === undefined || path === '') throw new ProgramExit(sentences.noAgent(agentReasons.absent));
  const agent = new AgentClient(path);
  const keys = await agent.identities().catch(() => undefined);
  if (keys === undefined) throw new ProgramExit(sentences.noList(agentReasons.failed));
  const names = [publicKey.blob, certificate?.blob].filter((blob) => blob !== undefined);
  const held = names.find((blob) => keys.some(({ key }) => equalBytes(key, blob)));
  if (held === undefined) throw new ProgramExit(sentences.notFound);
  return {
    publicKey,
    atOnce: 1,
    sign: async (algorithm, data) => {
      const signature = await agent.sign(held, { algorithm, data }).catch(() => undefined);
      if (signature === undefined) throw new Error(agentReasons.refused);
      return signature;
    },
    wipe: () => undefined,
  };
}

/** Loaded here and not before: hardly any key is one of a token. */
async function signByToken({ crypto, options }: KeygenContext, key: PrivateKey, data: Uint8Array): Promise<Uint8Array> {
  const { securityKeyProvider, signWithToken } = await import('sallyport/helpers/token-signature');
  return await signWithToken(key, data, {
    crypto,
    environment: process.env,
    provider: securityKeyProvider(options.middleware, process.env),
    keyName: '',
    askPin: askPassphrase,
    tell: (line) => {
      if (!options.quiet) logLine(line);
      return undefined;
    },
  });
}
