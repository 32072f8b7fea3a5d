// Why a server did not open a channel, in OpenSSH's words for the reasons of RFC 4254 section 5.1. Its own description
// follows, harmless to a terminal.

import { visible } from '@sallyport/protocol/log/log';

const reasons: readonly string[] = [
  'unknown reason',
  'administratively prohibited',
  'connect failed',
  'unknown channel type',
  'resource shortage',
];

export function openFailureText(reason: number, description: string): string {
  const word = reasons[reason] ?? 'unknown reason';
  return description === '' ? word : `${word}: ${visible(description)}`;
}
