// The order of SYMLINK's arguments: OpenSSH has the target first (PROTOCOL section 4.1), the draft the link
// (draft-ietf-secsh-filexfer-02 section 6.10). Most clients do as OpenSSH; some only for servers that call themselves
// so.

/** npm ssh2 and asyncssh look at our identification, which is not OpenSSH's. */
const draftClients = /^SSH-2\.0-(?:ssh2js|AsyncSSH_)/;

/** Whether a client that says so of itself (RFC 4253 section 4.2) sends us the link before its target. */
export function sendsLinkFirst(identification: string): boolean {
  return draftClients.test(identification);
}
