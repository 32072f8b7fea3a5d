// ssh-add -s, -e and -K: keys that live in tokens. Loading the provider's library is the agent's work; here it is only
// asked to.

import { isCertificate } from '@sallyport/protocol/keys/certificate';
import { fingerprint } from '@sallyport/protocol/keys/fingerprint';
import { keyTypeLabel } from '@sallyport/protocol/keys/public-key';
import { type ResidentSecurityKey, SecurityKeyError, SecurityKeys } from 'sallyport/helpers/security-keys';
import { KeyFileError } from '../shared/private-key-file.ts';
import { ProgramExit } from '../shared/program-exit.ts';
import { readPassphrase } from '../shared/prompt.ts';
import { loadPublicKey } from '../shared/public-key-file.ts';
import { type AddContext, logLine, problemOf, sayError } from './context.ts';
import { chosenConstraints } from './destinations.ts';
import { messages, prompts } from './messages.ts';
import { tellAdded } from './tell-added.ts';

export async function addToken(context: AddContext): Promise<number> {
  const { agent, options } = context;
  const { tokenProvider: provider, certificatesOnly, files } = options;
  const blobs = files.map(certificateIn);
  const certificates = blobs.length === 0 ? undefined : { certificatesOnly, blobs };
  const pin = await readPassphrase(prompts.token, { mayUseStandardInput: true });
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
  // The request has room for a PIN; what is removed needs none.
  const problem = await problemOf(agent.removeTokenKeys({ provider, pin: new Uint8Array(0) }));
  sayError(problem === undefined ? messages.tokenRemoved(provider) : messages.tokenFailed('remove', provider, problem));
  return problem === undefined ? 0 : 1;
}

/** -K: the keys that an authenticator keeps itself. */
export async function loadResidentKeys(context: AddContext): Promise<number> {
  const { agent, crypto, options } = context;
  const { keyProvider: provider } = options;
  const found = await residentKeys(context, provider);
  if (found === undefined) return 1;
  if (found.length === 0) logLine(messages.noResident);
  const constraints = { ...chosenConstraints(context), securityKeyProvider: provider };
  let status = found.length === 0 ? 1 : 0;
  for (const { key } of found) {
    const [label, print] = [keyTypeLabel(key.publicKey.type), fingerprint(crypto, key.publicKey, options.digest)];
    const problem = await problemOf(agent.add(key, { comment: '', constraints }));
    if (problem !== undefined) status = 1;
    if (problem !== undefined) logLine(messages.residentRefused(label, print));
    else tellAdded(context, messages.residentAdded(label, print), constraints);
  }
  return status;
}

async function residentKeys(
  { crypto }: AddContext,
  provider: string,
): Promise<readonly ResidentSecurityKey[] | undefined> {
  const given = await readPassphrase(prompts.authenticator, { mayUseStandardInput: true });
  const pin = Buffer.from(given).toString('utf8');
  given.fill(0);
  try {
    return await new SecurityKeys(crypto, process.env).residentKeys({ provider, pin });
  } catch (error) {
    if (!(error instanceof SecurityKeyError)) throw error;
    logLine(messages.residentFailed(error.message));
    return undefined;
  }
}
