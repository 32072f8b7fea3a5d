// ssh-add -s, -e and -K: keys that live in tokens. Loading the provider's library is the agent's work; here it is only
// asked to.

import { isCertificate } from '@sallyport/protocol/keys/certificate';
import { KeyFileError } from '../shared/private-key-file.ts';
import { ProgramExit } from '../shared/program-exit.ts';
import { readPassphrase } from '../shared/prompt.ts';
import { loadPublicKey } from '../shared/public-key-file.ts';
import { type AddContext, logLine, problemOf, sayError } from './context.ts';
import { chosenConstraints } from './destinations.ts';
import { messages, prompts, reasons } from './messages.ts';

const askPin = (): Promise<Uint8Array> => readPassphrase(prompts.token, { mayUseStandardInput: true });

export async function addToken(context: AddContext): Promise<number> {
  const { agent, options } = context;
  const { tokenProvider: provider, certificatesOnly, files } = options;
  const blobs = files.map(certificateIn);
  const certificates = blobs.length === 0 ? undefined : { certificatesOnly, blobs };
  const pin = await askPin();
  const constraints = { ...chosenConstraints(context), certificates };
  const problem = await problemOf(agent.addTokenKeys({ provider, pin, constraints }));
  pin.fill(0);
  sayError(problem === undefined ? messages.tokenAdded(provider) : messages.tokenFailed('add', provider, problem));
  return problem === undefined ? 0 : 1;
}

function certificateIn(file: string): Uint8Array {
  try {
    const { key } = loadPublicKey(file);
    if (isCertificate(key)) return key.blob;
    throw new ProgramExit(messages.notCertificate(file));
  } catch (error) {
    if (error instanceof KeyFileError) throw new ProgramExit(messages.certificateUnreadable(file, error.message));
    throw error;
  }
}

export async function removeToken({ agent, options }: AddContext): Promise<number> {
  const { tokenProvider: provider } = options;
  const pin = await askPin();
  const problem = await problemOf(agent.removeTokenKeys({ provider, pin }));
  pin.fill(0);
  sayError(problem === undefined ? messages.tokenRemoved(provider) : messages.tokenFailed('remove', provider, problem));
  return problem === undefined ? 0 : 1;
}

export function loadResidentKeys({ options }: AddContext): number {
  if (options.keyProvider === undefined) throw new ProgramExit(messages.noProvider);
  logLine(messages.residentFailed(reasons.unsupported));
  return 1;
}
