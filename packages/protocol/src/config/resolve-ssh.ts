// Resolves the configuration of ssh (ssh_config(5)): command line, user's file, system's file, first value wins;
// Host and Match blocks; Include; a second, final pass when a block or canonicalisation asks for it. Pure: files,
// commands and networks are the owner's. Faults are collected as data; a fault ends the file it is in, and with it
// the reading.

import { matchPatternList } from '../wire/patterns.ts';
import type { ConfigError, ConfigNote, Problem } from './config-error.ts';
import { isProblem, lineErrors } from './config-error.ts';
import type { AlgorithmNames } from './keyword.ts';
import type { SshMatchSubject } from './match.ts';
import { matchHostLine, matchSsh } from './match.ts';
import type { Dialect, ParsedFile, Statement } from './parse.ts';
import { maximumIncludeDepth, maximumIncludedFiles, parseConfig, parseLine } from './parse.ts';
import type { TokenValues } from './percent.ts';
import { expand } from './percent.ts';
import type { SshOptions, SshSettings } from './ssh-keywords.ts';
import { commonTokens, sshKeywordIndex, sshKeywords } from './ssh-keywords.ts';
import { splitLine } from './words.ts';

export interface ConfigSource {
  readonly path: string;
  readonly text: string;
  /** Whether it is the user's own (or one of -F): `~` and relative names in Include are the user's then. */
  readonly isUsers: boolean;
}

/** What a reading asks of the program. */
export interface SshConfigOwner {
  /** The files that a pattern of Include means, in order; relative names as of `isUsers`. */
  readonly include: (pattern: string, from: { readonly isUsers: boolean }) => readonly Omit<ConfigSource, 'isUsers'>[];
  /** Runs a command of `Match exec`; whether it left with 0. */
  readonly exec: (command: string) => boolean;
  /** Whether an interface has an address in the list. */
  readonly localNetwork: (list: string) => boolean;
  readonly environment: (name: string) => string | undefined;
  /** Values of tokens for what is known so far. */
  readonly tokens: (known: KnownSoFar) => TokenValues;
}

/** What tokens can be made of in the middle of a reading. */
export interface KnownSoFar {
  readonly host: string;
  readonly originalHost: string;
  readonly port: number;
  readonly user: string;
  readonly settings: SshSettings;
}

export interface SshConfigInput {
  readonly owner: SshConfigOwner;
  readonly algorithms: AlgorithmNames;
  /** As on the command line. */
  readonly originalHost: string;
  readonly localUser: string;
  readonly command?: string;
  /** Our version as `Match version` sees it. */
  readonly version: string;
}

const dialect: Dialect = {
  index: sshKeywordIndex,
  program: 'ssh',
  showKeyword: (keyword) => keyword.toLowerCase(),
};

// Who of the two comes first wins over the other as well.
const rivals: Readonly<Record<string, keyof SshOptions>> = { ProxyCommand: 'ProxyJump', ProxyJump: 'ProxyCommand' };

interface Position {
  readonly isUsers: boolean;
  readonly depth: number;
  /** Blocks of an included file can only narrow what its parent's block allows. */
  readonly allowed: boolean;
}

/** Collects settings over one or two passes. */
export class SshConfigReading {
  readonly settings: SshSettings = {};
  readonly errors: ConfigError[] = [];
  readonly notes: ConfigNote[] = [];
  /** Whether a `Match final` (or canonicalisation) asked for a second pass. */
  wantsFinalPass = false;
  readonly #input: SshConfigInput;
  readonly #parsed = new Map<string, ParsedFile>();
  #final = false;
  #host: string;
  #includedFiles = 0;

  constructor(input: SshConfigInput) {
    this.#input = input;
    this.#host = input.originalHost;
  }

