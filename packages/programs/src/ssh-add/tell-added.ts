// Tells the user that the agent has taken a key, and what it was told about it: how long it stays, and whether it asks
// before each use.

import type { AgentConstraints } from '@sallyport/protocol/agent/constraints';
import { type AddContext, sayError } from './context.ts';
import { messages } from './messages.ts';

export function tellAdded({ options }: AddContext, line: string, { lifetimeSeconds, confirm }: AgentConstraints): void {
  if (options.quiet) return;
  sayError(line);
  if (lifetimeSeconds !== undefined) sayError(messages.lifetimeSet(lifetimeSeconds));
  if (confirm === true) sayError(messages.mustConfirm);
}
