// What sftp-server says on its terminal, as OpenSSH 10.5 does, and of its descriptors. What it logs of requests is
// sallyport/sftp-server/log-lines.

export const usage = `usage: sftp-server [-ehR] [-d start_directory] [-f log_facility] [-l log_level]
	[-P denied_requests] [-p allowed_requests] [-u umask]
       sftp-server -Q protocol_feature
`;

export const messages = {
  badQuery: 'Invalid query type',
  cannotEnter: (folder: string, reason: string) => `chdir to "${folder}" failed: ${reason}`,
  badToken: (folder: string) => `unknown token in start directory "${folder}"`,
  readFailed: (reason: string) => `read: ${reason}`,
  writeFailed: (reason: string) => `write: ${reason}`,
} as const;
