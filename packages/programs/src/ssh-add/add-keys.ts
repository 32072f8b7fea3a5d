// ssh-add without a mode: reads private keys, asks for their passphrases, and gives them to the agent, with the
// certificates beside them. A passphrase that opened one file is tried on the next before anybody is asked.

import type { AgentConstraints } from '@sallyport/protocol/agent/constraints';
import { type Certificate, endOfTime } from '@sallyport/protocol/keys/certificate';
import type { SealedPrivateKey } from '@sallyport/protocol/keys/formats/private-key-format';
import type { PrivateKey } from '@sallyport/protocol/keys/private-key';
import { isForConversion } from '@sallyport/protocol/keys/types/table';
import { keyFileReasons } from '../shared/messages.ts';
import { decodePrivateKey, KeyFileError, readPrivateKeyFile, unlockPrivateKey } from '../shared/private-key-file.ts';
import { readPassphrase } from '../shared/prompt.ts';
import { readRest } from '../shared/standard-streams.ts';
import { readCertificateBeside } from './certificate-beside.ts';
import { type AddContext, chosenFiles, logLine, problemOf, sayError } from './context.ts';
import { chosenConstraints } from './destinations.ts';
import { messages, prompts } from './messages.ts';
import { tellAdded } from './tell-added.ts';

/** How long a certificate stays when it is not valid any more. */
const graceSeconds = 300n;
const maximumLifetimeSeconds = 0xffffffffn;

export async function addKeys(context: AddContext): Promise<number> {
  const { options } = context;
  const constraints = chosenConstraints(context);
  const files = chosenFiles(options);
  const passphrases = new LastPassphrase();
  let status = files.length === 0 ? 1 : 0;
  for (const file of files) if (!(await addFile(context, file, { constraints, passphrases }))) status = 1;
  passphrases.wipe();
  return status;
}

/** The passphrase that opened the last encrypted file. */
class LastPassphrase {
  #bytes: Uint8Array | undefined;

  get copy(): Uint8Array | undefined {
    return this.#bytes?.slice();
  }

  keep(passphrase: Uint8Array): void {
    this.wipe();
    this.#bytes = passphrase.slice();
  }

  wipe(): void {
    this.#bytes?.fill(0);
    this.#bytes = undefined;
  }
}

interface Adding {
  readonly constraints: AgentConstraints;
  readonly passphrases: LastPassphrase;
}

async function addFile(context: AddContext, file: string, { constraints, passphrases }: Adding): Promise<boolean> {
  const shown = file === '-' ? '(stdin)' : file;
  const key = await openFile(context, file, { shown, passphrases });
  if (key === undefined) return false;
  try {
    return await addOpened(context, key, { file: shown, constraints });
  } finally {
    key.wipe();
  }
}

async function openFile(
  { crypto, options }: AddContext,
  file: string,
  { shown, passphrases }: { readonly shown: string; readonly passphrases: LastPassphrase },
): Promise<PrivateKey | undefined> {
  let sealed: SealedPrivateKey;
  try {
    sealed = file === '-' ? decodePrivateKey(readRest()) : readPrivateKeyFile(file);
  } catch (error) {
    if (!(error instanceof KeyFileError)) throw error;
    for (const line of error.box) logLine(line);
    if (error.problem === 'malformed') sayError(messages.cannotLoad(shown, error.message));
    else if (error.problem !== 'unprotected') sayError(messages.cannotOpen(shown, error.message));
    return undefined;
  }
  let wasTried = false;
  let hasAsked = false;
  const ask = async (): Promise<Uint8Array | undefined> => {
    const known = wasTried ? undefined : passphrases.copy;
    wasTried = true;
    if (known !== undefined) return known;
    const prompt = hasAsked ? prompts.passphraseAgain : prompts.passphrase;
    hasAsked = true;
    const given = await readPassphrase(prompt(shown, options.confirms), { mayUseStandardInput: true });
    passphrases.keep(given);
    return given.length === 0 ? undefined : given;
  };
  try {
    return await unlockPrivateKey(sealed, { crypto, ask, attempts: Infinity });
  } catch (error) {
    if (!(error instanceof KeyFileError)) throw error;
    if (error.problem === 'malformed') sayError(messages.cannotLoad(shown, error.message));
    return undefined;
  }
}

interface Opened {
  readonly file: string;
  readonly constraints: AgentConstraints;
}

async function addOpened(context: AddContext, key: PrivateKey, opened: Opened): Promise<boolean> {
  const { file } = opened;
  const { agent, options } = context;
  if (isForConversion(key.publicKey.type)) {
    sayError(messages.cannotLoad(file, keyFileReasons.unsupported));
    return false;
  }
  const comment = key.comment === '' ? file : key.comment;
  const provider = key.securityKey === undefined ? undefined : options.keyProvider;
  const constraints =
    provider === undefined ? opened.constraints : { ...opened.constraints, securityKeyProvider: provider };
  let isAdded = options.certificatesOnly;
  if (!options.certificatesOnly) {
    const problem = await problemOf(agent.add(key, { comment, constraints }));
    if (problem === undefined) tellAdded(context, messages.added(file, comment), constraints);
    else sayError(messages.addFailed(file, problem));
    isAdded = problem === undefined;
  }
  const beside = options.keysOnly ? undefined : readCertificateBeside(file, key.publicKey);
  if (beside === undefined) return isAdded;
  const { certificate, path } = beside;
  const limited = options.keepsExpired ? constraints : { ...constraints, ...lifetimeOf(certificate, constraints) };
  const problem = await problemOf(agent.add(key, { certificate, comment, constraints: limited }));
  if (problem !== undefined) logLine(messages.certificateFailed(path, certificate.keyId, problem));
  else tellAdded(context, messages.certificateAdded(path, certificate.keyId), limited);
  return isAdded && (problem === undefined || !options.certificatesOnly);
}

/** No longer than the certificate is of use. */
function lifetimeOf(
  { validBefore }: Certificate,
  { lifetimeSeconds }: AgentConstraints,
): Pick<AgentConstraints, 'lifetimeSeconds'> {
  if (validBefore === endOfTime) return {};
  const left = validBefore + graceSeconds - BigInt(Math.trunc(Date.now() / 1000));
  if (left > maximumLifetimeSeconds) return {};
  const useful = left < 1n ? 1 : Number(left);
  return { lifetimeSeconds: Math.min(useful, lifetimeSeconds ?? useful) };
}
