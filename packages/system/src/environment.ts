// Environment variables that steer the runtime: a Bun executable runs what BUN_OPTIONS or BUN_BE_BUN say, Node what
// NODE_OPTIONS says, and neither can be told not to. They are never taken from a peer and never handed to a child, and
// neither are those by which processes of this suite find each other.

const prefixes = ['BUN_', 'NODE_', 'JSC_', 'MIMALLOC_', 'UV_', 'SALLYPORT_'];

/** Whether a variable of this name changes what a process of ours does when it starts. */
export function steersRuntime(name: string): boolean {
  return prefixes.some((prefix) => name.startsWith(prefix));
}

/** The variables that are set and do not steer the runtime. */
export function withoutRuntimeVariables(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) if (value !== undefined && !steersRuntime(name)) kept[name] = value;
  return kept;
}
