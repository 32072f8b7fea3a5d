// Every sentence of sshd that a user reads on a terminal. Log lines are in packages/protocol/src/log/stable-
// lines.ts.

export const messages = {
  usage:
    'usage: sshd [-46DdeGiqTtV] [-C connection_spec] [-c host_cert_file]\n' +
    '            [-E log_file] [-f config_file] [-g login_grace_time]\n' +
    '            [-h host_key_file] [-o option] [-p port] [-u len]\n',
  noHostKeys: 'sshd: no hostkeys available -- exiting.',
  cannotBind: 'Cannot bind any address.',
  /** What a client reads in place of an identification. */
  dropped: 'Not allowed at this time\r\n',
} as const;
