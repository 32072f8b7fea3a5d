// Resolves the configuration of sshd (sshd_config(5)): the file is parsed once, with all it includes, and then asked
// for the global options and, for each connection, for what its Match blocks change. In both the first value wins; a
// value of a matching block replaces the global one. Pure: the files are the owner's.

import type { ConfigError, ConfigNote } from './config-error.ts';
import { isProblem, lineErrors } from './config-error.ts';
import { completeSshdOptions } from './defaults.ts';
import type { AlgorithmNames, ReadingContext } from './keyword.ts';
import type { MatchCriterion, SshdMatchSubject } from './match.ts';
import { matchSshd } from './match.ts';
import type { Dialect, Statement } from './parse.ts';
import { maximumIncludeDepth, maximumIncludedFiles, parseConfig, parseLine } from './parse.ts';
import type { SshdOptions, SshdSettings } from './sshd-keywords.ts';
import { sshdKeywordIndex } from './sshd-keywords.ts';
import { splitLine } from './words.ts';

export interface SshdConfigInput {
  /** The files that a pattern of Include means, in order. */
  readonly include: (pattern: string) => readonly { readonly path: string; readonly text: string }[];
  readonly algorithms: AlgorithmNames;
  /** Relative names of key files and the like are made absolute with it. */
  readonly workingFolder: string;
}

const dialect: Dialect = { index: sshdKeywordIndex, program: 'sshd', showKeyword: (keyword) => keyword };

type SetStatement = Extract<Statement, { kind: 'set' }>;

// One setting with the Match lines around it, outermost first; none: global.
interface PlacedSetting {
  readonly setting: SetStatement;
  readonly conditions: readonly (readonly MatchCriterion[])[];
}

interface Position {
  readonly conditions: readonly (readonly MatchCriterion[])[];
  readonly depth: number;
}

/** A parsed configuration of sshd, with its faults. */
export class SshdConfig {
  readonly errors: ConfigError[] = [];
  readonly notes: ConfigNote[] = [];
  readonly #input: SshdConfigInput;
  readonly #context: ReadingContext;
  readonly #commandLine: PlacedSetting[] = [];
  readonly #settings: PlacedSetting[] = [];
  #includedFiles = 0;
  #hasFixedPorts = false;

  constructor(input: SshdConfigInput) {
    this.#input = input;
    this.#context = { algorithms: input.algorithms, workingFolder: input.workingFolder };
  }

  /** A port of -p; it stands for those of every line that is read after it. */
  fixPort(port: number): void {
    this.#hasFixedPorts = false;
    this.readOption(`Port ${port}`);
    this.#hasFixedPorts = true;
  }

