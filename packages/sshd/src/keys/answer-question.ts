// Answers a key question by what the account's files say, read with the account's own rights. In a key helper, or in
// the monitor where it serves one connection only.

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import { fingerprint } from '@sallyport/protocol/keys/fingerprint';
import { decodePublicKey } from '@sallyport/protocol/keys/public-key';
import type { LogLine } from '@sallyport/protocol/log/stable-lines';
import { base64Decode } from '@sallyport/protocol/wire/base64';
import { asAccount } from '@sallyport/system/identity';
import { findAuthorizedKey } from '../authentication/authorized-keys-check.ts';
import { permitsVariable } from '../configuration/login-settings.ts';
import type { AllowedKey } from '../monitor/monitor.ts';
import type { KeyAnswer, KeyQuestion } from './question.ts';

/** As root the files are read as the account; otherwise we are the account. */
export function answerQuestion(crypto: CryptoProvider, question: KeyQuestion): KeyAnswer {
  const { account, files, strictModes, peer, permitUserEnvironment } = question;
  const lines: LogLine[] = [];
  const key = decodePublicKey(base64Decode(question.key));
  const search = (): AllowedKey | undefined =>
    findAuthorizedKey(key, {
      account,
      files,
      strictModes,
      peer,
      permitsVariable: (name) => permitsVariable(permitUserEnvironment, name),
      fingerprint: (candidate) => fingerprint(crypto, candidate),
      log: (line) => lines.push(line),
    });
  const allowed = process.getuid?.() === 0 ? asAccount(account, search) : search();
  return { lines, ...(allowed === undefined ? {} : { allowed }) };
}
