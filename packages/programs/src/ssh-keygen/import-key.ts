// ssh-keygen -i: a public key out of the form that -m names. The private key of an SSH2 file comes out in PEM, in
// clear, as OpenSSH has it; only what is not encrypted is read there.

import { readFileSync } from 'node:fs';
import { encodePem } from '@sallyport/protocol/keys/formats/pem-private';
import {
  decodePublicFile,
  type PublicFileFormat,
  publicFileFormat,
} from '@sallyport/protocol/keys/formats/public-files';
import { formatPublicLine } from '@sallyport/protocol/keys/formats/public-line';
import { ssh2PrivateKey } from '@sallyport/protocol/keys/formats/ssh2-private';
import { DecodeError } from '@sallyport/protocol/wire/decode-error';
import { reasonOf } from '../shared/failure-reason.ts';
import { ProgramExit } from '../shared/program-exit.ts';
import { readRest, writeOut } from '../shared/standard-streams.ts';
import { chooseFile, type KeygenContext } from './context.ts';
import { chooseFormat } from './export-key.ts';
import { messages, prompts } from './messages.ts';

export function importKey(context: KeygenContext): number {
  const asked = chooseFormat(context);
  const path = chooseFile(context, prompts.whichKey);
  const file = readBytes(path);
  try {
    writeOut(converted(context, file, asked));
    return 0;
  } catch (error) {
    if (error instanceof DecodeError) throw new ProgramExit(messages.notRecognised(path, error.message));
    throw error;
  }
}

function converted({ crypto }: KeygenContext, file: Uint8Array, format: PublicFileFormat): string {
  if (publicFileFormat(file) === format) return `${formatPublicLine(decodePublicFile(file, format))}\n`;
  if (format !== 'RFC4716' || !ssh2PrivateKey.recognises(file)) throw new DecodeError('not a file of that format');
  const key = ssh2PrivateKey.decode(file).open(crypto, new Uint8Array(0));
  const text = key && encodePem(crypto, key, { variant: 'PEM' });
  key?.wipe();
  if (text === undefined) throw new DecodeError('unsupported key');
  return text;
}

function readBytes(path: string): Uint8Array {
  if (path === '-') return readRest();
  try {
    return readFileSync(path);
  } catch (error) {
    throw new ProgramExit(messages.cannotRead(path, reasonOf(error)));
  }
}
