// Whether TrustedUserCAKeys names the authority of a certificate, and which principals count: those of
// AuthorizedPrincipalsFile and AuthorizedPrincipalsCommand, or without either the account's name (sshd_config(5)).

import type { Certificate } from '@sallyport/protocol/keys/certificate';
import type { KeyOptions } from '@sallyport/protocol/keys/formats/key-options';
import { listsKey } from '../authentication/authorized-keys-check.ts';
import { admitByAuthority, principalOptions } from '../authentication/certificate-login.ts';
import type { AllowedKey } from '../authentication/grant.ts';
import type { Inquiry } from './inquiry.ts';

const commandKeyword = 'AuthorizedPrincipalsCommand';

export async function admitByTrust(certificate: Certificate, inquiry: Inquiry): Promise<AllowedKey | undefined> {
  const { trustedAuthorities: file, principalsFile, principalsCommand } = inquiry.question;
  if (file === undefined) return undefined;
  const listed = inquiry.read(file, { what: 'trusted authorities', strictModes: false });
  if (listed === undefined || !listsKey(listed, certificate.authority)) return undefined;
  const isByName = principalsFile === undefined && principalsCommand === undefined;
  const principals = isByName ? undefined : { options: await optionsByPrincipal(certificate, inquiry) };
  return admitByAuthority(certificate, { file, principals }, inquiry.attempt);
}

async function optionsByPrincipal(certificate: Certificate, inquiry: Inquiry): Promise<KeyOptions | undefined> {
  const { principalsFile: file, principalsCommand, strictModes } = inquiry.question;
  const { log } = inquiry.attempt;
  if (file !== undefined) {
    const text = inquiry.asAccount(() => inquiry.read(file, { what: 'authorized principals', strictModes }));
    const options = text === undefined ? undefined : principalOptions(text, certificate, { place: file, log });
    if (options !== undefined) return options;
  }
  if (principalsCommand === undefined) return undefined;
  const said = await inquiry.list(commandKeyword, principalsCommand);
  const place = `(${commandKeyword})`;
  return said === undefined ? undefined : principalOptions(said, certificate, { place, log });
}
