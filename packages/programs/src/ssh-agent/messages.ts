// Everything that ssh-agent says, in the words of OpenSSH 10.5. Lines are without their ends; what is printed for a
// shell to run is quoted where the shell needs it.

export const usage = `usage: ssh-agent [-c | -s] [-DdTU] [-a bind_address] [-E fingerprint_hash]
                 [-O option] [-P allowed_providers] [-t life]
       ssh-agent [-TU] [-a bind_address] [-E fingerprint_hash] [-O option]
                 [-P allowed_providers] [-t life] command [arg ...]
       ssh-agent [-c | -s] -k
       ssh-agent -u
       ssh-agent -V
`;

export const messages = {
  badLifetime: 'Invalid lifetime',
  unknownOption: 'Unknown -O option',
  twice: (letter: string) => `-${letter} option already specified`,
  noPid: 'SSH_AGENT_PID not set, cannot kill agent',
  badPid: (text: string, problem: string) => `SSH_AGENT_PID="${text}", which is not a good PID: ${problem}`,
  killFailed: (reason: string) => `kill: ${reason}`,
  noHome: "Couldn't determine home directory",
  cannotBind: (path: string, reason: string) => `unix_listener: cannot bind to path ${path}: ${reason}`,
  cannotMakeSocket: (reason: string) => `Unable to create the agent's socket: ${reason}`,
  cannotStart: (reason: string) => `Unable to start the agent: ${reason}`,
  commandFailed: (command: string, reason: string) => `${command}: ${reason}`,
  staleRemoved: (path: string) => `cleaned up stale socket ${path}`,
  foreignUser: (peer: number, own: number) => `uid mismatch: peer euid ${peer} != uid ${own}`,
  tokenFailed: (reason: string) => `token: ${reason}`,
  providerRefused: (path: string) => `provider ${path} is not allowed`,
  tooManyClients: 'too many clients',
} as const;

export type Shell = 'sh' | 'csh';

function quote(text: string): string {
  return /^[A-Za-z0-9_./:@%+,=~-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function setVariable(shell: Shell, name: string, value: string): string {
  return shell === 'csh' ? `setenv ${name} ${quote(value)};\n` : `${name}=${quote(value)}; export ${name};\n`;
}

function unsetVariable(shell: Shell, name: string): string {
  return shell === 'csh' ? `unsetenv ${name};\n` : `unset ${name};\n`;
}

/** What a shell runs to find the agent. In the foreground the agent's process id is for reading only. */
export function environmentScript(shell: Shell, agent: { path: string; pid: number; inForeground: boolean }): string {
  const pid = agent.inForeground ? '' : setVariable(shell, 'SSH_AGENT_PID', `${agent.pid}`);
  return `${setVariable(shell, 'SSH_AUTH_SOCK', agent.path)}${pid}echo Agent pid ${agent.pid};\n`;
}

export function killedScript(shell: Shell, pid: number): string {
  const unset = ['SSH_AUTH_SOCK', 'SSH_AGENT_PID'].map((name) => unsetVariable(shell, name)).join('');
  return `${unset}echo Agent pid ${pid} killed;\n`;
}

export interface UseOfKey {
  readonly comment: string;
  readonly fingerprint: string;
  readonly login?: { readonly user: string; readonly fromHost: string | undefined; readonly toHost: string };
}

/** The question before a key signs. */
export function confirmationQuestion({ comment, fingerprint, login }: UseOfKey): string {
  const question = `Allow use of key ${comment}?\nKey fingerprint ${fingerprint}.`;
  if (login === undefined) return question;
  const via = login.fromHost === undefined ? '' : ` via ${login.fromHost}`;
  return `${question}\npublic key authentication request for user "${login.user}" to host ${login.toHost}${via}`;
}
