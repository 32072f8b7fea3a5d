// ssh-add -d and -D: keys that the agent is to forget, by their files or by the public lines on stdin; with a key goes
// the certificate beside its file.

import type { Certificate } from '@sallyport/protocol/keys/certificate';
import { isCertificate } from '@sallyport/protocol/keys/certificate';
import { keyTypeLabel, type PublicKey } from '@sallyport/protocol/keys/public-key';
import { KeyFileError } from '../shared/private-key-file.ts';
import { loadPublicKey, tryPublicLine } from '../shared/public-key-file.ts';
import { readRest, writeOut } from '../shared/standard-streams.ts';
import { readCertificateBeside } from './certificate-beside.ts';
import { type AddContext, chosenFiles, problemOf, sayError } from './context.ts';
import { messages } from './messages.ts';

export async function removeAllKeys({ agent, options }: AddContext): Promise<number> {
  const problem = await problemOf(agent.removeAll());
  if (problem !== undefined) sayError(messages.removeAllFailed);
  else if (!options.quiet) sayError(messages.allRemoved);
  return problem === undefined ? 0 : 1;
}

export async function removeKeys(context: AddContext): Promise<number> {
  const files = chosenFiles(context.options);
  let status = files.length === 0 ? 1 : 0;
  for (const file of files) {
    const isRemoved = file === '-' ? await removeLines(context) : await removeFile(context, file);
    if (!isRemoved) status = 1;
  }
  return status;
}

async function removeFile(context: AddContext, file: string): Promise<boolean> {
  const { keysOnly, certificatesOnly } = context.options;
  try {
    const { key, comment } = loadPublicKey(file);
    let isRemoved = certificatesOnly ? false : await removeOne(context, { key, comment, file });
    if (keysOnly || isCertificate(key)) return isRemoved;
    const beside = readCertificateBeside(file, key);
    if (beside === undefined) return isRemoved;
    const certificate = { key: beside.certificate, comment: beside.comment, file: beside.path };
    if (await removeOne(context, certificate)) isRemoved = true;
    return isRemoved;
  } catch (error) {
    if (!(error instanceof KeyFileError)) throw error;
    writeOut(`${messages.badKeyFile(file, error.message)}\n`);
    return false;
  }
}

async function removeLines(context: AddContext): Promise<boolean> {
  const lines = Buffer.from(readRest()).toString('utf8').split('\n');
  let isRemoved = true;
  for (const [index, line] of lines.entries()) {
    if (/^\s*(?:#|$)/.test(line)) continue;
    const found = tryPublicLine(line);
    if (found === undefined) {
      sayError(messages.badLine(index + 1));
      isRemoved = false;
    } else if (!(await removeOne(context, { ...found, file: '(stdin)' }))) isRemoved = false;
  }
  return isRemoved;
}

interface Removed {
  readonly key: PublicKey | Certificate;
  readonly comment: string;
  readonly file: string;
}

async function removeOne({ agent, options }: AddContext, { key, comment, file }: Removed): Promise<boolean> {
  const problem = await problemOf(agent.remove(key.blob));
  if (problem !== undefined) sayError(messages.removeFailed(file, problem));
  else if (!options.quiet) sayError(messages.removed(file, keyTypeLabel(key.type), comment));
  return problem === undefined;
}
