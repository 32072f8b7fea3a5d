// An embeddable SSH library for Node and Bun: connect() and createServer(), and what they take and give. What programs
// share but an application does not need is reached by its module's path (driver/engine-driver).

export type { PrivateKey } from '@sallyport/protocol/keys/private-key';
export { AgentClient } from './agent/agent-client.ts';
export type { CallOptions } from './cancellation.ts';
export type { ByteSink } from './channel/byte-sink.ts';
export type { ByteSource } from './channel/byte-source.ts';
export type { Client, PtyOptions, RunOptions, SpawnOptions } from './client/client.ts';
export type { CommandResult, Exit } from './client/command-result.ts';
export { connect } from './client/connect.ts';
export type { ConnectOptions, HostbasedOptions } from './client/connect-options.ts';
export type { DialedStream } from './client/dialed-stream.ts';
export type { HostKeyOptions } from './client/host-key-policy.ts';
export type { RemoteProcess } from './client/remote-process.ts';
export { type MemoryStreamOptions, memoryStreams } from './driver/memory-stream.ts';
export {
  AbortedError,
  AuthenticationError,
  ChannelError,
  CommandError,
  ConnectionLostError,
  HostKeyError,
  KeyError,
  NegotiationError,
  ProtocolError,
  SshError,
  TimeoutError,
} from './errors.ts';
export type { CertifiedKey, Identity } from './keys/identity.ts';
export { generatePrivateKey, readPrivateKey } from './keys/private-keys.ts';
export type { CertificateAttempt, Decision, GrantedCertificate, LoginPolicy } from './server/policy.ts';
export type { Server } from './server/server.ts';
export { createServer } from './server/server.ts';
export type { ServerOptions } from './server/server-options.ts';
export type { ServerSession } from './server/server-session.ts';
export type { FileChanges, FileStatus, FileType, RemoteEntry } from './sftp/file-status.ts';
export type { LocalFiles } from './sftp/local-files.ts';
export type { RemoteFile } from './sftp/remote-file.ts';
export type { SftpClientOptions } from './sftp/sftp-calls.ts';
export { SftpClient } from './sftp/sftp-client.ts';
export { SftpError } from './sftp/sftp-error.ts';
export type {
  FileProgress,
  TransferHooks,
  TransferOptions,
  TransferProgress,
  TransferSummary,
} from './sftp/transfer/transfer-options.ts';
export type {
  DirectoryEntry,
  FollowOptions,
  OpenOptions,
  SftpDirectory,
  SftpFile,
  SftpFileSystem,
} from './sftp-server/file-system.ts';
export type { LocalFileSystem, LocalFileSystemOptions } from './sftp-server/local-file-system.ts';
export { localFileSystem } from './sftp-server/local-file-system.ts';
export { serveSftp } from './sftp-server/serve-sftp.ts';
export { sftpServer } from './sftp-server/sftp-server.ts';
export type { SftpServerOptions } from './sftp-server/sftp-session.ts';
