// Who and where we are, as configuration and login see it: account, home, host name, environment. Taken from the
// system once at the start of the program.

import { hostname } from 'node:os';
import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import { hexEncode } from '@sallyport/protocol/wire/base64';
import { utf8Encode } from '@sallyport/protocol/wire/utf8';
import { accountById, accountByName } from '@sallyport/system/accounts';

/** The program takes it from the system, tests make it up. */
export interface Surroundings {
  readonly user: string;
  readonly uid: number;
  readonly home: string;
  readonly homeOf: (user: string) => string | undefined;
  readonly hostName: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Hexadecimal SHA-1. */
  readonly sha1: (text: string) => string;
  /** Folder of the system's ssh_config. */
  readonly systemFolder: string;
}

/** Those of this process; undefined when its uid has no account. */
export function ownSurroundings(crypto: CryptoProvider): Surroundings | undefined {
  const uid = process.getuid?.() ?? 0;
  const account = accountById(uid);
  if (account === undefined) return undefined;
  return {
    user: account.name,
    uid,
    home: account.home,
    homeOf: (user) => accountByName(user)?.home,
    hostName: hostname(),
    environment: process.env,
    sha1: (text) => hexEncode(crypto.digest('sha1', utf8Encode(text))),
    systemFolder: '/etc/ssh',
  };
}
