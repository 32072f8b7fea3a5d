// Match lines of both files (ssh_config(5) and sshd_config(5), Match): the criteria as a table, their grammar
// (`name value` or `name=value`, `!` before a name negates), and what each is compared with. What needs the system
// (running a command, local networks, a user's groups) is asked of the caller.

import { matchAddressList, matchPattern, matchPatternList } from '../wire/patterns.ts';
import type { Problem } from './config-error.ts';
import { parsePort } from './quantities.ts';

interface CriterionRow {
  readonly name: string;
  readonly argument: 'none' | 'list' | 'addresses' | 'port' | 'command';
  readonly programs: readonly ('ssh' | 'sshd')[];
}

const criterionTable = [
  { name: 'all', argument: 'none', programs: ['ssh', 'sshd'] },
  { name: 'canonical', argument: 'none', programs: ['ssh'] },
  { name: 'final', argument: 'none', programs: ['ssh'] },
  { name: 'exec', argument: 'command', programs: ['ssh'] },
  { name: 'localnetwork', argument: 'addresses', programs: ['ssh'] },
  { name: 'host', argument: 'list', programs: ['ssh', 'sshd'] },
  { name: 'originalhost', argument: 'list', programs: ['ssh'] },
  { name: 'tagged', argument: 'list', programs: ['ssh'] },
  { name: 'command', argument: 'list', programs: ['ssh'] },
  { name: 'user', argument: 'list', programs: ['ssh', 'sshd'] },
  { name: 'localuser', argument: 'list', programs: ['ssh'] },
  { name: 'version', argument: 'list', programs: ['ssh', 'sshd'] },
  { name: 'sessiontype', argument: 'list', programs: ['ssh'] },
  { name: 'invalid-user', argument: 'none', programs: ['sshd'] },
  { name: 'group', argument: 'list', programs: ['sshd'] },
  { name: 'address', argument: 'addresses', programs: ['sshd'] },
  { name: 'localaddress', argument: 'addresses', programs: ['sshd'] },
  { name: 'localport', argument: 'port', programs: ['sshd'] },
  { name: 'rdomain', argument: 'list', programs: ['sshd'] },
] as const satisfies readonly CriterionRow[];

export type CriterionName = (typeof criterionTable)[number]['name'];

export interface MatchCriterion {
  readonly name: CriterionName;
  readonly negated: boolean;
  /** '' where there is none. */
  readonly argument: string;
}

// An empty argument means: no tag, no command.
const mayBeEmpty: readonly CriterionName[] = ['tagged', 'command'];

function bad(text: string, placed = false): Problem {
  return { problem: 'Bad Match condition', because: { text, placed } };
}

/** Reads the words after Match. */
export function parseCriteria(words: readonly string[], program: 'ssh' | 'sshd'): readonly MatchCriterion[] | Problem {
  // Only ssh negates whole criteria; sshd's patterns may.
  const grammar = program === 'ssh' ? /^(!?)([^=]*)(?:=(.*))?$/s : /^()([^=]*)(?:=(.*))?$/s;
  const criteria: MatchCriterion[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string;
    const [, mark, typed = '', assigned] = grammar.exec(word) ?? [];
    const entry = criterionTable.find(({ name, programs }) => {
      return name === typed.toLowerCase() && (programs as readonly string[]).includes(program);
    });
    if (word === '') return bad("Missing Match criteria for ''");
    if (entry === undefined) return bad(`Unsupported Match attribute ${typed}`);
    const needsArgument = entry.argument !== 'none';
    const argument = needsArgument ? (assigned ?? words[++at]) : '';
    if (argument === undefined || (needsArgument && argument === '' && !mayBeEmpty.includes(entry.name))) {
      return bad(`Missing Match criteria for ${typed}`);
    }
    const complaint = checkArgument(entry, argument);
    if (complaint !== undefined) return bad(complaint);
    criteria.push({ name: entry.name, negated: mark === '!', argument });
  }
  return criteria.length === 0 ? bad('One or more attributes required for Match') : checkAll(criteria);
}

function checkArgument(entry: CriterionRow, argument: string): string | undefined {
  if (entry.argument === 'addresses' && matchAddressList(undefined, argument) === 'invalid') {
    return `Invalid Match address argument '${argument}'`;
  }
  if (entry.argument === 'port' && !parsePort(argument)) return `Invalid LocalPort '${argument}' on Match line`;
  return undefined;
}

