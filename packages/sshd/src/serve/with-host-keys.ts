// The host keys of a configuration, with their certificates and the agent that stands in for private keys. sshd serves
// nobody without one.

import { loadHostCertificates } from '../listener/load-host-certificates.ts';
import { loadHostKeys } from '../listener/load-host-keys.ts';
import { messages } from '../messages.ts';
import type { ServeOptions } from './serve-options.ts';

/** undefined when there is no key, which has been said. */
export function withHostKeys(
  options: Omit<ServeOptions, 'hostKeys'>,
  complain: (sentence: string) => void,
): ServeOptions | undefined {
  const { config, crypto } = options;
  const { HostKey, HostCertificate, HostKeyAgent, SecurityKeyProvider } = config.globalOptions();
  const isOptional = !config.mentioned.some(({ name }) => name === 'HostKey');
  const agent = HostKeyAgent === 'SSH_AUTH_SOCK' ? process.env['SSH_AUTH_SOCK'] : HostKeyAgent;
  const hasAgent = agent !== undefined && agent !== 'none';
  const { keys, problems } = loadHostKeys(crypto, { files: HostKey, isOptional, hasAgent });
  const publicKeys = keys.map(({ publicKey }) => publicKey);
  const loaded = loadHostCertificates(HostCertificate, publicKeys);
  for (const problem of [...problems, ...loaded.problems]) complain(problem);
  const hostKeys = {
    keys,
    certificates: loaded.certificates,
    agent: hasAgent ? agent : undefined,
    securityKeyProvider: SecurityKeyProvider,
  };
  if (keys.length > 0) return { ...options, hostKeys };
  complain(messages.noHostKeys);
  return undefined;
}
