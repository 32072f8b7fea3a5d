// The commands of sftp (sftp(1), INTERACTIVE COMMANDS), one row each: what it is called, which of our commands that
// is, and where its arguments are files of, for completion. Other rows of the same command are other names of it.

/** Where the files of an argument are. */
export type ArgumentPlace = 'remote' | 'local' | 'none';

interface CommandRow {
  readonly name: string;
  readonly command: string;
  /** Of the first and the second argument. */
  readonly places: readonly [ArgumentPlace, ArgumentPlace];
}

const none = ['none', 'none'] as const;
const remote = ['remote', 'none'] as const;
const local = ['local', 'none'] as const;
const remotes = ['remote', 'remote'] as const;
const down = ['remote', 'local'] as const;
const up = ['local', 'remote'] as const;
/** The first argument is a number. */
const change = ['none', 'remote'] as const;

export const commandTable = [
  { name: 'bye', command: 'quit', places: none },
  { name: 'cd', command: 'cd', places: remote },
  { name: 'chdir', command: 'cd', places: remote },
  { name: 'chgrp', command: 'chgrp', places: change },
  { name: 'chmod', command: 'chmod', places: change },
  { name: 'chown', command: 'chown', places: change },
  { name: 'copy', command: 'copy', places: remotes },
  { name: 'cp', command: 'copy', places: remotes },
  { name: 'df', command: 'df', places: remote },
  { name: 'dir', command: 'ls', places: remote },
  { name: 'exit', command: 'quit', places: none },
  { name: 'get', command: 'get', places: down },
  { name: 'help', command: 'help', places: none },
  { name: 'lcd', command: 'lcd', places: local },
  { name: 'lchdir', command: 'lcd', places: local },
  { name: 'lls', command: 'lls', places: local },
  { name: 'lmkdir', command: 'lmkdir', places: local },
  { name: 'ln', command: 'ln', places: remotes },
  { name: 'lpwd', command: 'lpwd', places: none },
  { name: 'ls', command: 'ls', places: remote },
  { name: 'lumask', command: 'lumask', places: none },
  { name: 'mkdir', command: 'mkdir', places: remote },
  { name: 'mget', command: 'get', places: down },
  { name: 'mput', command: 'put', places: up },
  { name: 'progress', command: 'progress', places: none },
  { name: 'put', command: 'put', places: up },
  { name: 'pwd', command: 'pwd', places: none },
  { name: 'quit', command: 'quit', places: none },
  { name: 'reget', command: 'reget', places: down },
  { name: 'rename', command: 'rename', places: remotes },
  { name: 'reput', command: 'reput', places: up },
  { name: 'rm', command: 'rm', places: remote },
  { name: 'rmdir', command: 'rmdir', places: remote },
  { name: 'symlink', command: 'symlink', places: remotes },
  { name: 'version', command: 'version', places: none },
  { name: '!', command: 'shell', places: none },
  { name: '?', command: 'help', places: none },
] as const satisfies readonly CommandRow[];

export type CommandName = (typeof commandTable)[number]['command'];

/** The row of a name, in whatever case it is typed. */
export function commandRow(name: string): (typeof commandTable)[number] | undefined {
  const wanted = name.toLowerCase();
  return commandTable.find((row) => row.name === wanted);
}
