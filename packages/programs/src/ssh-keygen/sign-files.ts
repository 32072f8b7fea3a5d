// ssh-keygen -Y sign: signs files, each into FILE.sig, or stdin to stdout. The key is one in the agent when it holds
// it, else the private key beside the public file; a certificate is named in the signature instead of its key.

import { closeSync, openSync } from 'node:fs';
import { type Certificate, isCertificate } from '@sallyport/protocol/keys/certificate';
import { armorSshsig, type SshsigHash, signDigest, sshsigHash } from '@sallyport/protocol/keys/sshsig';
import { reasonOf } from '../shared/failure-reason.ts';
import { ProgramExit } from '../shared/program-exit.ts';
import { replaceFile } from '../shared/replace-file.ts';
import { writeError, writeOut } from '../shared/standard-streams.ts';
import { type KeygenContext, logLine, mayOverwrite } from './context.ts';
import { hashInput } from './hash-input.ts';
import { messages } from './messages.ts';
import { signatureSettings } from './signature-settings.ts';
import type { Signer } from './signer.ts';
import { findSigner, loadSigningKey } from './signing-key.ts';

interface Signing {
  readonly context: KeygenContext;
  readonly signer: Signer;
  readonly certificate: Certificate | undefined;
  readonly namespace: string;
  readonly hash: SshsigHash;
}

export async function signFiles(context: KeygenContext, namespace: string, path: string): Promise<number> {
  const { operands, settings } = context.options;
  const given = signatureSettings(settings);
  if (typeof given === 'string') throw new ProgramExit(given);
  const key = loadSigningKey(path);
  const signer = await findSigner(context, path, key);
  if (operands.length > 1 && operands.includes('-')) throw new ProgramExit(messages.mixedInput);
  const hash = sshsigHash(given.hash ?? 'sha512');
  const certificate = isCertificate(key) ? key : undefined;
  try {
    for (const operand of operands.length === 0 ? ['-'] : operands) {
      const input = openInput(operand);
      if (!context.options.quiet) writeError(`${input.announcement}\n`);
      if (hash === undefined) refuseHash(given.hash ?? '', input.shownName);
      else await signOne({ context, signer, certificate, namespace, hash }, input);
    }
  } finally {
    signer.wipe();
  }
  return 0;
}

function refuseHash(name: string, input: string): never {
  logLine(messages.badSignatureHash(name));
  throw new ProgramExit(messages.signingFailed(input, messages.hashNotSupported));
}

interface Input {
  readonly fd: number;
  readonly shownName: string;
  readonly announcement: string;
  /** Where the signature goes; undefined: to stdout. */
  readonly target: string | undefined;
}

function openInput(operand: string): Input {
  if (operand === '-') {
    return { fd: 0, shownName: '(stdin)', announcement: messages.signingInput, target: undefined };
  }
  try {
    const fd = openSync(operand, 'r');
    return { fd, shownName: operand, announcement: messages.signingFile(operand), target: `${operand}.sig` };
  } catch (error) {
    throw new ProgramExit(messages.cannotOpenToSign(operand, reasonOf(error)));
  }
}

async function signOne({ context, ...how }: Signing, { fd, shownName, target }: Input): Promise<void> {
  let digest: Uint8Array;
  try {
    digest = hashInput(context.crypto, how.hash, fd);
  } catch (error) {
    throw new ProgramExit(messages.signingFailed(shownName, reasonOf(error)));
  } finally {
    if (fd !== 0) closeSync(fd);
  }
  const blob = await signDigest({ ...how, digest }).catch((error: unknown) => {
    throw new ProgramExit(messages.signingFailed(shownName, error instanceof Error ? error.message : String(error)));
  });
  const text = armorSshsig(blob);
  if (target === undefined) writeOut(text);
  else writeSignature(target, text, context.options.quiet);
}

function writeSignature(path: string, text: string, quiet: boolean): void {
  if (!mayOverwrite(path)) return;
  try {
    replaceFile(path, text, { mode: 0o666 });
  } catch (error) {
    throw new ProgramExit(messages.cannotOpenToWrite(path, reasonOf(error)));
  }
  if (!quiet) writeError(`${messages.wroteSignature(path)}\n`);
}
