// Answers a key question in OpenSSH's order: revoked lists, the account's key files, trusted authorities, the command
// that lists keys. In a key process, or in the monitor where it serves one connection only.

import { isCertificate } from '@sallyport/protocol/keys/certificate';
import type { LogLine } from '@sallyport/protocol/log/stable-lines';
import { findAuthorizedKey, findInLines } from '../authentication/authorized-keys-check.ts';
import type { AllowedKey } from '../authentication/grant.ts';
import { isRevoked } from '../authentication/revocation.ts';
import type { KeyTools } from './inquiry.ts';
import { Inquiry } from './inquiry.ts';
import type { KeyAnswer, KeyQuestion } from './question.ts';
import { admitByTrust } from './trusted-authority.ts';
import { trustsHost } from './trusted-host.ts';

export async function answerQuestion(tools: KeyTools, question: KeyQuestion): Promise<KeyAnswer> {
  const lines: LogLine[] = [];
  const inquiry = new Inquiry(tools, question, (line) => lines.push(line));
  const allowed = await search(inquiry);
  return { lines, ...(allowed === undefined ? {} : { allowed }) };
}

async function search(inquiry: Inquiry): Promise<AllowedKey | undefined> {
  const { key, attempt, question } = inquiry;
  const { revokedKeys, files, strictModes } = question;
  if (isRevoked(key, { ...attempt, files: revokedKeys })) return undefined;
  if (question.host !== undefined) return trustsHost(question.host, inquiry);
  const found = inquiry.asAccount(() => findAuthorizedKey(key, { ...attempt, files, strictModes }));
  if (found !== undefined) return found;
  const trusted = isCertificate(key) ? await admitByTrust(key, inquiry) : undefined;
  return trusted ?? listedByCommand(inquiry);
}

async function listedByCommand(inquiry: Inquiry): Promise<AllowedKey | undefined> {
  const { keysCommand } = inquiry.question;
  if (keysCommand === undefined) return undefined;
  const said = await inquiry.list('AuthorizedKeysCommand', keysCommand);
  const [place = ''] = keysCommand.words;
  return said === undefined ? undefined : findInLines(said, inquiry.key, { place, attempt: inquiry.attempt });
}
