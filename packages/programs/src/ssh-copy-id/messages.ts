// Every sentence of ssh-copy-id, in the words of the program of OpenSSH 10.5. Lines are without their ends unless they
// stand in a block.

export const programName = 'ssh-copy-id';

const synopsis = [
  `Usage: ${programName} [-h|-?|-f|-n|-s|-x] [-i [identity_file]] [-t target_path] [-p port]`,
  '[-F ssh_config] [[-o ssh_option] ...] [user@]hostname',
].join(' ');

export const usage = `${synopsis}
\t-f: force mode -- copy keys without trying to check if they are already installed
\t-n: dry run    -- no keys are actually copied
\t-s: use sftp   -- use sftp instead of executing remote-commands. Can be useful if the remote only allows sftp
\t-t: target path -- where the keys go at the remote, instead of .ssh/authorized_keys
\t-x: debug      -- tell what the connections do
\t-h|-?: print this help
`;

export const messages = {
  source: (path: string) => `INFO: Source of key(s) to be installed: "${path}"`,
  trying: 'INFO: attempting to log in with the new key(s), to filter out any that are already installed',
  remaining: (count: number) =>
    `INFO: ${count} key(s) remain to be installed -- if you are prompted now it is to install the new keys`,
  onlyOneFile: 'ERROR: -i option must not be specified more than once',
  tooMany: (given: string) => `ERROR: Too many arguments.  Expecting a target hostname, got: ${given}`,
  noFile: 'ERROR: no ID file found',
  notOpened: (path: string, reason: string) => `ERROR: failed to open ID file '${path}': ${reason}`,
  notOpenedPrivate: (path: string, reason: string, publicPath: string) =>
    `${messages.notOpened(path, reason)}\n\t(to install the contents of '${publicPath}' anyway, look at the -f option)`,
  noPublicKey: (path: string) => `ERROR: '${path}' holds no public key`,
  noIdentities: 'ERROR: No identities found',
  trialFailed: (line: string) => `ERROR: ${line}`,
  notInstalled: (path: string, reason?: string) =>
    `ERROR: ${path} is as it was${reason === undefined ? '' : `: ${reason}`}`,
  tooLarge: (path: string) => `${path} is too large to be the file of a user's keys`,
} as const;

export const allInstalled = `
${programName}: WARNING: All keys were skipped because they already exist on the remote system.
\t\t(if you think this is a mistake, you may want to use -f option)

`;

export const dryRun = (keys: string): string => `=-=-=-=-=-=-=-=
Would have added the following key(s):

${keys}
=-=-=-=-=-=-=-=
`;

export const added = (count: number, command: string): string => `
Number of key(s) added: ${count}

Now try logging into the machine, with:   "${command}"
and check to make sure that only the key(s) you wanted were added.

`;
