// The command line of AuthorizedKeysCommand and AuthorizedPrincipalsCommand: words, with tokens that name the user, the
// connection and the key (sshd_config(5), "TOKENS").

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import { isProblem } from '@sallyport/protocol/config/config-error';
import { expand } from '@sallyport/protocol/config/percent';
import type { Certificate } from '@sallyport/protocol/keys/certificate';
import { isCertificate } from '@sallyport/protocol/keys/certificate';
import { fingerprint } from '@sallyport/protocol/keys/fingerprint';
import type { PublicKey } from '@sallyport/protocol/keys/public-key';
import { base64Encode } from '@sallyport/protocol/wire/base64';
import type { KeyQuestion } from './question.ts';

const keyTokens = 'CDfhktUu';
const certificateTokens = 'CDFfhiKksTtUu';

/** Its arguments; a command without any gets the user's name. undefined when a token makes no sense here. */
export function commandArguments(
  words: readonly string[],
  question: KeyQuestion,
  about: { readonly crypto: CryptoProvider; readonly key: PublicKey | Certificate },
): readonly string[] | undefined {
  const [file = '', ...rest] = words;
  if (rest.length === 0) return [file, question.account.name];
  const letters = isCertificate(about.key) ? certificateTokens + keyTokens : keyTokens;
  const values = tokenValues(question, about);
  const expanded = rest.map((word) => expand(word, { tokens: { letters, values } }));
  return expanded.some(isProblem) ? undefined : [file, ...(expanded as string[])];
}

function tokenValues(
  { account, peer, local }: KeyQuestion,
  { crypto, key }: { readonly crypto: CryptoProvider; readonly key: PublicKey | Certificate },
): Readonly<Record<string, string>> {
  const plain = isCertificate(key) ? key.key : key;
  const common = {
    C: `${peer.address} ${peer.port} ${local.address} ${local.port}`,
    D: '',
    U: String(account.uid),
    u: account.name,
    h: account.home,
    f: fingerprint(crypto, plain),
    k: base64Encode(key.blob),
    t: key.type,
  };
  if (!isCertificate(key)) return common;
  const { authority, keyId, serial } = key;
  return {
    ...common,
    F: fingerprint(crypto, authority),
    K: base64Encode(authority.blob),
    T: authority.type,
    i: keyId,
    s: String(serial),
  };
}
