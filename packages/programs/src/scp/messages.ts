// Every sentence of scp, as OpenSSH 10.5 has them. Names and paths in them are byte strings; who prints a sentence
// escapes it. Lines are without their ends.

export const usage = `usage: scp [-346ABCOpqRrsTv] [-c cipher] [-D sftp_server_path] [-F ssh_config]
           [-i identity_file] [-J destination] [-l limit] [-o ssh_option]
           [-P port] [-S program] [-X sftp_option] source ... target
`;

/** How the program is called; they follow `scp: `. */
export const optionMessages = {
  badPort: (text: string) => `bad port "${text}"`,
  badBufferSize: (text: string, reason: string) => `Invalid buffer size "${text}": ${reason}`,
  badRequestCount: (text: string, reason: string) => `Invalid number of requests "${text}": ${reason}`,
  badOption: 'Invalid -X option',
  badMode: 'Unsupported mode for -M',
  protocolOne: 'SSH protocol v.1 is no longer supported',
} as const;

/** Printed as they are. */
export const messages = {
  ambiguousTarget: 'ambiguous target',
  badUri: (text: string) => `${text}: invalid uri`,
  badTarget: (text: string) => `${text}: invalid target`,
  badSource: (text: string) => `${text}: invalid source`,
  badUser: (name: string) => `${name}: invalid user name`,
  lostConnection: 'lost connection',
  noProgram: (path: string) => `${path}: No such file or directory`,
  fileProblem: (path: string, reason: string) => `${path}: ${reason}`,
  notRegular: (path: string) => `${path}: not a regular file`,
  nameTooLong: (path: string) => `${path}: name too long`,
  truncateFailed: (path: string, reason: string) => `${path}: truncate: ${reason}`,
  modeFailed: (path: string, reason: string) => `${path}: set mode: ${reason}`,
  timesFailed: (path: string, reason: string) => `${path}: set times: ${reason}`,
  closeFailed: (path: string, reason: string) => `${path}: close: ${reason}`,
  truncated: 'file is shorter than announced',
  directory: 'Is a directory',
  notDirectory: 'Not a directory',
} as const;

/** Printed behind `scp: `. */
export const ownMessages = {
  connectionClosed: 'Connection closed',
  tooLong: (bytes: string) => `Received message too long ${bytes}`,
  keepQuiet: 'Ensure the remote shell produces no output for non-interactive sessions.',
  notText: (path: string) => `${path}: a name that is not UTF-8 needs the SFTP mode`,
  badPattern: 'could not expand pattern',
  portWithDirect: 'target port not supported with two remote hosts and the -R option',
} as const;

/** With -v. */
export const verboseMessages = {
  executing: (program: string, place: { readonly host: string; readonly user: string | undefined }, command: string) =>
    `Executing: program ${program} host ${place.host}, user ${place.user ?? '(unspecified)'}, command ${command}`,
  copying: (from: string, to: string) => `Copying ${from} to ${to}`,
  modes: (record: string) => `Sending file modes: ${record}`,
  times: (modified: number, accessed: number) => `Sending file timestamps: T${modified} 0 ${accessed} 0`,
  entering: (record: string) => `Entering directory: ${record}`,
} as const;

const named =
  (operation: string) =>
  (path: string, reason: string): string =>
    `${operation} "${path}": ${reason}`;

/** Of files in SFTP mode; they follow `scp: `. */
export const fileMessages = {
  noSuchFile: (path: string) => `${path}: No such file or directory`,
  tooManyMatches: (path: string) => `${path}: too many glob matches`,
  notRegularRemote: (path: string) => `download "${path}": not a regular file`,
  notRegularLocal: (path: string) => `local "${path}" is not a regular file`,
  existsNoFolder: (path: string) => `"${path}" exists but is not a directory`,
  skipped: (path: string) => `${path}: not a regular file`,
  uploadFailed: (what: 'file' | 'directory', path: string, target: string) =>
    `failed to upload ${what} ${path} to ${target}`,
  noStatus: named('stat local'),
  noFolder: named('local mkdir'),
  notFolder: (path: string) => `${path}: destination is not a directory`,
  manyToOne: (path: string) => `Multiple files match pattern, but destination "${path}" is not a directory`,
  needsExpansion: 'server expand-path extension is required for ~user paths in SFTP mode',
  other: (operation: string, path: string, reason: string) => `${operation} "${path}": ${reason}`,
} as const;

/** By the names that the library has for what was done. */
export const operationMessages: Readonly<Record<string, (path: string, reason: string) => string>> = {
  open: named('remote open'),
  read: named('read remote'),
  write: named('write remote'),
  close: named('close remote'),
  'dest open': named('dest open'),
  opendir: (path, reason) => `remote readdir("${path}"): ${reason}`,
  readdir: (path, reason) => `remote readdir("${path}"): ${reason}`,
  'local list': named('local opendir'),
  'local mkdir': (path, reason) => `mkdir ${path}: ${reason}`,
  mkdir: named('remote mkdir'),
  setstat: named('remote setstat'),
  fsetstat: named('remote fsetstat'),
  stat: named('stat remote'),
  'expand-path': (path, reason) => `expand ${path}: ${reason}`,
  'local open': named('open local'),
  'local write': named('write local'),
  'local read': named('read local'),
  'local close': named('close local'),
  'local stat': named('stat local'),
  'local truncate': named('local ftruncate'),
};

/** The same where the file is the one that is written. */
export const uploadMessages: typeof operationMessages = { open: named('dest open') };
