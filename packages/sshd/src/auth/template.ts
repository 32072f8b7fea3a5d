// The template of the auth processes: a process without rights that has rehearsed a login and never meets a peer. For
// each connection it makes a copy of itself, which serves that one and ends. A copy is the monitor's child, starts in a
// millisecond and shares the memory that it does not change. See docs/decisions/0015-auth-processes-are-copies.md.

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import type { ValueOf } from '@sallyport/protocol/codec/struct';
import { visible } from '@sallyport/protocol/log/log';
import { encodeFrame } from '@sallyport/protocol/wire/frame';
import { utf8Encode } from '@sallyport/protocol/wire/utf8';
import { sendWhole } from '@sallyport/system/blocking-io';
import { closeDescriptor, writeWhatFits } from '@sallyport/system/descriptors';
import { collectGarbage, exitNow, forkSibling, ownProcessId } from '@sallyport/system/fork';
import { dieWithParent } from '@sallyport/system/identity';
import { workerDescriptors } from '../listener/worker-program.ts';
import { templateReports } from '../monitor/calls.ts';
import { receiveConnection } from './receive-connection.ts';
import { Rehearsal } from './rehearsal.ts';
import type { AuthEquipment, Peer } from './serve-peer.ts';
import { servePeer } from './serve-peer.ts';

/** Enough for all code of a login to be there; more would only scatter what copies have to copy. */
const rehearsals = 8;
const errorFd = 2;

/**
 * Ends the process when the monitor has closed the descriptor socket. The provider must draw from the system each time:
 * bytes of a pool would be the same in two copies.
 */
export function serveCopies(equipment: AuthEquipment): never {
  try {
    makeCopies(equipment);
  } catch (error) {
    failed(error);
  }
  return exitNow(0);
}

/** Returns in the template only. */
function makeCopies(equipment: AuthEquipment): void {
  compileModules(equipment.crypto);
  const rehearsal = new Rehearsal(equipment);
  for (let done = 0; done < rehearsals; done++) rehearsal.perform();
  goOnAlone();
  tryCopy(rehearsal);
  for (;;) {
    const received = receiveConnection(workerDescriptors.passing);
    if (received === undefined) return;
    const { fd, callsFd, peer, copy } = received;
    if (callsFd === undefined) throw new Error('a connection came without its pipe');
    copyFor({ fd, callsFd, peer }, copy, equipment);
  }
}

/** A copy has no thread that could compile WebAssembly. */
function compileModules(crypto: CryptoProvider): void {
  crypto.chachaPoly(new Uint8Array(64)).free();
  crypto.mlkem768().free();
}

/**
 * Goes on as a copy, which does not have the thread that the runtime has started for WebAssembly. That thread ends ten
 * seconds after its work, and a copy made in that moment would wait for a lock of it for ever.
 */
function goOnAlone(): void {
  const pid = forkSibling();
  if (pid === 0) return dieWithParent();
  report('moved', { pid });
  exitNow(0);
}

/** A copy rehearses too, and collects garbage: where that does not work, the monitor never hears that we are ready. */
function tryCopy(rehearsal: Rehearsal): void {
  const pid = forkSibling();
  if (pid > 0) return report('tried', { pid });
  rehearsal.perform();
  collectGarbage();
  rehearsal.perform();
  report('ready', {});
  return exitNow(0);
}

function copyFor(peer: Peer, copy: number, equipment: AuthEquipment): void {
  const pid = forkOrNot();
  if (pid === 0) serveAsCopy(peer, copy, equipment);
  for (const fd of [peer.fd, peer.callsFd]) closeDescriptor(fd);
  if (pid === undefined) report('notCopied', { copy });
}

/** undefined when the system has no room for another process: this connection ends, the next may have more luck. */
function forkOrNot(): number | undefined {
  try {
    return forkSibling();
  } catch {
    return undefined;
  }
}

/** It says who it is before the peer can have a say, and then has no way to say anything in the template's name. */
function serveAsCopy(peer: Peer, copy: number, equipment: AuthEquipment): never {
  try {
    dieWithParent();
    report('copied', { copy, pid: ownProcessId() });
    for (const ofTemplate of Object.values(workerDescriptors)) closeDescriptor(ofTemplate);
    servePeer(equipment, peer);
  } catch (error) {
    failed(error);
  }
  return exitNow(0);
}

/** The runtime would tell of it and end the process, but not in a copy. */
function failed(error: unknown): never {
  writeWhatFits(errorFd, utf8Encode(`sshd-auth: internal error: ${visible(String(error))}\n`));
  return exitNow(255);
}

function report<Name extends keyof typeof templateReports>(
  name: Name,
  value: ValueOf<(typeof templateReports)[Name]['fields']>,
): void {
  const { number, fields } = templateReports[name];
  try {
    sendWhole(workerDescriptors.calls, encodeFrame(number, fields.encode(value as never)));
  } catch {
    // The monitor is gone.
    exitNow(0);
  }
}
