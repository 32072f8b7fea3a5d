// Rules about comments: how a file opens, and how a section of a specification is cited. The citations are what
// docs/conformance.md is generated from, so there is one form: `RFC 4253 section 7.1`, `PROTOCOL section 1.9`.

import { type Finding, isNode, type SourceFile, visit } from './source-file.ts';

const headerLines = { least: 2, most: 6 } as const;

/** A source file opens with two to six lines: what it is, what it follows, what it does not do. */
export function checkHeader(file: SourceFile): Finding[] {
  if (file.isTest) return [];
  const add = (message: string): Finding[] => [{ path: file.path, line: 1, rule: 'header', message }];
  const lines = headerOf(file);
  if (lines === 0) return add('the file does not open with a comment that says what it is');
  if (lines >= headerLines.least && lines <= headerLines.most) return [];
  return add(`the opening comment has ${lines} lines; it has ${headerLines.least} to ${headerLines.most}`);
}

function headerOf({ text }: SourceFile): number {
  const body = text.replace(/^#!.*\n/, '');
  const block = /^\/\*([\s\S]*?)\*\//.exec(body);
  if (block !== null) return (block[1] ?? '').split('\n').filter((line) => /[^\s*]/.test(line)).length;
  return (
    /^(\/\/.*\n)*/
      .exec(body)?.[0]
      .split('\n')
      .filter((line) => line !== '').length ?? 0
  );
}

const wrongForms: readonly { readonly pattern: RegExp; readonly advice: string }[] = [
  { pattern: /§/, advice: 'write "section"' },
  { pattern: /\bsecs?\.\s*\d/i, advice: 'write "section"' },
  { pattern: /\bRFC-?\d/, advice: 'write "RFC 4253"' },
  { pattern: /\brfc ?\d/, advice: 'write "RFC 4253"' },
  { pattern: /\bRFC \d+[,:;]? (?:[Ss]ect?\b|Section|\d+\.\d)/, advice: 'write "RFC 4253 section 7.1"' },
  { pattern: /\bRFC \d+[,:;] section/, advice: 'write "RFC 4253 section 7.1"' },
  { pattern: /\bPROTOCOL[a-z.]*[,:;]? (?:[Ss]ect?\b|Section|\d+\.\d)/, advice: 'write "PROTOCOL section 1.9"' },
];

/** Citations in comments and in the titles of tests. */
export function checkCitations(file: SourceFile): Finding[] {
  const places = [...file.comments.map(({ text, line }) => ({ text, line })), ...titlesOf(file)];
  return places.flatMap(({ text, line }) =>
    text.split('\n').flatMap((part, index) =>
      wrongForms
        .filter(({ pattern }) => pattern.test(part))
        .slice(0, 1)
        .map(({ advice }) => ({ path: file.path, line: line + index, rule: 'citations', message: advice })),
    ),
  );
}

function titlesOf(file: SourceFile): { text: string; line: number }[] {
  const titles: { text: string; line: number }[] = [];
  if (!file.isTest) return titles;
  for (const statement of file.statements) {
    visit(statement, (node) => {
      const [title] = node.type === 'CallExpression' && Array.isArray(node['arguments']) ? node['arguments'] : [];
      const callee = node['callee'];
      const isTest = isNode(callee) && ['test', 'it', 'describe'].includes(String(callee['name']));
      if (isTest && isNode(title) && typeof title['value'] === 'string') {
        titles.push({ text: title['value'], line: file.lineOf(title.start) });
      }
    });
  }
  return titles;
}
