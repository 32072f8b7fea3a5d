// Fills in what no line has set: the defaults of the tables, the algorithm lists (edited defaults), and the few values
// that follow from others (ssh_config(5) and sshd_config(5), the defaults named there).

import { usableAlgorithms } from './algorithm-list.ts';
import type { AlgorithmFamily, AlgorithmNames, AnyRow } from './keyword.ts';
import type { SshOptions, SshSettings } from './ssh-keywords.ts';
import { sshKeywords } from './ssh-keywords.ts';
import type { SshdOptions, SshdSettings } from './sshd-keywords.ts';
import { sshdKeywords } from './sshd-keywords.ts';

/** Private key files that ssh tries when none is named; each may have a certificate beside it. */
export const defaultIdentityFiles: readonly string[] = [
  'id_rsa',
  'id_ecdsa',
  'id_ecdsa_sk',
  'id_ed25519',
  'id_ed25519_sk',
  'id_mldsa44_ed25519',
].map((name) => `~/.ssh/${name}`);

/** Host key files of sshd when none is named; those that exist are used. */
export const defaultHostKeyFiles: readonly string[] = ['rsa', 'ecdsa', 'ed25519', 'mldsa44_ed25519'].map(
  (type) => `/etc/ssh/ssh_host_${type}_key`,
);

// Which keyword edits which list.
const algorithmKeywords: Readonly<Record<string, AlgorithmFamily>> = {
  Ciphers: 'ciphers',
  MACs: 'macs',
  KexAlgorithms: 'keyExchanges',
  HostKeyAlgorithms: 'signatures',
  HostbasedAcceptedAlgorithms: 'signatures',
  PubkeyAcceptedAlgorithms: 'signatures',
  CASignatureAlgorithms: 'caSignatures',
};

function complete(
  table: readonly AnyRow[],
  settings: Readonly<Record<string, unknown>>,
  algorithms: AlgorithmNames,
): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  for (const { name, default: fallback } of table) {
    const family = algorithmKeywords[name];
    const value: unknown = settings[name] ?? (fallback as unknown);
    options[name] = family === undefined ? value : editedList(value, algorithms[family]);
  }
  return options;
}

function editedList(spec: unknown, names: AlgorithmNames[AlgorithmFamily]): string {
  return (typeof spec === 'string' ? usableAlgorithms(spec, names) : names.defaults).join(',');
}

// What ClearAllForwardings undoes.
const noForwardings = { LocalForward: [], RemoteForward: [], DynamicForward: [], Tunnel: 'no' } as const;

/** The options of ssh from what was set. Algorithm keywords hold the whole list then. */
export function completeSshOptions(settings: SshSettings, algorithms: AlgorithmNames): SshOptions {
  const options = complete(sshKeywords, settings, algorithms) as SshOptions;
  const knownHostsAsUsual = settings.UserKnownHostsFile === undefined && options.VerifyHostKeyDNS === 'no';
  return {
    ...options,
    ...(options.ClearAllForwardings ? noForwardings : {}),
    UpdateHostKeys: settings.UpdateHostKeys ?? (knownHostsAsUsual ? 'yes' : 'no'),
    IdentityFile: settings.IdentityFile ?? defaultIdentityFiles,
  };
}

/** The options of sshd from what was set. Algorithm keywords hold the whole list then; Port has at least one. */
export function completeSshdOptions(settings: SshdSettings, algorithms: AlgorithmNames): SshdOptions {
  const options = complete(sshdKeywords, settings, algorithms) as SshdOptions;
  return {
    ...options,
    Port: options.Port.length > 0 ? options.Port : [22],
    HostKey: options.HostKey.length > 0 ? options.HostKey : defaultHostKeyFiles,
  };
}
