// Which agent is asked (ssh_config(5), IdentityAgent): the one of the environment, another socket, one that a variable
// names, or none.

/** The socket of the agent to ask; undefined for none. */
export function agentSocket(
  identityAgent: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const fromEnvironment = (name: string): string | undefined => environment[name] || undefined;
  if (identityAgent === undefined || identityAgent === 'SSH_AUTH_SOCK') return fromEnvironment('SSH_AUTH_SOCK');
  if (identityAgent.toLowerCase() === 'none') return undefined;
  return identityAgent.startsWith('$') ? fromEnvironment(identityAgent.slice(1)) : identityAgent;
}
