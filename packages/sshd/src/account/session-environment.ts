// The environment of a session's process: what sshd sets, what SetEnv and the key add, and what of the client's
// requests AcceptEnv lets through. Names that steer the runtimes this suite is made of never pass (facts:
// BUN_OPTIONS preloads code).

import { matchPatternList } from '@sallyport/protocol/wire/patterns';
import { steersRuntime } from '@sallyport/system/environment';
import type { Grant } from '../authentication/grant.ts';

const plainName = /^[^=\0]+$/;
const userPath = '/usr/local/bin:/usr/bin:/bin:/usr/games';
const rootPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Whether a variable that the client sends may be set: RFC 4254 section 6.4, AcceptEnv. */
export function acceptsVariable(grant: Grant, name: string, value: string): boolean {
  if (!plainName.test(name) || value.includes('\0') || steersRuntime(name)) return false;
  return grant.acceptEnvironment.some((pattern) => matchPatternList(name, pattern) === 'match');
}

export interface SessionFacts {
  readonly term?: string;
  readonly ttyPath?: string;
  readonly originalCommand?: string;
  readonly agentPath?: string;
  readonly factsPath?: string;
  /** What the client sent and AcceptEnv let through. */
  readonly accepted: ReadonlyMap<string, string>;
  readonly timeZone?: string;
}

/** The whole environment of the process. */
export function sessionEnvironment(grant: Grant, facts: SessionFacts): Record<string, string> {
  const { peer, local } = grant;
  const environment: Record<string, string> = { ...Object.fromEntries(facts.accepted) };
  Object.assign(environment, {
    USER: grant.user,
    LOGNAME: grant.user,
    HOME: grant.home,
    PATH: grant.uid === 0 ? rootPath : userPath,
    MAIL: `/var/mail/${grant.user}`,
    SHELL: grant.shell,
  });
  if (facts.timeZone !== undefined) environment['TZ'] = facts.timeZone;
  assignFirst(environment, grant.environment);
  assignFirst(environment, grant.setEnvironment);
  Object.assign(environment, {
    SSH_CLIENT: `${peer.address} ${peer.port} ${local.port}`,
    SSH_CONNECTION: `${peer.address} ${peer.port} ${local.address} ${local.port}`,
  });
  if (facts.ttyPath !== undefined) environment['SSH_TTY'] = facts.ttyPath;
  if (facts.term !== undefined) environment['TERM'] = facts.term;
  if (facts.factsPath !== undefined) environment['SSH_USER_AUTH'] = facts.factsPath;
  if (facts.agentPath !== undefined) environment['SSH_AUTH_SOCK'] = facts.agentPath;
  if (facts.originalCommand !== undefined) environment['SSH_ORIGINAL_COMMAND'] = facts.originalCommand;
  return environment;
}

/** Sets `NAME=VALUE` assignments, the first of a name winning. */
function assignFirst(environment: Record<string, string>, assignments: readonly string[]): void {
  const set = new Set<string>();
  for (const assignment of assignments) {
    const at = assignment.indexOf('=');
    const name = assignment.slice(0, at);
    if (at <= 0 || set.has(name) || steersRuntime(name)) continue;
    set.add(name);
    environment[name] = assignment.slice(at + 1);
  }
}
