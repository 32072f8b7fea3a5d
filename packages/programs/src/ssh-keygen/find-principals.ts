// ssh-keygen -Y find-principals and match-principals: for whom the key of a signature may sign, and which lines of a
// file speak of a principal. The signature itself is not verified here.

import { principalsOfSigner } from '@sallyport/protocol/keys/formats/allowed-signers';
import { escapeControls } from '../shared/printable.ts';
import { writeError, writeOut } from '../shared/standard-streams.ts';
import { allowedSigners, lifespanSentence, readAllowedSigners } from './allowed-signers-file.ts';
import { type KeygenContext, logLine } from './context.ts';
import { messages } from './messages.ts';
import { readSignature } from './signature-file.ts';
import { signatureSettings } from './signature-settings.ts';

const refusedStatus = 255;
/** The stock program ends with its inner error numbers here. */
const noMatchStatus = 210;
const badLineStatus = 252;

export function findPrincipals({ crypto, options }: KeygenContext, signature: string, allowed: string): number {
  const settings = signatureSettings(options.settings);
  const sshsig = typeof settings === 'string' ? settings : readSignature(signature);
  if (typeof settings === 'string' || typeof sshsig === 'string') {
    logLine(typeof sshsig === 'string' ? sshsig : '');
    return notMatched(refusedStatus);
  }
  const text = readAllowedSigners(allowed);
  if (text === undefined) return notMatched(refusedStatus);
  for (const { signer, place } of allowedSigners(allowed, text)) {
    const found = principalsOfSigner(crypto, signer, { key: sshsig.key, time: settings.time });
    if (found.kind === 'none-valid') logLine(messages.noValidPrincipals(place));
    if (found.kind === 'expired' || found.kind === 'not-yet-valid') {
      logLine(lifespanSentence(found, { place, time: settings.time }));
    }
    if (found.kind !== 'found') continue;
    writeOut(found.principals.map((name) => `${escapeControls(name)}\n`).join(''));
    return 0;
  }
  return notMatched(refusedStatus);
}

export function matchPrincipals(allowed: string, principal: string): number {
  const text = readAllowedSigners(allowed);
  if (text === undefined) return notMatched(refusedStatus);
  const entries = allowedSigners(allowed, text, principal);
  let found = false;
  let next = entries.next();
  for (; next.done !== true; next = entries.next()) {
    found = true;
    writeOut(`${escapeControls(next.value.signer.principals)}\n`);
  }
  if (found) return 0;
  return notMatched(next.value ? badLineStatus : noMatchStatus);
}

function notMatched(status: number): number {
  writeError(`${messages.noPrincipal}\n`);
  return status;
}