  /** A value from a flag; the first one wins, and repeatable keywords add. */
  set<Name extends keyof SshSettings & string>(name: Name, value: NonNullable<SshSettings[Name]>): void {
    const row = sshKeywords.find((entry) => entry.name === name);
    if (row !== undefined) this.#store({ kind: 'set', row, keyword: name, value, line: 0 }, 'command-line');
  }

  /** One `-o` option; `Host`, `Match` and `Include` are refused there. */
  readOption(text: string): void {
    const split = splitLine(text);
    if (split === undefined) return;
    const statement = { line: 0, ...parseLine(split, dialect, { algorithms: this.#input.algorithms }) } as Statement;
    if (statement.kind === 'host' || statement.kind === 'match' || statement.kind === 'include') {
      const problem = `Bad configuration option: ${dialect.showKeyword(split.keyword)}`;
      this.errors.push({ kind: 'bad-line', file: 'command-line', line: 0, problem });
      return;
    }
    this.#run({ path: 'command-line', statements: [statement] }, { isUsers: true, depth: 0, allowed: true });
  }

  /** Reads the files of one pass in order. `host`: the name as it is after the first pass. */
  readFiles(files: readonly ConfigSource[], pass: { readonly final: boolean; readonly host?: string }): void {
    this.#final = pass.final;
    if (pass.final) this.#settleCanonicalization();
    this.#host = pass.host ?? this.#host;
    this.#includedFiles = 0;
    for (const file of files) {
      if (this.errors.length > 0) return;
      this.#readFile(file, { isUsers: file.isUsers, depth: 0, allowed: true });
    }
  }

  // What canonicalisation went by in the first pass stays.
  #settleCanonicalization(): void {
    this.settings.CanonicalizeHostname ??= 'no';
    this.settings.CanonicalizeFallbackLocal ??= true;
    this.settings.CanonicalizeMaxDots ??= 1;
  }

  #readFile(source: { readonly path: string; readonly text: string }, position: Position): void {
    let parsed = this.#parsed.get(source.path);
    if (parsed === undefined) {
      parsed = parseConfig(source, dialect, { algorithms: this.#input.algorithms });
      this.#parsed.set(source.path, parsed);
    }
    const before = this.errors.length;
    this.#run(parsed, position);
    const own = this.errors.slice(before).filter(({ kind }) => kind === 'bad-line' || kind === 'bad-option').length;
    if (own > 0 && !this.errors.some(({ kind }) => kind === 'terminating')) {
      this.errors.push({ kind: 'terminating', file: source.path, line: 0, problem: `${own}` });
    }
  }

  #run(file: ParsedFile, position: Position): void {
    let active = position.allowed;
    for (const statement of file.statements) {
      if (statement.kind === 'host') {
        active = position.allowed && matchHostLine(statement.patterns, this.#host);
      } else if (statement.kind === 'match') {
        active = this.#matches(statement.criteria, position);
      } else if (statement.kind === 'include') {
        this.#include(statement, file.path, { ...position, allowed: active });
        if (this.errors.some(({ kind }) => kind === 'terminating' || kind === 'elsewhere')) return;
      } else {
        this.#obey(statement, file.path, active);
      }
    }
  }

  #obey(statement: Statement, path: string, active: boolean): void {
    const place = `${path} line ${statement.line}`;
    switch (statement.kind) {
      case 'set':
        if (active) this.#store(statement, path);
        return;
      case 'unknown':
        if (this.#isIgnored(statement.keyword)) return;
        this.errors.push({ kind: 'bad-option', file: path, line: statement.line, problem: statement.keyword });
        return;
      case 'faulty':
        this.#fault(statement.fault, path, statement.line);
        return;
      case 'deprecated':
        this.notes.push({ level: 'debug', text: `${place}: Deprecated option "${statement.keyword}"` });
        return;
      case 'unsupported':
        this.notes.push({ level: 'error', text: `${place}: Unsupported option "${statement.keyword}"` });
        return;
      default:
        this.notes.push({ level: 'debug', text: `${place}: Ignored option` });
    }
  }

  #isIgnored(keyword: string): boolean {
    const list = this.settings.IgnoreUnknown ?? '';
    return matchPatternList(keyword, list, { lowerCasePatterns: true }) === 'match';
  }

  #fault(fault: Problem, file: string, line: number): void {
    this.errors.push(...lineErrors(fault, file, line));
  }

  #store(statement: Extract<Statement, { kind: 'set' }>, path: string): void {
    const { row, value } = statement;
    const settings = this.settings as Record<string, unknown>;
    const rival = rivals[row.name];
    if (rival !== undefined && settings[rival] !== undefined) return;
    if (row.add === undefined) {
      settings[row.name] ??= value;
      return;
    }
    const joined: unknown = row.add({ soFar: settings[row.name] ?? [], next: value });
    if (isProblem(joined)) this.#fault(joined, path, statement.line);
    else settings[row.name] = joined;
  }

