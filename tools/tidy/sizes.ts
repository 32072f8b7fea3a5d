// The limits of size: lines of a file and of a function, characters of a line, imports of a file, parameters of a
// function. Files that are tables, vectors or generated are declared in exemptions.ts and may be as long as their
// content.

import { type Finding, isNode, type SourceFile, type SyntaxNode, visit } from './source-file.ts';

const limits = { fileLines: 500, functionLines: 70, lineCharacters: 120, imports: 15, parameters: 3 } as const;

/** A line that holds the title of a test and no more: a sentence is not broken. */
const titleOfTest = /^\s*(?:test|it)\((?:'[^']*'|"[^"]*"|`[^`]*`), (?:\{.*\}, )?(?:async )?\(\w*\) => \{$/;

export function checkSizes(file: SourceFile, isTable: boolean): Finding[] {
  const findings: Finding[] = [];
  const add = (line: number, message: string): number =>
    findings.push({ path: file.path, line, rule: 'sizes', message });
  const lines = file.text.trimEnd().split('\n');
  if (!isTable) {
    if (lines.length > limits.fileLines) add(1, `${lines.length} lines; a file has at most ${limits.fileLines}`);
    for (const [index, line] of lines.entries()) {
      const characters = [...line].length;
      if (characters > limits.lineCharacters && !(file.isTest && titleOfTest.test(line))) {
        add(index + 1, `${characters} characters; a line has at most ${limits.lineCharacters}`);
      }
    }
  }
  const imported = file.imports.filter(({ form }) => form === 'import').map(({ specifier }) => specifier);
  const imports = new Set(imported).size;
  if (imports > limits.imports && !file.isTest)
    add(1, `imports from ${imports} modules; a file from at most ${limits.imports}`);
  for (const statement of file.statements) {
    visit(statement, (node, ancestors) => checkFunction({ node, ancestors, file, add }));
  }
  return findings;
}

interface FunctionContext {
  readonly node: SyntaxNode;
  readonly ancestors: readonly SyntaxNode[];
  readonly file: SourceFile;
  readonly add: (line: number, message: string) => unknown;
}

const functionTypes = ['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression', 'TSDeclareFunction'];

function checkFunction({ node, ancestors, file, add }: FunctionContext): void {
  if (!functionTypes.includes(node.type)) return;
  const first = file.lineOf(node.start);
  const lines = file.lineOf(node.end) - first + 1;
  const name = nameOf(node, ancestors);
  if (lines > limits.functionLines && !isDescribeCallback(ancestors)) {
    add(first, `${name} has ${lines} lines; a function has at most ${limits.functionLines}`);
  }
  const parameters = parametersOf(node).length;
  if (parameters > limits.parameters) {
    add(first, `${name} has ${parameters} parameters; after ${limits.parameters} an options object follows`);
  }
}

function parametersOf(node: SyntaxNode): SyntaxNode[] {
  const parameters = Array.isArray(node['params']) ? node['params'].filter(isNode) : [];
  return parameters.filter((parameter) => parameter['name'] !== 'this');
}

/** The name that a person would call it by, for the message. */
function nameOf(node: SyntaxNode, ancestors: readonly SyntaxNode[]): string {
  const parent = ancestors.at(-1);
  for (const candidate of [node['id'], parent?.['key'], parent?.['id']]) {
    if (isNode(candidate) && typeof candidate['name'] === 'string') return candidate['name'];
  }
  return 'this function';
}

/** The callback of `describe` is a list of tests, not a function with a length. */
function isDescribeCallback(ancestors: readonly SyntaxNode[]): boolean {
  const callee = ancestors.at(-1)?.['callee'];
  return isNode(callee) && (callee['name'] === 'describe' || callee['name'] === 'suite');
}
