// What went wrong with a file, as OpenSSH's scp says it. Sentences are byte strings: paths in them are those of the
// files, unchanged.

import { errorText } from '@sallyport/system/system-error';
import { SftpError } from 'sallyport/sftp/sftp-error';
import { byteString, byteStringOf } from '../../shared/byte-string.ts';
import { statusReasons } from '../../shared/messages.ts';
import { fileMessages, operationMessages, uploadMessages } from '../messages.ts';

/** Which way the files go. */
export type Direction = 'download' | 'upload';

export function failureSentence(error: SftpError, direction: Direction): string {
  // Between two servers the files of the second are our own.
  if (error.cause instanceof SftpError) return failureSentence(error.cause, 'upload');
  const path = byteStringOf(error.pathBytes);
  if (error.code === 'wrong-file-type' && error.operation === 'download') return fileMessages.notRegularRemote(path);
  if (error.code === 'wrong-file-type' && error.operation === 'upload') return fileMessages.notRegularLocal(path);
  if (error.code === 'wrong-file-type' && error.operation === 'mkdir') return fileMessages.existsNoFolder(path);
  const own = direction === 'upload' ? uploadMessages[error.operation] : undefined;
  const sentence = own ?? operationMessages[error.operation];
  const { operation, said } = error;
  const reason = operation === 'expand-path' && said !== undefined ? byteString(said) : reasonOf(error);
  return sentence === undefined ? fileMessages.other(error.operation, path, reason) : sentence(path, reason);
}

/** The system's own sentence where it was ours that failed, and OpenSSH's for what a server answers. */
function reasonOf({ cause, reason, status }: SftpError): string {
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return errorText(cause.code);
  return (status === undefined ? undefined : statusReasons[status]) ?? byteString(reason);
}
