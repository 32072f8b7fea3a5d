// Whether a client's host may vouch for its users: the host and user stand in shosts.equiv or the account's .shosts,
// and the host's key in known_hosts (RFC 4252 section 9, sshd_config(5): HostbasedAuthentication). Names are not looked
// up: without HostbasedUsesNameFromPacketOnly a host is its address.

import { isCertificate } from '@sallyport/protocol/keys/certificate';
import { checkCertificate } from '@sallyport/protocol/keys/certificate-check';
import type { KnownHostsLine } from '@sallyport/protocol/keys/formats/known-hosts';
import { lookUpHostAuthority, lookUpHostKey, parseKnownHosts } from '@sallyport/protocol/keys/formats/known-hosts';
import { visible } from '@sallyport/protocol/log/log';
import type { AllowedKey } from '../authentication/grant.ts';
import { unrestricted } from '../authentication/grant.ts';
import { trustsPeer } from '../authentication/rhosts.ts';
import type { Inquiry } from './inquiry.ts';
import type { HostClaim } from './question.ts';

const systemLists = ['/etc/hosts.equiv', '/etc/ssh/shosts.equiv'] as const;
const systemKnownHosts = '/etc/ssh/ssh_known_hosts';
const sshPort = 22;

export function trustsHost(claim: HostClaim, inquiry: Inquiry): AllowedKey | undefined {
  const { peer } = inquiry.question;
  const claimed = claim.clientHost.replace(/\.$/, '');
  const name = claim.usesNameFromPacketOnly ? claimed : peer.address;
  if (name !== claimed) {
    const resolved = `we resolve ${peer.address} to ${name}`;
    const text = `userauth_hostbased mismatch: client sends ${visible(claimed)}, but ${resolved}`;
    inquiry.attempt.log({ level: 'info', text });
  }
  if (name === '' || !isListed(claim, name, inquiry) || !isKnown(claim, name, inquiry)) return undefined;
  return { grant: unrestricted, place: name };
}

/** As OpenSSH: the system's lists do not count for root. */
function isListed(claim: HostClaim, name: string, inquiry: Inquiry): boolean {
  const { account, strictModes } = inquiry.question;
  const peer = { hosts: [name], clientUser: claim.clientUser, user: account.name };
  const inSystem = systemLists.some((file) => {
    const text = inquiry.read(file, { what: 'trusted hosts', strictModes: false });
    return account.uid !== 0 && text !== undefined && trustsPeer(text, peer);
  });
  if (inSystem) return true;
  const own = { yes: [], 'shosts-only': ['.shosts'], no: ['.shosts', '.rhosts'] }[claim.ignoreRhosts];
  return own.some((file) => {
    const path = `${account.home}/${file}`;
    const text = inquiry.asAccount(() => inquiry.read(path, { what: 'trusted hosts', strictModes }));
    return text !== undefined && trustsPeer(text, peer);
  });
}

function isKnown(claim: HostClaim, name: string, inquiry: Inquiry): boolean {
  const { key, attempt } = inquiry;
  const lines = knownHosts(claim, inquiry);
  const host = { host: name, port: sshPort };
  if (!isCertificate(key)) return lookUpHostKey(attempt.crypto, lines, { ...host, key }).status === 'found';
  if (lookUpHostAuthority(attempt.crypto, lines, { ...host, certificate: key }).status !== 'trusted') return false;
  const { crypto, authorityAlgorithms } = attempt;
  const now = Math.floor(Date.now() / 1000);
  const principal = name.toLowerCase();
  const verdict = checkCertificate(crypto, { certificate: key, kind: 'host', principal, now, authorityAlgorithms });
  if (!verdict.ok) attempt.log({ level: 'error', text: verdict.reason });
  return verdict.ok;
}

function knownHosts(claim: HostClaim, inquiry: Inquiry): readonly KnownHostsLine[] {
  const { account, strictModes } = inquiry.question;
  const system = inquiry.read(systemKnownHosts, { what: 'known hosts', strictModes: false });
  const path = `${account.home}/.ssh/known_hosts`;
  const read = (): string | undefined => inquiry.read(path, { what: 'known hosts', strictModes });
  const own = claim.ignoresUserKnownHosts ? undefined : inquiry.asAccount(read);
  return [...parseKnownHosts(system ?? '', systemKnownHosts), ...parseKnownHosts(own ?? '', path)];
}
