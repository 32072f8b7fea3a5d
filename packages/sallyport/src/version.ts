// Who we are: on the wire, and where tools parse the version of OpenSSH. All
// programs and the library say the same.

const ownVersion = '0.1.0';

/** The release whose behaviour we follow, where tools parse it. */
export const compatibleVersion = 'OpenSSH_10.5p1';

/** Ours on the wire, both roles (RFC 4253 section 4.2). */
export const libraryIdentification = 'SSH-2.0-Sallyport_0.1';

/** What `-V` prints. */
export const versionLine = `${compatibleVersion} Sallyport ${ownVersion}, ${cryptoName()}`;

function cryptoName(): string {
  const { versions } = process;
  return versions['bun'] === undefined ? `OpenSSL ${versions.openssl}` : 'BoringSSL';
}
