// A signature in the name of this host (ssh-keysign(8)): from our service, and where none listens from the set-user-ID
// helper of OpenSSH that is installed. SSH_KEYSIGN names another helper, SSH_KEYSIGN_SOCKET another socket.

import { closeSync, openSync } from 'node:fs';
import { findProgram } from '../shared/find-program.ts';
import { helperAnswer, helperRequest, helperVersion } from '../shared/keysign-helper.ts';
import { askKeysignService, type HostClaim, type HostSignature, keysignSocket } from '../shared/keysign-service.ts';
import { hostbasedMessages } from './messages.ts';

export interface HostConnection {
  /** Our end; undefined through a proxy command. */
  readonly address: string | undefined;
  readonly fd: number | undefined;
}

/** Where the packages of systems put OpenSSH's helper. */
const usualHelpers = [
  '/usr/lib/openssh/ssh-keysign',
  '/usr/libexec/openssh/ssh-keysign',
  '/usr/lib/ssh/ssh-keysign',
  '/usr/libexec/ssh-keysign',
] as const;
/** The helper's descriptor that is the connection. */
const connectionFd = 3;

type Environment = Readonly<Record<string, string | undefined>>;

/** Never rejects for what others do. */
export async function signAsHost(
  data: Uint8Array,
  { connection, environment }: { readonly connection: HostConnection; readonly environment: Environment },
): Promise<HostSignature> {
  const chosen = environment['SSH_KEYSIGN'];
  if (chosen !== undefined && chosen !== '') return await askHelper(chosen, { connection, environment, data });
  const claim: HostClaim = { address: connection.address, data };
  const signature = await askKeysignService(keysignSocket(environment), claim);
  const helper = signature.kind === 'absent' ? usualHelpers.find((path) => findProgram(path, '')) : undefined;
  return helper === undefined ? signature : await askHelper(helper, { connection, environment, data });
}

interface HelperTask {
  readonly connection: HostConnection;
  readonly environment: Environment;
  readonly data: Uint8Array;
}

/** The helper says itself on stderr why it does not sign. */
async function askHelper(path: string, { connection, environment, data }: HelperTask): Promise<HostSignature> {
  // Loaded here and not before: hardly anybody logs in like this.
  const { HelperProcess } = await import('sallyport/helpers/helper-process');
  const nullFd = openSync('/dev/null', 'r');
  try {
    const helper = new HelperProcess({
      name: 'ssh-keysign',
      variable: 'SSH_KEYSIGN',
      environment: { ...environment, SSH_KEYSIGN: path },
      descriptors: { [connectionFd]: connection.fd ?? nullFd },
    });
    const request = helperRequest.encode({ version: helperVersion, fd: connectionFd, data });
    const { signature } = helperAnswer.decode(await helper.ask(request).finally(() => helper.end()));
    return { kind: 'signed', signature: signature.slice() };
  } catch {
    return { kind: 'refused', reason: hostbasedMessages.helperFailed(path) };
  } finally {
    closeSync(nullFd);
  }
}
