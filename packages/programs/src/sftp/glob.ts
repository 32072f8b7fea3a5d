// File names by pattern as glob(3) of the BSDs gives them: `*`, `?`, `[a-z]` and `[!a-z]` (where `^` is itself) within
// one component, a backslash protects, `{a,b}` where it is asked for; a name that begins with a dot only by a pattern
// that does. The files are whoever's: the server's or this machine's. Paths are byte strings.

import { parseGlobPattern } from '@sallyport/protocol/wire/glob-pattern';
import { compareBytes } from './paths.ts';

/** What glob needs to know of a file. */
export interface GlobStatus {
  /** `directory`, `symlink`, `unknown`; others do not matter. */
  readonly type: string;
}

export interface GlobEntry<Status extends GlobStatus> {
  /** Without its folder. */
  readonly name: string;
  /** Of the file itself, as lstat(2) gives it; of an unknown type when the folder does not tell. */
  readonly status: Status;
}

export interface GlobFiles<Status extends GlobStatus> {
  /** The entries of a folder; none when it cannot be read. */
  list(folder: string): Promise<readonly GlobEntry<Status>[]>;
  /** lstat(2); undefined when there is no such file. */
  inspect(path: string): Promise<Status | undefined>;
  /** stat(2). */
  follow(path: string): Promise<Status | undefined>;
}

export interface GlobOptions {
  /** A slash behind folders, and behind links to folders. */
  readonly marksFolders?: boolean;
  /** `{a,b}` is two patterns. */
  readonly expandsBraces?: boolean;
  /** In the order of the folders instead of the names'. */
  readonly isUnsorted?: boolean;
  /** Stops between folders when aborted; what was found so far is the result. */
  readonly signal?: AbortSignal;
}

export interface GlobMatch<Status extends GlobStatus> {
  readonly path: string;
  /** With `marksFolders` of what a link leads to, unless that is missing. */
  readonly status: Status;
}

/** More than this is refused: a server can make up names without end. */
const maximumMatches = 1_000_000;
const maximumBracePatterns = 1024;

/** There are more matches than anybody can have meant. */
export class TooManyMatches extends Error {
  override readonly name = 'TooManyMatches';
}

/** The existing paths that fit. @throws TooManyMatches */
export async function glob<Status extends GlobStatus>(
  pattern: string,
  files: GlobFiles<Status>,
  options: GlobOptions = {},
): Promise<readonly GlobMatch<Status>[]> {
  const patterns = options.expandsBraces === true ? expandBraces(pattern) : [pattern];
  const found: GlobMatch<Status>[] = [];
  for (const one of patterns) {
    const matches = await new Search(files, options).run(one);
    if (options.isUnsorted !== true) matches.sort((a, b) => compareBytes(a.path, b.path));
    found.push(...matches);
  }
  return found;
}

class Search<Status extends GlobStatus> {
  readonly #files: GlobFiles<Status>;
  readonly #options: GlobOptions;
  readonly #matches: GlobMatch<Status>[] = [];

  constructor(files: GlobFiles<Status>, options: GlobOptions) {
    this.#files = files;
    this.#options = options;
  }

  async run(pattern: string): Promise<GlobMatch<Status>[]> {
    await this.#descend('', pattern, undefined);
    return this.#matches;
  }

  /** `known`: what the folder's listing told about `path`. */
  async #descend(path: string, pattern: string, known: Status | undefined): Promise<void> {
    if (this.#options.signal?.aborted === true) return;
    if (pattern === '') return this.#reached(path, known);
    const slashes = /^\/+/.exec(pattern)?.[0];
    if (slashes !== undefined) {
      // A name with a slash behind it is the folder that a link leads to.
      return this.#descend(path + slashes, pattern.slice(slashes.length), undefined);
    }
    const end = pattern.indexOf('/');
    const component = end < 0 ? pattern : pattern.slice(0, end);
    const rest = end < 0 ? '' : pattern.slice(end);
    const wanted = parseGlobPattern(component, { negation: '!' });
    if (!wanted.hasWildcards) return this.#descend(path + wanted.literal, rest, undefined);
    for (const { name, status } of await this.#files.list(path === '' ? '.' : path)) {
      if (name.startsWith('.') && !component.startsWith('.')) continue;
      if (wanted.matches(name)) await this.#descend(path + name, rest, status);
    }
  }

  async #reached(path: string, known: Status | undefined): Promise<void> {
    const status = known === undefined || known.type === 'unknown' ? await this.#files.inspect(path) : known;
    if (status === undefined) return;
    if (this.#matches.length >= maximumMatches) throw new TooManyMatches();
    if (this.#options.marksFolders !== true || path.endsWith('/')) {
      this.#matches.push({ path, status });
      return;
    }
    // Who asks what a link leads to gets that, as in OpenSSH's glob: `ls -l link` shows the file, not the link.
    const shown = status.type === 'symlink' ? ((await this.#files.follow(path)) ?? status) : status;
    this.#matches.push({ path: shown.type === 'directory' ? `${path}/` : path, status: shown });
  }
}

/** `a{b,c}` is `ab` and `ac`; `{}` is itself (glob(3), GLOB_BRACE). */
export function expandBraces(pattern: string): readonly string[] {
  const expanded: string[] = [];
  const waiting = [pattern];
  while (waiting.length > 0) {
    const one = waiting.shift() as string;
    const alternatives = firstBraces(one);
    if (alternatives === undefined) expanded.push(one);
    else waiting.unshift(...alternatives);
    if (waiting.length + expanded.length > maximumBracePatterns) throw new TooManyMatches();
  }
  return expanded;
}

/** The pattern once for each alternative of its first braces; undefined when it has none that close. */
function firstBraces(pattern: string): readonly string[] | undefined {
  const open = unprotected(pattern, 0, '{');
  if (open < 0) return undefined;
  const choices: string[] = [];
  let depth = 0;
  let from = open + 1;
  for (let at = from; at < pattern.length; at++) {
    const character = pattern.charAt(at);
    if (character === '\\') at++;
    else if (character === '{') depth++;
    else if (character === ',' && depth === 0) {
      choices.push(pattern.slice(from, at));
      from = at + 1;
    } else if (character === '}' && depth-- === 0) {
      choices.push(pattern.slice(from, at));
      return choices.map((choice) => pattern.slice(0, open) + choice + pattern.slice(at + 1));
    }
  }
  return undefined;
}

function unprotected(pattern: string, from: number, wanted: string): number {
  for (let at = from; at < pattern.length; at++) {
    if (pattern.charAt(at) === '\\') at++;
    else if (pattern.startsWith(wanted, at) && !pattern.startsWith('{}', at)) return at;
  }
  return -1;
}