  /** One option of the command line (`-o`, or -h and the like as such a line); these come before all files. */
  readOption(text: string): void {
    const split = splitLine(text);
    if (split === undefined) return;
    const statement = { line: 0, ...parseLine(split, dialect, this.#context) } as Statement;
    if (statement.kind === 'match' || statement.kind === 'include') {
      const problem = `Bad configuration option: ${split.keyword}`;
      this.errors.push({ kind: 'bad-line', file: 'command-line', line: 0, problem });
      return;
    }
    this.#run({ path: 'command-line', statements: [statement] }, { into: this.#commandLine, depth: 0, conditions: [] });
  }

  /** Reads the configuration file and all that it includes. */
  readFile(source: { readonly path: string; readonly text: string }): void {
    this.#readFile(source, { depth: 0, conditions: [] });
  }

  /** Options as they are without a connection; only `Match all` applies. */
  globalOptions(): SshdOptions {
    return completeSshdOptions(this.#globalSettings(), this.#input.algorithms);
  }

  /** Options as they are for one connection. */
  optionsFor(subject: SshdMatchSubject): SshdOptions {
    const matched: SshdSettings = {};
    for (const { setting, conditions } of this.#settings) {
      const applies = conditions.length > 0 && conditions.every((criteria) => matchSshd(criteria, subject));
      if (applies) store(matched, setting);
    }
    return completeSshdOptions({ ...this.#globalSettings(), ...matched }, this.#input.algorithms);
  }

  /** Keywords that have lines of their own anywhere, for programs that must refuse what they do not enforce. */
  get mentioned(): readonly { readonly name: string; readonly value: unknown }[] {
    return [...this.#commandLine, ...this.#settings].map(({ setting }) => ({
      name: setting.row.name,
      value: setting.value,
    }));
  }

  #globalSettings(): SshdSettings {
    const settings: SshdSettings = {};
    for (const { setting } of this.#commandLine) store(settings, setting);
    for (const { setting, conditions } of this.#settings) {
      if (conditions.every(isMatchAll)) store(settings, setting);
    }
    return settings;
  }

  #readFile(source: { readonly path: string; readonly text: string }, position: Position): void {
    const before = this.errors.length;
    this.#run(parseConfig(source, dialect, this.#context), { ...position, into: this.#settings });
    const added = this.errors.slice(before);
    const own = added.filter(
      ({ kind, file }) => (kind === 'bad-line' || kind === 'bad-option') && file === source.path,
    ).length;
    if (own === 0 || added.some(({ kind }) => kind === 'terminating' || kind === 'elsewhere')) return;
    if (!this.#stopped) this.errors.push({ kind: 'terminating', file: source.path, line: 0, problem: `${own}` });
  }

  // A refused value ends the reading at once; other faults are counted to the end of their file.
  #stopped = false;

  #run(
    file: { readonly path: string; readonly statements: readonly Statement[] },
    position: Position & { readonly into: PlacedSetting[] },
  ): void {
    let conditions = position.conditions;
    for (const statement of file.statements) {
      if (this.#stopped) return;
      if (statement.kind === 'match') {
        conditions = [...position.conditions, statement.criteria];
      } else if (statement.kind === 'include') {
        this.#include(statement.patterns, { conditions, depth: position.depth });
        if (this.errors.some(({ kind }) => kind === 'terminating')) this.#stopped = true;
      } else if (statement.kind === 'set') {
        this.#place(statement, file.path, { conditions, into: position.into });
      } else {
        this.#complain(statement, file.path);
      }
    }
  }

  #place(
    setting: SetStatement,
    path: string,
    position: { readonly conditions: Position['conditions']; readonly into: PlacedSetting[] },
  ): void {
    const { conditions, into } = position;
    if (setting.row.match !== true && !conditions.every(isMatchAll)) {
      const problem = `Directive '${setting.keyword}' is not allowed within a Match block`;
      this.#fail({ kind: 'bad-line', file: path, line: setting.line, problem });
      return;
    }
    if (setting.row.name === 'Port' && this.#hasFixedPorts) return;
    into.push({ setting, conditions });
  }

  #fail(error: ConfigError): void {
    this.errors.push(error);
    this.#stopped = true;
  }

  #complain(statement: Statement, path: string): void {
    const place = `${path} line ${statement.line}`;
    switch (statement.kind) {
      case 'unknown':
        this.errors.push({ kind: 'bad-option', file: path, line: statement.line, problem: statement.keyword });
        return;
      case 'faulty':
        this.errors.push(...lineErrors(statement.fault, path, statement.line));
        if (statement.of === 'value') this.#stopped = true;
        return;
      case 'deprecated':
        this.notes.push({ level: 'info', text: `${place}: Deprecated option ${statement.keyword}` });
        return;
      case 'unsupported':
        this.notes.push({ level: 'info', text: `${place}: Unsupported option ${statement.keyword}` });
        return;
      default:
        this.notes.push({
          level: 'debug',
          text: `${place}: Ignored option ${'keyword' in statement ? statement.keyword : ''}`,
        });
    }
  }

  #include(patterns: readonly string[], position: Position): void {
    for (const file of patterns.flatMap((pattern) => this.#input.include(pattern))) {
      this.#includedFiles++;
      if (position.depth >= maximumIncludeDepth || this.#includedFiles > maximumIncludedFiles) {
        const problem = 'Too many recursive configuration includes';
        this.#fail({ kind: 'elsewhere', file: file.path, line: 0, problem });
      }
      if (this.#stopped) return;
      this.#readFile(file, { ...position, depth: position.depth + 1 });
    }
  }
}

function isMatchAll(criteria: readonly MatchCriterion[]): boolean {
  return criteria.every(({ name }) => name === 'all');
}

function store(settings: SshdSettings, { row, value }: SetStatement): void {
  const values = settings as Record<string, unknown>;
  if (row.add === undefined) {
    values[row.name] ??= value;
    return;
  }
  const joined: unknown = row.add({ soFar: values[row.name] ?? [], next: value });
  if (!isProblem(joined)) values[row.name] = joined;
}
