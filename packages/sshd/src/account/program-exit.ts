// How a program's end is told to the client: a channel request of RFC 4254 section 6.10. What ended neither way has
// status 255.

import { exitSignalFields, exitStatusFields } from '@sallyport/protocol/messages/channel-requests';
import type { ProgramEnd } from './running-program.ts';
import { signalNameOf } from './signals.ts';

export function exitRequest(end: ProgramEnd): { readonly request: string; readonly fields: Uint8Array } {
  if (end.signal === undefined)
    return { request: 'exit-status', fields: exitStatusFields.encode({ status: end.code ?? 255 }) };
  const name = signalNameOf(end.signal);
  const coreDumped = end.coreDumped === true;
  return {
    request: 'exit-signal',
    fields: exitSignalFields.encode({ name, coreDumped, description: '', language: '' }),
  };
}
