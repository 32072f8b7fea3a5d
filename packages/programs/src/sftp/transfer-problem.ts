// What went wrong with a file, in OpenSSH's words: an operation of the server's or ours, its path, and why. Sentences
// are byte strings.

import { statusDescription } from '@sallyport/protocol/sftp/status';
import { errorText } from '@sallyport/system/system-error';
import type { SftpError } from 'sallyport/sftp/sftp-error';
import { byteString, byteStringOf } from '../shared/byte-string.ts';
import { statusReasons } from '../shared/messages.ts';
import { remoteMessages, transferMessages } from './messages.ts';

/** About a transfer to us or to the server; a byte string. */
export function sentenceOf(error: SftpError, direction: 'down' | 'up'): string {
  const path = byteStringOf(error.pathBytes);
  const reason = problemReason(error);
  const { operation, code } = error;
  if (code === 'extension-missing') return reason;
  const special = specialSentences[`${direction} ${operation} ${code}`];
  if (special !== undefined) return special(path);
  if (direction === 'up' && operation === 'open') return transferMessages.failed('dest open', path, reason);
  const isLocal = operation.startsWith('local ');
  const usual = isLocal ? localSentence(operation) : anySentence(operation);
  return (sentences[operation] ?? usual)(path, reason);
}

/** Why, without what and where: the C library's sentence for our own files, that of the status for the server's. */
export function problemReason({ code, cause, reason, status }: SftpError): string {
  const isSystems = code === 'local-failed' && cause instanceof Error && 'code' in cause;
  if (isSystems) return errorText(String(cause.code));
  if (status === undefined) return byteString(reason);
  // What else the server says comes behind the words of the protocol.
  const said = reason.slice(statusDescription(status).length);
  return byteString((statusReasons[status] ?? statusReasons.other) + said);
}

const specialSentences: Readonly<Record<string, (path: string) => string>> = {
  'down download wrong-file-type': transferMessages.notFetched,
  'up upload wrong-file-type': transferMessages.localNotRegular,
  'up mkdir wrong-file-type': transferMessages.existsNoFolder,
  'down resume size-mismatch': transferMessages.localTooLarge,
  'up resume size-mismatch': transferMessages.remoteTooLarge,
};

type Sentence = (path: string, reason: string) => string;

/** OpenSSH says `open local "x"`, but `local chmod "x"`. */
function localSentence(operation: string): Sentence {
  const verb = operation.slice('local '.length);
  const isSwapped = ['open', 'close', 'read', 'write', 'stat'].includes(verb);
  return (path, reason) => transferMessages.failed(isSwapped ? `${verb} local` : operation, path, reason);
}

const sentences: Readonly<Record<string, Sentence>> = {
  'local mkdir': transferMessages.mkdirFailed,
  'local list': (path, reason) => transferMessages.failed('local opendir', path, reason),
  open: (path, reason) => transferMessages.failed('remote open', path, reason),
  mkdir: remoteMessages.mkdirFailed,
  opendir: remoteMessages.listFailed,
  readdir: remoteMessages.listFailed,
  setstat: (path, reason) => remoteMessages.changeFailed('setstat', path, reason),
  fsetstat: (path, reason) => remoteMessages.changeFailed('setstat', path, reason),
};

function anySentence(operation: string): Sentence {
  return (path, reason) => transferMessages.failed(`${operation} remote`, path, reason);
}
