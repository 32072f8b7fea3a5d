// ssh-add -T: whether the agent signs with the keys of public files, and signs rightly. What is signed is random and
// means nothing.

import { signatureAlgorithmsOf } from '@sallyport/protocol/algorithms/signatures';
import { isCertificate } from '@sallyport/protocol/keys/certificate';
import { verifySignature } from '@sallyport/protocol/keys/public-key';
import { KeyFileError } from '../shared/private-key-file.ts';
import { ProgramExit } from '../shared/program-exit.ts';
import { type AnyPublicLine, loadPublicKey } from '../shared/public-key-file.ts';
import { type AddContext, logLine } from './context.ts';
import { messages, reasons } from './messages.ts';

const testBytes = 1024;

export async function testKeys(context: AddContext): Promise<number> {
  const { files } = context.options;
  if (files.length === 0) throw new ProgramExit(messages.nothingToTest);
  let status = 0;
  for (const file of files) {
    const problem = await testKey(context, file);
    if (problem === undefined) continue;
    logLine(problem);
    status = 1;
  }
  return status;
}

async function testKey({ agent, crypto }: AddContext, file: string): Promise<string | undefined> {
  let found: AnyPublicLine;
  try {
    found = loadPublicKey(file);
  } catch (error) {
    if (error instanceof KeyFileError) return messages.testUnreadable(file, error.message);
    throw error;
  }
  const { key } = found;
  const plain = isCertificate(key) ? key.key : key;
  const algorithm = signatureAlgorithmsOf(plain.type)[0]?.name;
  if (algorithm === undefined) return messages.testRefused(file, reasons.unsupported);
  const data = crypto.random(new Uint8Array(testBytes));
  try {
    const signature = await agent.sign(key.blob, { algorithm, data });
    if (signature === undefined) return messages.testRefused(file, reasons.refused);
    const isRight = verifySignature(crypto, { key: plain, algorithm, data, signature });
    return isRight ? undefined : messages.testWrong(file, 'incorrect signature');
  } catch {
    return messages.testRefused(file, reasons.failed);
  }
}
