// One request from its first byte to the answer: who asks, whether that is enabled, what is asked for, the signature.
// Whoever is refused hears why; the log hears of both.

import { frameAgentMessage } from '@sallyport/protocol/agent/framing';
import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import { fingerprint } from '@sallyport/protocol/keys/fingerprint';
import type { PrivateKey } from '@sallyport/protocol/keys/private-key';
import { keyTypeLabel } from '@sallyport/protocol/keys/public-key';
import type { LogSink } from '@sallyport/protocol/log/log';
import { accountById } from '@sallyport/system/accounts';
import { sendWhole } from '@sallyport/system/blocking-io';
import { SystemError } from '@sallyport/system/system-error';
import { keysignAnswer, keysignVersion } from '../shared/keysign-service.ts';
import { checkRequest } from './check-request.ts';
import { permissionFor } from './enabled.ts';
import { lines, refusals } from './messages.ts';
import { requiredHostName } from './own-address.ts';
import { receiveRequest } from './receive-request.ts';

export interface Answering {
  readonly crypto: CryptoProvider;
  readonly log: LogSink;
  readonly hostKeys: readonly PrivateKey[];
  /** Who is at the other end, as the system says. */
  readonly uid: number | undefined;
  readonly configFile: string;
  /** Besides root's the configuration of this user counts. */
  readonly trustedUid: number;
}

/** A client sends at once what it has to say. */
const patienceMs = 5000;
/** Stands for users of other user namespaces that have no number here (/proc/sys/kernel/overflowuid). */
const foreignUid = 65534;

interface Refusal {
  readonly refused: string;
}

/** Reads a request from the socket and writes its answer. */
export function answerRequest(fd: number, answering: Answering): void {
  const { uid, log } = answering;
  const outcome = signatureFor(fd, answering);
  if ('refused' in outcome) log('error', lines.refused(uid, outcome.refused));
  else log('info', outcome.line);
  const isSigned = 'signature' in outcome;
  const answer = keysignAnswer.encode({
    version: keysignVersion,
    isSigned,
    signature: isSigned ? outcome.signature : new Uint8Array(0),
    reason: isSigned ? '' : outcome.refused,
  });
  try {
    sendWhole(fd, frameAgentMessage(answer));
  } catch (error) {
    // Nobody waits for it any more.
    if (!(error instanceof SystemError)) throw error;
  }
}

interface Signed {
  readonly signature: Uint8Array;
  readonly line: string;
}

function signatureFor(fd: number, answering: Answering): Signed | Refusal {
  const { uid, crypto, hostKeys, configFile, trustedUid } = answering;
  if (uid === undefined || uid === foreignUid) return { refused: refusals.noPeer };
  const account = accountById(uid);
  if (account === undefined) return { refused: refusals.noAccount(uid) };
  const permission = permissionFor({ configFile, trustedUid, account, crypto });
  if ('refused' in permission) return permission;
  if (hostKeys.length === 0) return { refused: refusals.noHostKey };
  const claim = receiveRequest(fd, patienceMs);
  if ('refused' in claim) return claim;
  const user = account.name;
  const hostName = (): ReturnType<typeof requiredHostName> => requiredHostName(claim.address);
  const checked = checkRequest(claim.data, { crypto, user, hostKeys, algorithms: permission.algorithms, hostName });
  if ('refused' in checked) return checked;
  const { key, signatureName, target, clientHost } = checked;
  const print = `${keyTypeLabel(key.publicKey.type)} ${fingerprint(crypto, key.publicKey)}`;
  const line = lines.signed({ user, uid, target, key: print, host: clientHost });
  return { signature: key.sign(crypto, signatureName, claim.data), line };
}