  #matches(criteria: Extract<Statement, { kind: 'match' }>['criteria'], position: Position): boolean {
    // Even where nothing can match, the wish for a second pass counts.
    if (criteria.some(({ name }) => name === 'final') && !this.#final) this.wantsFinalPass = true;
    return position.allowed && matchSsh(criteria, this.#subject());
  }

  #subject(): SshMatchSubject {
    const { owner, originalHost, localUser, version, command = '' } = this.#input;
    const known = this.#known();
    return {
      host: known.host,
      originalHost,
      user: known.user,
      localUser,
      tag: this.settings.Tag ?? '',
      command: this.settings.RemoteCommand ?? command,
      sessionType: this.#sessionType(command),
      version,
      final: this.#final,
      exec: (text) => {
        const expanded = expand(text, { tokens: { letters: commonTokens, values: owner.tokens(known) } });
        return !isProblem(expanded) && owner.exec(expanded);
      },
      localNetwork: owner.localNetwork,
    };
  }

  #sessionType(command: string): string {
    const type = this.settings.SessionType ?? 'default';
    if (type !== 'default') return type;
    return command === '' && this.settings.RemoteCommand === undefined ? 'shell' : 'exec';
  }

  #known(): KnownSoFar {
    const { originalHost, localUser } = this.#input;
    const { Hostname, Port = 22, User = localUser } = this.settings;
    const named =
      Hostname === undefined ? this.#host : expand(Hostname, { tokens: { letters: 'h', values: { h: this.#host } } });
    const host = isProblem(named) ? this.#host : named;
    return { host, originalHost, port: Port, user: User, settings: this.settings };
  }

  #include(statement: Extract<Statement, { kind: 'include' }>, path: string, position: Position): void {
    const { owner } = this.#input;
    for (const pattern of statement.patterns) {
      const expanded = expand(pattern, {
        tokens: { letters: commonTokens, values: owner.tokens(this.#known()) },
        environment: owner.environment,
      });
      if (isProblem(expanded)) {
        this.#fault({ problem: `Bad Include: ${expanded.problem}` }, path, statement.line);
      } else if (expanded.startsWith('~') && !position.isUsers) {
        this.#fault({ problem: `bad include path ${expanded}.` }, path, statement.line);
      } else {
        this.#includeFiles(owner.include(expanded, position), position);
      }
    }
  }

  #includeFiles(files: readonly Omit<ConfigSource, 'isUsers'>[], position: Position): void {
    for (const file of files) {
      this.#includedFiles++;
      if (position.depth >= maximumIncludeDepth || this.#includedFiles > maximumIncludedFiles) {
        const problem = 'Too many recursive configuration includes';
        this.errors.push({ kind: 'elsewhere', file: file.path, line: 0, problem });
      }
      if (this.errors.some(({ kind }) => kind === 'elsewhere' || kind === 'terminating')) return;
      this.#readFile(file, { ...position, depth: position.depth + 1 });
    }
  }
}
