// Every sentence of ssh-keyscan that a user can read, in OpenSSH 10.5's words where it has them. Lines of the log
// end with CR LF, usage lines with LF.

export const usage = `usage: ssh-keyscan [-46cDHqv] [-f file] [-O option] [-p port] [-T timeout]
                   [-t type] [host | addrlist namelist]
`;

export const messages = {
  badPort: (text: string) => `Bad port '${text}'`,
  badTimeout: (text: string) => `Bad timeout '${text}'`,
  unknownType: (name: string) => `Unknown key type "${name}"`,
  unknownHashAlgorithm: (name: string) => `Unsupported hash algorithm "${name}"`,
  unsupportedOption: (text: string) => `Unsupported -O option "${text}"`,
  cannotOpen: (path: string, reason: string) => `${path}: ${reason}`,
  notResolved: (name: string, reason: string) => `getaddrinfo ${name}: ${reason}`,
  tooManyFiles: (limit: number) => `this process may open ${limit} files, which is too few`,
  connectFailed: (name: string, reason: string) => `connect (\`${name}'): ${reason}`,
  closed: (name: string) => `${name}: Connection closed by remote host`,
  failed: (name: string, reason: string) => `${name}: ${reason}`,
};
