// Rules about the graph of imports: no cycles (type-only imports count), and every source file named by a test,
// directly or through files of its own package that a test names.

import type { Finding, SourceFile } from './source-file.ts';

export type Graph = ReadonlyMap<string, readonly string[]>;

export function graphOf(files: readonly SourceFile[]): Graph {
  const known = new Set(files.map(({ path }) => path));
  return new Map(
    files.map(({ path, imports }) => [
      path,
      imports
        .map(({ target }) => target)
        .filter((target): target is string => target !== undefined && known.has(target)),
    ]),
  );
}

/** One finding for each file that is the first, by name, of a set of files that reach each other. */
export function checkCycles(files: readonly SourceFile[]): Finding[] {
  return cyclesOf(graphOf(files)).map((members) => {
    const [path = ''] = members;
    return { path, line: 1, rule: 'cycles', message: `imports form a cycle: ${members.join(' → ')} → ${path}` };
  });
}

interface Tarjan {
  readonly graph: Graph;
  readonly order: Map<string, number>;
  readonly low: Map<string, number>;
  readonly stack: string[];
  readonly cycles: string[][];
}

/**
 * The strongly connected components with more than one file, by Tarjan's algorithm; a file that imports itself counts.
 */
function cyclesOf(graph: Graph): string[][] {
  const state: Tarjan = { graph, order: new Map(), low: new Map(), stack: [], cycles: [] };
  for (const path of [...graph.keys()].sort()) if (!state.order.has(path)) connect(path, state);
  return state.cycles;
}

function connect(path: string, state: Tarjan): void {
  const { graph, order, low, stack, cycles } = state;
  order.set(path, order.size);
  low.set(path, order.size - 1);
  stack.push(path);
  for (const next of graph.get(path) ?? []) {
    if (!order.has(next)) connect(next, state);
    else if (!stack.includes(next)) continue;
    low.set(path, Math.min(low.get(path) ?? 0, low.get(next) ?? 0));
  }
  if (low.get(path) !== order.get(path)) return;
  const members = stack.splice(stack.indexOf(path));
  if (members.length > 1 || graph.get(path)?.includes(path) === true) cycles.push(pathThrough(members, graph));
}

/** The members in an order in which each imports the next, as far as a simple walk finds one. */
function pathThrough(members: readonly string[], graph: Graph): string[] {
  const [start = ''] = [...members].sort();
  const parents = new Map<string, string>();
  const queue = [start];
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    for (const next of graph.get(path) ?? []) {
      if (next === start) return walkBack(path, parents);
      if (!members.includes(next) || parents.has(next)) continue;
      parents.set(next, path);
      queue.push(next);
    }
  }
  return [start];
}

function walkBack(last: string, parents: ReadonlyMap<string, string>): string[] {
  const way = [last];
  for (let path = parents.get(last); path !== undefined; path = parents.get(path)) way.unshift(path);
  return way;
}

/**
 * Files of packages that no test of the same package reaches; for packages/testing, which is there for tests, any test
 * counts. What a program is made of counts as reached when test/programs has a test that runs the program, called after
 * it. Entry points are run by tests, not imported.
 */
export function checkTested(files: readonly SourceFile[], entryPoints: readonly string[]): Finding[] {
  const graph = graphOf(files);
  const reached = new Set<string>();
  const roots = files.filter(({ isTest }) => isTest).map(({ path }) => path);
  for (const root of [...roots, ...programsRun(roots, graph)]) {
    const owner = packageOf(root);
    const counts = (next: string): boolean => packageOf(next) === owner || packageOf(next) === 'packages/testing';
    if (!roots.includes(root)) reached.add(root);
    reachAll(root, graph, { reached, counts });
  }
  return files
    .filter(({ path, isTest }) => path.startsWith('packages/') && !isTest && !isFace(path))
    .filter(({ path }) => !reached.has(path) && !entryPoints.includes(path))
    .map(({ path }) => ({ path, line: 1, rule: 'tested', message: 'no test of this package imports it' }));
}

/** The main modules of the programs that tests run: `test/programs/ssh-*.test.ts` runs packages/programs/src/ssh. */
function programsRun(tests: readonly string[], graph: Graph): string[] {
  const modules = graph.get('packages/executable/src/programs.ts') ?? [];
  return modules.filter((path) => {
    const [, sshd, program] = /^packages\/(?:(sshd)\/src\/|programs\/src\/([^/]+)\/)/.exec(path) ?? [];
    const name = sshd ?? program ?? '';
    return tests.some((test) => test.startsWith(`test/programs/${name}-`) || test === `test/programs/${name}.test.ts`);
  });
}

/** An index.ts only gathers names for those who embed the package. */
function isFace(path: string): boolean {
  return /^packages\/[^/]+\/src\/index\.ts$/.test(path);
}

/**
 * Files that nothing reaches from a root: an entry point or the face of a public package. A test keeps alive what
 * packages/testing offers, and nothing else.
 */
export function checkDead(files: readonly SourceFile[], roots: readonly string[]): Finding[] {
  const graph = graphOf(files);
  const alive = new Set(roots);
  for (const root of roots) reachAll(root, graph, { reached: alive, counts: () => true });
  for (const { path, isTest } of files) {
    if (isTest) reachAll(path, graph, { reached: alive, counts: (next) => packageOf(next) === 'packages/testing' });
  }
  return files
    .filter(({ path, isTest }) => !isTest && !alive.has(path) && !path.startsWith('test/'))
    .map(({ path }) => ({ path, line: 1, rule: 'dead', message: 'nothing but tests uses it' }));
}

interface Walk {
  readonly reached: Set<string>;
  readonly counts: (path: string) => boolean;
}

function reachAll(start: string, graph: Graph, { reached, counts }: Walk): void {
  const queue = [start];
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    for (const next of graph.get(path) ?? []) {
      if (reached.has(next) || !counts(next)) continue;
      reached.add(next);
      queue.push(next);
    }
  }
}

function packageOf(path: string): string {
  return path.split('/').slice(0, 2).join('/');
}
