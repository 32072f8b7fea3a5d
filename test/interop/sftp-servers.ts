// SFTP servers of other makers, for clients of ours: each lets in whoever has a key of the file that it is given. All
// of them serve every file of whoever runs the test.

import type { PeerName } from '@sallyport/testing';
import { peer, startAndReadPort, startDropbear } from './peer-servers.ts';

export interface SftpServerPlace {
  readonly port: number;
  readonly user: string;
  end(): Promise<void>;
}

interface Keys {
  readonly hostKey: string;
  readonly authorizedKeys: string;
}

export interface SftpServerRow {
  readonly title: string;
  readonly needs: readonly PeerName[];
  /** Whether it stands a re-key while data flows. */
  readonly rekeys: boolean;
  readonly start: (keys: Keys) => Promise<SftpServerPlace>;
}

const python = '/usr/bin/python3';
export const sftpServers: readonly SftpServerRow[] = [
  {
    title: 'dropbear',
    needs: ['dropbear', 'root', 'openssh-sftp-server'],
    rekeys: true,
    start: startDropbear,
  },
  {
    title: 'asyncssh',
    needs: ['asyncssh'],
    rekeys: false,
    start: ({ hostKey, authorizedKeys }) =>
      startAndReadPort(python, peer('asyncssh_sftp_server.py'), hostKey, authorizedKeys),
  },
  {
    title: 'paramiko',
    needs: ['paramiko'],
    rekeys: true,
    start: ({ hostKey, authorizedKeys }) =>
      startAndReadPort(python, peer('paramiko_sftp_server.py'), hostKey, authorizedKeys),
  },
  {
    title: 'npm ssh2',
    needs: ['ssh2'],
    rekeys: true,
    start: ({ hostKey, authorizedKeys }) =>
      startAndReadPort(process.execPath, peer('ssh2-sftp-server.mjs'), hostKey, authorizedKeys),
  },
];