// `all` stands alone, or last after canonical or final.
function checkAll(criteria: readonly MatchCriterion[]): readonly MatchCriterion[] | Problem {
  const at = criteria.findIndex(({ name }) => name === 'all');
  if (at < 0) return criteria;
  const passes = criteria.slice(0, at).every(({ name }) => name === 'canonical' || name === 'final');
  const alone = at === criteria.length - 1 && at <= 1 && passes && criteria[at]?.negated === false;
  return alone ? criteria : bad("'all' cannot be combined with other Match attributes", true);
}

/** What ssh compares with. */
export interface SshMatchSubject {
  readonly host: string;
  readonly originalHost: string;
  readonly user: string;
  readonly localUser: string;
  readonly tag: string;
  readonly command: string;
  readonly sessionType: string;
  readonly version: string;
  /** Whether this is the second reading of the files. */
  readonly final: boolean;
  /** Runs a command, tokens not yet replaced; whether it left with 0. */
  readonly exec: (command: string) => boolean;
  readonly localNetwork: (list: string) => boolean;
}

/** Whether an ssh_config Match line applies; a command is run only if all criteria before it do. */
export function matchSsh(criteria: readonly MatchCriterion[], subject: SshMatchSubject): boolean {
  return criteria.every((criterion) => meetsSsh(criterion, subject) !== criterion.negated);
}

function fits(text: string, list: string): boolean {
  return matchPatternList(text, list) === 'match';
}

function fitsHost(host: string, list: string): boolean {
  return matchPatternList(host.toLowerCase(), list, { lowerCasePatterns: true }) === 'match';
}

function meetsSsh({ name, argument }: MatchCriterion, subject: SshMatchSubject): boolean {
  switch (name) {
    case 'canonical':
    case 'final':
      return subject.final;
    case 'exec':
      return subject.exec(argument);
    case 'localnetwork':
      return subject.localNetwork(argument);
    case 'host':
      return fitsHost(subject.host, argument);
    case 'originalhost':
      return fitsHost(subject.originalHost, argument);
    case 'tagged':
      return fits(subject.tag, argument);
    case 'command':
      return fits(subject.command, argument);
    case 'user':
      return fits(subject.user, argument);
    case 'localuser':
      return fits(subject.localUser, argument);
    case 'version':
      return fits(subject.version, argument);
    case 'sessiontype':
      return fits(subject.sessionType, argument);
    default:
      return name === 'all';
  }
}

/** What sshd compares with; what is missing matches nothing, negated or not. */
export interface SshdMatchSubject {
  readonly user?: string;
  /** Whether there is no such account. */
  readonly invalidUser?: boolean;
  /** Names of the user's groups. */
  readonly groups?: readonly string[];
  readonly host?: string;
  readonly address?: string;
  readonly localAddress?: string;
  readonly localPort?: number;
  readonly routingDomain?: string;
  readonly version?: string;
}

/** Whether an sshd_config Match line applies to a connection. */
export function matchSshd(criteria: readonly MatchCriterion[], subject: SshdMatchSubject): boolean {
  return criteria.every((criterion) => {
    const met = meetsSshd(criterion, subject);
    return met !== undefined && met !== criterion.negated;
  });
}

function meetsSshd({ name, argument }: MatchCriterion, subject: SshdMatchSubject): boolean | undefined {
  switch (name) {
    case 'invalid-user':
      return subject.invalidUser === true;
    case 'user':
      return known(subject.user, (user) => fits(user, argument));
    case 'group':
      return known(subject.groups, (groups) => memberOf(groups, argument));
    case 'host':
      return known(subject.host, (host) => fitsHost(host, argument));
    case 'address':
      return known(subject.address, (address) => matchAddressList(address, argument) === 'match');
    case 'localaddress':
      return known(subject.localAddress, (address) => matchAddressList(address, argument) === 'match');
    case 'localport':
      return known(subject.localPort, (port) => port === parsePort(argument));
    case 'rdomain':
      return known(subject.routingDomain, (domain) => fits(domain, argument));
    case 'version':
      return known(subject.version, (version) => fits(version, argument));
    default:
      return name === 'all';
  }
}

function known<T>(value: T | undefined, test: (value: T) => boolean): boolean | undefined {
  return value === undefined ? undefined : test(value);
}

function memberOf(groups: readonly string[], list: string): boolean {
  const verdicts = groups.map((group) => matchPatternList(group, list));
  return !verdicts.includes('negated') && verdicts.includes('match');
}

/** Whether a Host line of ssh_config applies: a pattern matches and no negated one does. */
export function matchHostLine(patterns: readonly string[], host: string): boolean {
  const negations = patterns.filter((pattern) => pattern.startsWith('!'));
  if (negations.some((pattern) => matchPattern(host, pattern.slice(1)))) return false;
  return patterns.some((pattern) => !pattern.startsWith('!') && matchPattern(host, pattern));
}
