// The programs of the executable, one row each: the name it is called by, and the module that holds its `main`.
// A module is loaded when its program is chosen and not before: start-up time is the reason for the executable.
// Order is the order in which usage and the documentation list them.

/** Runs one program; resolves to its exit status when everything it wrote has been handed to the system. */
export type Main = (argv: readonly string[]) => Promise<number>;

type Program = () => Promise<{ readonly main: Main }>;

export const programs: Readonly<Record<string, Program>> = {
  ssh: () => import('@sallyport/programs/ssh/main'),
  'sftp-server': () => import('@sallyport/programs/sftp-server/main'),
  scp: () => import('@sallyport/programs/scp/main'),
  sftp: () => import('@sallyport/programs/sftp/main'),
  'ssh-keygen': () => import('@sallyport/programs/ssh-keygen/main'),
  'ssh-keygen-moduli': () => import('@sallyport/programs/ssh-keygen-moduli/main'),
  'ssh-copy-id': () => import('@sallyport/programs/ssh-copy-id/main'),
  'ssh-keyscan': () => import('@sallyport/programs/ssh-keyscan/main'),
  'ssh-pkcs11-helper': () => import('@sallyport/programs/ssh-pkcs11-helper/main'),
  'ssh-add': () => import('@sallyport/programs/ssh-add/main'),
  'ssh-agent': () => import('@sallyport/programs/ssh-agent/main'),
  'ssh-agent-server': () => import('@sallyport/programs/ssh-agent/server-main'),
  'ssh-keysign': () => import('@sallyport/programs/ssh-keysign/main'),
  'ssh-keysign-request': () => import('@sallyport/programs/ssh-keysign/request-main'),
  'ssh-sk-helper': () => import('@sallyport/programs/ssh-sk-helper/main'),
  sshd: () => import('@sallyport/sshd/main'),
  'sshd-auth': () => import('@sallyport/sshd/auth/main'),
  'sshd-session': () => import('@sallyport/sshd/account/main'),
  'sshd-command': () => import('@sallyport/sshd/keys/command-main'),
  'sshd-keys': () => import('@sallyport/sshd/keys/main'),
  'sshd-password': () => import('@sallyport/sshd/authentication/password-helper'),
};
