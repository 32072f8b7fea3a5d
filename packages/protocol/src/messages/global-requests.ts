// Names and tails of GLOBAL_REQUEST: RFC 4254 section 7.1, PROTOCOL section 2.5 (hostkeys).
// The head that they share is in connection.ts.

import { text, uint32 } from '../codec/fields.ts';
import { struct } from '../codec/struct.ts';

export const tcpipForwardFields = struct({ address: text, port: uint32 });
export const tcpipForwardReplyFields = struct({ port: uint32 });

export const globalRequestNames = {
  keepalive: 'keepalive@openssh.com',
  noMoreSessions: 'no-more-sessions@openssh.com',
  hostKeys: 'hostkeys-00@openssh.com',
  hostKeysProve: 'hostkeys-prove-00@openssh.com',
  tcpipForward: 'tcpip-forward',
  cancelTcpipForward: 'cancel-tcpip-forward',
} as const;
