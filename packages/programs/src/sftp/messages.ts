// Every sentence of sftp, as OpenSSH 10.5 has them. Names and paths in them are byte strings, as the sentences are
// then: the report makes them fit for a terminal. Lines are without their ends.

export const prompt = 'sftp> ';

/** How the program is called. */
export const optionMessages = {
  badPort: (text: string) => `Bad port "${text}"`,
  badBufferSize: (text: string) => `Invalid buffer size "${text}"`,
  badBufferOption: (text: string, reason: string) => `Invalid buffer size "${text}": ${reason}`,
  badRequestCount: (text: string) => `Invalid number of requests "${text}"`,
  badRequestOption: (text: string, reason: string) => `Invalid number of requests "${text}": ${reason}`,
  badOption: 'Invalid -X option',
  batchTwice: 'Batch file already specified.',
  batchFile: (reason: string, file: string) => `${reason} (${file}).`,
  badServerCommand: 'Failed to parse -D arg',
  missingHost: 'Missing hostname',
  protocolOne: 'SSH protocol v.1 is no longer supported',
  noSuchProgram: (path: string) => `exec: ${path}: No such file or directory`,
} as const;

export const usage = `usage: sftp [-46AaCfNpqrv] [-B buffer_size] [-b batchfile] [-c cipher]
          [-D sftp_server_command] [-F ssh_config] [-i identity_file]
          [-J destination] [-l limit] [-o ssh_option] [-P port]
          [-R num_requests] [-S program] [-s subsystem | sftp_server]
          [-X sftp_option] destination
`;

/** The connection, from its beginning to its end. */
export const connectionMessages = {
  connected: (host: string) => `Connected to ${host}.`,
  attached: (command: string) => `Attached to ${command}.`,
  closed: 'Connection closed',
  tooLong: (bytes: string) => `Received message too long ${bytes}`,
  keepQuiet: 'Ensure the remote shell produces no output for non-interactive sessions.',
  needFolder: 'Need cwd',
  changing: (folder: string) => `Changing to: ${folder}`,
  /** Over what stands there already. */
  interrupted: 'Interrupt  ',
} as const;

/** A line that is no command. */
export const commandMessages = {
  invalid: 'Invalid command.',
  invalidFlag: (command: string, letter: string) => `${command}: Invalid flag -${letter}`,
  missingPaths: (command: string) => `You must specify at least one path after a ${command} command.`,
  missingTwoPaths: (command: string) => `You must specify two paths after a ${command} command.`,
  missingPath: (command: string) => `You must specify a path after a ${command} command.`,
  missingNumber: (command: string) => `You must supply a numeric argument to the ${command} command.`,
} as const;

/** Files of the server. `reason` is of the server, or of a status. */
export const remoteMessages = {
  folder: (path: string) => `Remote working directory: ${path}`,
  statFailed: (reason: string) => `stat remote: ${reason}`,
  realpathFailed: (path: string, reason: string) => `realpath ${path}: ${reason}`,
  notChecked: "Can't change directory: Can't check target",
  notFolder: (path: string) => `Can't change directory: "${path}" is not a directory`,
  removing: (path: string) => `Removing ${path}`,
  removeFailed: (path: string, reason: string) => `remote delete ${path}: ${reason}`,
  mkdirFailed: (path: string, reason: string) => `remote mkdir "${path}": ${reason}`,
  rmdirFailed: (path: string, reason: string) => `remote rmdir "${path}": ${reason}`,
  renameFailed: (from: string, to: string, reason: string) => `remote rename "${from}" to "${to}": ${reason}`,
  linkFailed: (from: string, to: string, reason: string) => `remote link "${from}" to "${to}": ${reason}`,
  symlinkFailed: (from: string, to: string, reason: string) => `remote symlink file "${from}" to "${to}": ${reason}`,
  copyFailed: (from: string, to: string, reason: string) => `Couldn't copy file "${from}" to "${to}": ${reason}`,
  openFailed: (path: string, reason: string) => `remote open("${path}"): ${reason}`,
  notCopied: (path: string) => `Cannot copy non-regular file: ${path}`,
  changing: (what: 'mode' | 'owner' | 'group', path: string) => `Changing ${what} on ${path}`,
  changeFailed: (call: 'setstat' | 'lsetstat', path: string, reason: string) => `remote ${call} "${path}": ${reason}`,
  noOwner: (path: string) => `Can't get current ownership of remote file "${path}"`,
  statvfsFailed: (reason: string) => `remote statvfs: ${reason}`,
  listFailed: (path: string, reason: string) => `remote readdir("${path}"): ${reason}`,
  suspectName: (name: string, folder: string) => `Server sent suspect path "${name}" during readdir of "${folder}"`,
  notListed: (path: string) => `Can't ls: "${path}" not found`,
  tooManyToList: (path: string) => `Can't ls: Too many matches for "${path}"`,
  version: 'SFTP protocol version 3',
} as const;

