// What the data of a certificate's options looks like (PROTOCOL.certkeys): nothing for those that are there or not, a
// string for others. Which extension permits what is a table.

import { Writer } from '../wire/writer.ts';
import type { CertificateOption } from './certificate.ts';
import type { KeyPermissions } from './formats/key-options.ts';

/** What extensions permit; tunnels have none. */
export type CertifiedPermission = Exclude<keyof KeyPermissions, 'tunnel'>;

export const permissionExtensions = {
  x11Forwarding: 'permit-X11-forwarding',
  agentForwarding: 'permit-agent-forwarding',
  portForwarding: 'permit-port-forwarding',
  pty: 'permit-pty',
  userRc: 'permit-user-rc',
} as const satisfies Readonly<Record<CertifiedPermission, string>>;

export const certifiedPermissions = Object.keys(permissionExtensions) as readonly CertifiedPermission[];

/** An option with a string, or one that is only there. */
export function encodeCertificateOption(name: string, value?: string): CertificateOption {
  return { name, data: value === undefined ? new Uint8Array(0) : new Writer().string(value).bytes() };
}
