// The helper that an ssh starts (ssh-keysign(8)): OpenSSH's request of version 2 on standard input, with the number of
// the descriptor that is the connection, and the signature on standard output. It has no rights and no keys: it passes
// the request on to the service.

import { frameAgentMessage, maximumAgentMessageBytes } from '@sallyport/protocol/agent/framing';
import { readUint32 } from '@sallyport/protocol/wire/bytes';
import { DecodeError } from '@sallyport/protocol/wire/decode-error';
import { ownAddress } from '@sallyport/system/socket-address';
import { helperAnswer, helperRequest, helperVersion } from '../shared/keysign-helper.ts';
import { askKeysignService } from '../shared/keysign-service.ts';
import { ProgramExit } from '../shared/program-exit.ts';
import { readExactly, writeOut } from '../shared/standard-streams.ts';
import { fatal } from './messages.ts';

const lengthBytes = 4;
const standardOutput = 1;
const largestDescriptor = 0x7fffffff;

/** Answers the request on standard input. @throws ProgramExit */
export async function relay(socket: string): Promise<number> {
  const { fd, data } = readRequest();
  const signature = await askKeysignService(socket, { address: ownAddress(fd)?.address, data });
  if (signature.kind === 'absent') throw new ProgramExit(fatal.noService(socket));
  if (signature.kind === 'refused') throw new ProgramExit(fatal.refused(signature.reason));
  writeOut(frameAgentMessage(helperAnswer.encode({ version: helperVersion, signature: signature.signature })));
  return 0;
}

/** Not beyond its end: who asks keeps our standard input open. */
function readRequest(): { readonly fd: number; readonly data: Uint8Array } {
  const length = readExactly(lengthBytes);
  const lengthInBytes = length === undefined ? 0 : readUint32(length, 0);
  const message = lengthInBytes > maximumAgentMessageBytes ? undefined : readExactly(lengthInBytes);
  const [received] = message ?? [];
  if (message === undefined || received === undefined) throw new ProgramExit(fatal.badRequest);
  if (received !== helperVersion) throw new ProgramExit(fatal.badVersion(received, helperVersion));
  const { fd, data } = decoded(message);
  if (fd <= standardOutput || fd > largestDescriptor) throw new ProgramExit(fatal.badDescriptor(fd));
  return { fd, data };
}

function decoded(message: Uint8Array): ReturnType<typeof helperRequest.decode> {
  try {
    return helperRequest.decode(message);
  } catch (error) {
    if (error instanceof DecodeError) throw new ProgramExit(fatal.badRequest);
    throw error;
  }
}
