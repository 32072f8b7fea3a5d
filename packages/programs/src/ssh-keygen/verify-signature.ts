// ssh-keygen -Y verify and check-novalidate: whether a signature over stdin is right, and with verify whether whoever
// made it may sign for the principal. Any doubt is a refusal with status 255.

import { isCertificate } from '@sallyport/protocol/keys/certificate';
import { fingerprint } from '@sallyport/protocol/keys/fingerprint';
import { judgeSigner, type SignerVerdict } from '@sallyport/protocol/keys/formats/allowed-signers';
import { formatPublicLine } from '@sallyport/protocol/keys/formats/public-line';
import { keyTypeLabel } from '@sallyport/protocol/keys/public-key';
import { type Sshsig, verifySshsig } from '@sallyport/protocol/keys/sshsig';
import { askRevokedKeysFile } from '../shared/revoked-keys-file.ts';
import { writeOut } from '../shared/standard-streams.ts';
import { allowedSigners, lifespanSentence, readAllowedSigners } from './allowed-signers-file.ts';
import { type KeygenContext, logLine } from './context.ts';
import { hashInput } from './hash-input.ts';
import { messages } from './messages.ts';
import { readSignature } from './signature-file.ts';
import { signatureSettings } from './signature-settings.ts';

const refusedStatus = 255;

interface Question {
  readonly namespace: string;
  /** The signature's file. */
  readonly signature: string;
  /** Who should have signed, by which file; undefined: anybody. */
  readonly signer: { readonly allowed: string; readonly principal: string } | undefined;
}

export function verifySignature(context: KeygenContext, question: Question): number {
  const { crypto, options } = context;
  const settings = signatureSettings(options.settings);
  const sshsig = typeof settings === 'string' ? settings : readSignature(question.signature);
  if (typeof settings === 'string' || typeof sshsig === 'string') {
    logLine(typeof sshsig === 'string' ? sshsig : '');
    return answer(context, messages.badSignature, refusedStatus);
  }
  const isGood =
    isRight(context, sshsig, question.namespace) &&
    !isRevoked(context, sshsig) &&
    isAllowed(context, { sshsig, question, time: settings.time });
  if (!isGood) return answer(context, messages.badSignature, refusedStatus);
  const { key } = sshsig;
  const print = fingerprint(crypto, isCertificate(key) ? key.key : key, options.digest);
  const { namespace, signer } = question;
  const principal = signer?.principal;
  answer(context, messages.goodSignature({ namespace, principal, type: keyTypeLabel(key.type), print }), 0);
  if (settings.printsKey) writeOut(`${formatPublicLine(key)}\n`);
  return 0;
}

function answer({ options }: KeygenContext, sentence: string, status: number): number {
  if (!options.quiet) writeOut(`${sentence}\n`);
  return status;
}

/** Whether the signature is for this namespace and over what stands on stdin. */
function isRight({ crypto }: KeygenContext, sshsig: Sshsig, namespace: string): boolean {
  if (sshsig.namespace !== namespace) {
    logLine(messages.namespaceDiffers);
    return false;
  }
  if (verifySshsig(crypto, sshsig, hashInput(crypto, sshsig.hash, 0))) return true;
  logLine(messages.wrongSignature);
  return false;
}

/** A list that cannot be read or understood revokes everything. */
function isRevoked({ crypto, options }: KeygenContext, { key }: Sshsig): boolean {
  if (options.revokedFile === undefined) return false;
  return askRevokedKeysFile(crypto, options.revokedFile, key).kind !== 'not-revoked';
}

interface Checked {
  readonly sshsig: Sshsig;
  readonly question: Question;
  readonly time: number;
}

function isAllowed({ crypto }: KeygenContext, { sshsig, question, time }: Checked): boolean {
  if (question.signer === undefined) return true;
  const { allowed, principal } = question.signer;
  const text = readAllowedSigners(allowed);
  if (text === undefined) return false;
  const { key } = sshsig;
  const use = { key, principal, namespace: question.namespace, time };
  for (const { signer, place } of allowedSigners(allowed, text, principal)) {
    const verdict = judgeSigner(crypto, signer, use);
    if (verdict.kind === 'allowed') return true;
    const sentence = sentenceOf(verdict, { place, namespace: question.namespace, time });
    if (sentence !== undefined) logLine(sentence);
  }
  return false;
}

function sentenceOf(
  verdict: SignerVerdict,
  { place, namespace, time }: { readonly place: string; readonly namespace: string; readonly time: number },
): string | undefined {
  switch (verdict.kind) {
    case 'certificate-refused':
      return messages.certificateNotAuthorized(place, verdict.reason);
    case 'namespace-refused':
      return messages.namespaceNotPermitted(place, namespace);
    case 'not-yet-valid':
    case 'expired':
      return lifespanSentence(verdict, { place, time });
    default:
      return undefined;
  }
}
