// One TypeScript file as the rules see it: text, syntax tree, comments, and what it imports. The tree is oxc's ESTree;
// a rule walks it with `visit`. Nothing here decides what is allowed.

import { posix } from 'node:path';
import { parseSync } from 'oxc-parser';

/** A node of the tree. Its properties are read by the rules that know its type. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [property: string]: unknown;
}

export interface Comment {
  readonly text: string;
  readonly start: number;
  readonly line: number;
}

export interface Import {
  readonly specifier: string;
  readonly line: number;
  /** The file of this repository that it names, relative to the repository; undefined for a package or a builtin. */
  readonly target: string | undefined;
  /** How it is written: a declaration, or `import()`, an import type, a URL of a module. */
  readonly form: 'import' | 'export' | 'expression';
}

export interface SourceFile {
  /** Relative to the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly isTest: boolean;
  readonly statements: readonly SyntaxNode[];
  readonly comments: readonly Comment[];
  readonly imports: readonly Import[];
  lineOf(offset: number): number;
}

export interface Finding {
  readonly path: string;
  readonly line: number;
  readonly rule: string;
  readonly message: string;
}

/** Parses a file. A file that does not parse throws: the compiler says it better. */
export function parseSourceFile(path: string, text: string): SourceFile {
  const { program, comments, errors } = parseSync(path, text);
  if (errors[0] !== undefined) throw new Error(`${path}: ${errors[0].message}`);
  const lineStarts = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
  const lineOf = (offset: number): number => upperBound(lineStarts, offset);
  const statements = program.body as unknown as SyntaxNode[];
  return {
    path,
    text,
    isTest: path.endsWith('.test.ts'),
    statements,
    comments: comments.map(({ value, start }) => ({ text: value, start, line: lineOf(start) })),
    imports: importsOf(path, statements, lineOf),
    lineOf,
  };
}

/** How many of the sorted numbers are at most `value`. */
function upperBound(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function importsOf(path: string, statements: readonly SyntaxNode[], lineOf: (offset: number) => number): Import[] {
  const imports: Import[] = [];
  const add = (source: unknown, form: Import['form']): void => {
    if (!isNode(source) || typeof source['value'] !== 'string') return;
    const specifier = source['value'];
    imports.push({ specifier, line: lineOf(source.start), target: resolve(path, specifier), form });
  };
  for (const statement of statements) {
    visit(statement, (node) => {
      if (node.type === 'ImportDeclaration') add(node['source'], 'import');
      if (node.type === 'ExportAllDeclaration' || node.type === 'ExportNamedDeclaration') add(node['source'], 'export');
      if (node.type === 'NewExpression') add(moduleUrl(node), 'expression');
      if (node.type === 'ImportExpression' || node.type === 'TSImportType') add(node['source'], 'expression');
    });
  }
  return imports;
}

/**
 * The first argument of `new URL('./module.js', import.meta.url)`, the way to name a module that another process runs.
 */
function moduleUrl(node: SyntaxNode): unknown {
  const [specifier, base] = Array.isArray(node['arguments']) ? node['arguments'] : [];
  const callee = node['callee'];
  if (!isNode(callee) || callee['name'] !== 'URL' || !isNode(specifier) || !isNode(base)) return undefined;
  return base.type === 'MemberExpression' && String(specifier['value']).endsWith('.js') ? specifier : undefined;
}

/** The file that a specifier names: relative, or `@sallyport/NAME/module` and `sallyport/module` across packages. */
function resolve(path: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) {
    const target = posix.join(posix.dirname(path), specifier).replace(/\.js$/, '.ts');
    return target.replace(/^(packages\/[^/]+)\/dist\//, '$1/src/');
  }
  const [, name, module] = /^(?:@sallyport\/([^/]+)|(?:sallyport))(?:\/(.+))?$/.exec(specifier) ?? [undefined];
  if (name === undefined && !/^sallyport(\/|$)/.test(specifier)) return undefined;
  return `packages/${name ?? 'sallyport'}/src/${module ?? 'index'}.ts`;
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

/** Calls `enter` for a node and everything below it, in source order; `ancestors` holds the way down to it. */
export function visit(
  node: SyntaxNode,
  enter: (node: SyntaxNode, ancestors: readonly SyntaxNode[]) => void,
  ancestors: SyntaxNode[] = [],
): void {
  enter(node, ancestors);
  ancestors.push(node);
  for (const value of Object.values(node)) {
    if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) visit(item, enter, ancestors);
    } else if (isNode(value)) visit(value, enter, ancestors);
  }
  ancestors.pop();
}
