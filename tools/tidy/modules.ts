// Rules about a module as a whole: no `let` or `var` at the top, nothing done at the top but declaring (entry points
// and tests do), names that the protocol package must not know, names that no class has, and who may name the FFI.

import { type Finding, isNode, type SourceFile, type SyntaxNode, visit } from './source-file.ts';

const declarations = [
  'ImportDeclaration',
  'ExportNamedDeclaration',
  'ExportAllDeclaration',
  'ExportDefaultDeclaration',
  'FunctionDeclaration',
  'ClassDeclaration',
  'VariableDeclaration',
  'TSTypeAliasDeclaration',
  'TSInterfaceDeclaration',
  'TSDeclareFunction',
  'TSModuleDeclaration',
  'TSGlobalDeclaration',
];

/** No state and no action at the top of a module. */
export function checkTopLevel(file: SourceFile, isEntryPoint: boolean): Finding[] {
  return file.statements.flatMap((statement) => {
    const add = (rule: string, message: string): Finding[] => [
      { path: file.path, line: file.lineOf(statement.start), rule, message },
    ];
    const inner = statement.type === 'ExportNamedDeclaration' ? statement['declaration'] : statement;
    if (
      isNode(inner) &&
      inner.type === 'VariableDeclaration' &&
      inner['kind'] !== 'const' &&
      inner['declare'] !== true
    ) {
      return add('top-level-let', `a module has no state of its own: no ${String(inner['kind'])} at the top`);
    }
    if (isEntryPoint || file.isTest) return [];
    if (isBareImport(statement)) return add('side-effects', 'an import for its side effects');
    if (declarations.includes(statement.type)) return [];
    return add('side-effects', 'a module only declares; what it does when loaded belongs into a function');
  });
}

function isBareImport(statement: SyntaxNode): boolean {
  const specifiers = statement['specifiers'];
  return statement.type === 'ImportDeclaration' && Array.isArray(specifiers) && specifiers.length === 0;
}

const unknownToProtocol = ['Buffer', 'Date', 'console'];

/** The protocol package knows no clock, no runtime and no random source. */
export function checkProtocolNames(file: SourceFile): Finding[] {
  if (!file.path.startsWith('packages/protocol/src/') || file.isTest) return [];
  const findings: Finding[] = [];
  const add = (node: SyntaxNode, name: string): number =>
    findings.push({
      path: file.path,
      line: file.lineOf(node.start),
      rule: 'banned-names',
      message: `packages/protocol must not use ${name}`,
    });
  for (const statement of file.statements) {
    visit(statement, (node, ancestors) => {
      if (
        node.type === 'MemberExpression' &&
        nameOf(node['object']) === 'Math' &&
        nameOf(node['property']) === 'random'
      ) {
        add(node, 'Math.random');
      }
      const name = nameOf(node);
      if (unknownToProtocol.includes(name) && !isPropertyName(node, ancestors.at(-1))) add(node, name);
    });
  }
  return findings;
}

function nameOf(node: unknown): string {
  return isNode(node) && node.type === 'Identifier' && typeof node['name'] === 'string' ? node['name'] : '';
}

function isPropertyName(node: SyntaxNode, parent: SyntaxNode | undefined): boolean {
  if (parent === undefined || parent['computed'] === true) return false;
  return parent['property'] === node || (parent['key'] === node && parent['shorthand'] !== true);
}

const vagueClassName = /(Manager|Helper|Util|Utils|Service)$/;

/** A class is called by what it is. */
export function checkClassNames(file: SourceFile): Finding[] {
  const findings: Finding[] = [];
  for (const statement of file.statements) {
    visit(statement, (node) => {
      const name = node.type === 'ClassDeclaration' || node.type === 'ClassExpression' ? nameOf(node['id']) : '';
      if (!vagueClassName.test(name)) return;
      const message = `class ${name}: say what it is, not that it manages, helps or serves`;
      findings.push({ path: file.path, line: file.lineOf(node.start), rule: 'class-names', message });
    });
  }
  return findings;
}

/** Only packages/system names the modules that reach C functions. */
export function checkForeignFunctions(file: SourceFile): Finding[] {
  if (file.path.startsWith('packages/system/') || file.path.startsWith('tools/tidy/')) return [];
  const findings: Finding[] = [];
  for (const statement of file.statements) {
    visit(statement, (node) => {
      const value = node.type === 'Literal' ? node['value'] : undefined;
      if (value !== 'koffi' && value !== 'bun:ffi') return;
      const message = `${value} is named in packages/system only`;
      findings.push({ path: file.path, line: file.lineOf(node.start), rule: 'foreign-functions', message });
    });
  }
  return findings;
}