/** Files of this machine. */
export const localMessages = {
  folder: (path: string) => `Local working directory: ${path}`,
  folderUnknown: (reason: string) => `Couldn't get local cwd: ${reason}`,
  notEntered: (path: string, reason: string) => `Couldn't change local directory to "${path}": ${reason}`,
  mkdirFailed: (path: string, reason: string) => `Couldn't create local directory "${path}": ${reason}`,
  mask: (mask: number) => `Local umask: ${mask.toString(8).padStart(3, '0')}`,
  shellFailed: (status: number) => `Shell exited with status ${status}`,
  shellKilled: 'Shell exited abnormally',
  notExecuted: (shell: string, reason: string) => `Couldn't execute "${shell}": ${reason}`,
} as const;

/** get and put. */
export const transferMessages = {
  notFound: (path: string) => `File "${path}" not found.`,
  tooMany: (path: string) => `Too many matches for "${path}".`,
  sourcesNeedFolder: (path: string) => `Multiple source paths, but destination "${path}" is not a directory`,
  pathsNeedFolder: (path: string) => `Multiple paths match, but destination "${path}" is not a directory`,
  fetching: (from: string, to: string) => `Fetching ${from} to ${to}`,
  uploading: (from: string, to: string) => `Uploading ${from} to ${to}`,
  resuming: (from: string, to: string) => `Resuming ${from} to ${to}`,
  resumingUpload: (from: string, to: string) => `Resuming upload of ${from} to ${to}`,
  retrieving: (folder: string) => `Retrieving ${folder}`,
  entering: (folder: string) => `Entering ${folder}`,
  statFailed: (path: string, reason: string) => `stat ${path}: ${reason}`,
  mkdirFailed: (path: string, reason: string) => `mkdir ${path}: ${reason}`,
  notFetched: (path: string) => `download ${path}: not a regular file`,
  notDownloaded: (path: string) => `download "${path}": not a regular file`,
  notRegular: (name: string) => `${name}: not a regular file`,
  localNotRegular: (path: string) => `local "${path}" is not a regular file`,
  existsNoFolder: (path: string) => `"${path}" exists but is not a directory`,
  unchanged: (path: string) => `File "${path}" was not modified`,
  localTooLarge: (path: string) => `Unable to resume download of "${path}": local file is larger than remote`,
  remoteTooLarge: (path: string) => `resume "${path}": destination file same size or larger`,
  /** `operation`: `remote open`, `local write`, … */
  failed: (operation: string, path: string, reason: string) => `${operation} "${path}": ${reason}`,
} as const;

export const progressMessages = {
  on: 'Progress meter enabled',
  off: 'Progress meter disabled',
} as const;

const helpRows: readonly (readonly [string, ...string[]])[] = [
  ['bye', 'Quit sftp'],
  ['cd path', "Change remote directory to 'path'"],
  ['chgrp [-h] grp path', "Change group of file 'path' to 'grp'"],
  ['chmod [-h] mode path', "Change permissions of file 'path' to 'mode'"],
  ['chown [-h] own path', "Change owner of file 'path' to 'own'"],
  ['copy oldpath newpath', 'Copy remote file'],
  ['cp oldpath newpath', 'Copy remote file'],
  ['df [-hi] [path]', 'Display statistics for current directory or', "filesystem containing 'path'"],
  ['exit', 'Quit sftp'],
  ['get [-afpR] remote [local]', 'Download file'],
  ['help', 'Display this help text'],
  ['lcd path', "Change local directory to 'path'"],
  ['lls [ls-options [path]]', 'Display local directory listing'],
  ['lmkdir path', 'Create local directory'],
  ['ln [-s] oldpath newpath', 'Link remote file (-s for symlink)'],
  ['lpwd', 'Print local working directory'],
  ['ls [-1afhlnrSt] [path]', 'Display remote directory listing'],
  ['lumask umask', "Set local umask to 'umask'"],
  ['mkdir path', 'Create remote directory'],
  ['progress', 'Toggle display of progress meter'],
  ['put [-afpR] local [remote]', 'Upload file'],
  ['pwd', 'Display remote working directory'],
  ['quit', 'Quit sftp'],
  ['reget [-fpR] remote [local]', 'Resume download file'],
  ['rename oldpath newpath', 'Rename remote file'],
  ['reput [-fpR] local [remote]', 'Resume upload file'],
  ['rm path', 'Delete remote file'],
  ['rmdir path', 'Remove remote directory'],
  ['symlink oldpath newpath', 'Symlink remote file'],
  ['version', 'Show SFTP version'],
  ['!command', "Execute 'command' in local shell"],
  ['!', 'Escape to local shell'],
  ['?', 'Synonym for help'],
];

export const help: readonly string[] = [
  'Available commands:',
  ...helpRows.flatMap(([command, ...lines]) =>
    lines.map((line, index) => `${(index === 0 ? command : '').padEnd(35)}${line}`),
  ),
];
