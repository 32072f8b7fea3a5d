// Each rule of tidy with a snippet that it accepts and one that it refuses.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkCitations, checkHeader } from './comments.ts';
import { checkCycles, checkDead, checkTested } from './graph.ts';
import { checkLayers } from './layers.ts';
import { checkClassNames, checkForeignFunctions, checkProtocolNames, checkTopLevel } from './modules.ts';
import { checkSizes } from './sizes.ts';
import { type Finding, parseSourceFile, type SourceFile } from './source-file.ts';

const file = (path: string, text: string): SourceFile => parseSourceFile(path, text);
const lines = (findings: readonly Finding[]): string[] => findings.map(({ line, message }) => `${line} ${message}`);
const wire = 'packages/protocol/src/wire/a.ts';

describe('layers', () => {
  const importing = (path: string, specifier: string): string[] =>
    lines(checkLayers(file(path, `import type { A } from '${specifier}';`)));

  test('a folder of the protocol package imports only what its row names', () => {
    assert.deepEqual(importing('packages/protocol/src/transport/a.ts', '../messages/transport.ts'), []);
    assert.deepEqual(importing('packages/protocol/src/stack/a.ts', '../userauth/events.ts'), []);
    assert.deepEqual(importing('packages/protocol/src/transport/a.ts', '../engine.ts'), []);
    assert.match(
      importing('packages/protocol/src/userauth/a.ts', '../transport/b.ts')[0] ?? '',
      /^1 .*userauth must not/,
    );
    assert.match(importing('packages/protocol/src/wire/a.ts', '../codec/struct.ts')[0] ?? '', /it may import nothing$/);
    assert.match(importing('packages/protocol/src/new/a.ts', '../wire/b.ts')[0] ?? '', /not in the table of folders/);
  });

  test('the protocol package imports no builtin and no package', () => {
    assert.match(importing(wire, 'node:fs')[0] ?? '', /must not import node:fs/);
    assert.match(importing(wire, '@sallyport/crypto/index')[0] ?? '', /must not import packages\/crypto/);
  });

  test('programs and sshd may import the library but not each other', () => {
    assert.deepEqual(importing('packages/programs/src/ssh/main.ts', 'sallyport'), []);
    assert.deepEqual(importing('packages/programs/src/ssh/main.ts', '@sallyport/system/terminal'), []);
    assert.match(importing('packages/programs/src/ssh/main.ts', '@sallyport/sshd/main')[0] ?? '', /packages\/sshd/);
    assert.deepEqual(importing('packages/executable/src/main.ts', '@sallyport/sshd/main'), []);
  });

  test('a dynamic import and a type import count', () => {
    const dynamic = "const f = () => import('@sallyport/sshd/main'); type T = import('@sallyport/sshd/a').B;";
    assert.equal(checkLayers(file('packages/programs/src/a.ts', dynamic)).length, 2);
  });

  test('a module that is named by its URL counts', () => {
    const text = "const a = new URL('../../sshd/dist/main.js', import.meta.url); new URL('b.txt', import.meta.url);";
    assert.deepEqual(lines(checkLayers(file('packages/programs/src/a.ts', text))), [
      '1 packages/programs must not import packages/sshd; it may import protocol, crypto, system, sallyport',
    ]);
  });

  test('a test file is not bound by the direction', () => {
    assert.deepEqual(importing('packages/protocol/src/wire/a.test.ts', 'node:fs'), []);
  });
});

describe('graph', () => {
  const graph = (...parts: [string, string][]): SourceFile[] =>
    parts.map(([name, text]) => file(`packages/crypto/src/${name}`, text));

  test('a cycle is found, also through type-only imports, and told once', () => {
    const files = graph(
      ['a.ts', "import { b } from './b.ts';"],
      ['b.ts', "import type { C } from './c.ts';"],
      ['c.ts', "export * from './a.ts';"],
      ['d.ts', "import './a.ts';"],
    );
    const [found = '', ...others] = lines(checkCycles(files)).map((line) =>
      line.replaceAll('packages/crypto/src/', ''),
    );
    assert.equal(found, '1 imports form a cycle: a.ts → b.ts → c.ts → a.ts');
    assert.deepEqual(others, []);
    assert.deepEqual(
      checkCycles(graph(['a.ts', "import './b.ts'; import './c.ts';"], ['b.ts', "import './c.ts';"], ['c.ts', ''])),
      [],
    );
  });

  test('a file that nothing reaches from an entry point or the face of a public package is dead', () => {
    const files = graph(
      ['index.ts', "export * from './a.ts';"],
      ['a.ts', ''],
      ['b.ts', ''],
      ['b.test.ts', "import './b.ts';"],
      ['main.ts', "const f = () => import('./c.ts');"],
      ['c.ts', ''],
    );
    const found = checkDead(files, ['packages/crypto/src/main.ts', 'packages/crypto/src/index.ts']);
    assert.deepEqual(
      found.map(({ path }) => path),
      ['packages/crypto/src/b.ts'],
    );
  });

  test('what a program is made of counts as tested when a test runs the program', () => {
    const table =
      "const p = { ssh: () => import('@sallyport/programs/ssh/main'), sshd: () => import('@sallyport/sshd/main') };";
    const files = [
      file('packages/executable/src/programs.ts', table),
      file('packages/programs/src/ssh/main.ts', "import './session.ts';"),
      file('packages/programs/src/ssh/session.ts', ''),
      file('packages/sshd/src/main.ts', ''),
      file('test/programs/ssh-sessions.test.ts', ''),
    ];
    const found = checkTested(files, []).map(({ path }) => path);
    assert.deepEqual(found, ['packages/executable/src/programs.ts', 'packages/sshd/src/main.ts']);
  });

  test('a file that no test of its package reaches is found', () => {
    const files = graph(
      ['a.test.ts', "import { a } from './a.ts';"],
      ['a.ts', "import { b } from './b.ts';"],
      ['b.ts', ''],
      ['dead.ts', "import { b } from './b.ts';"],
      ['main.ts', ''],
      ['index.ts', ''],
    );
    const found = checkTested(files, ['packages/crypto/src/main.ts']);
    assert.deepEqual(
      found.map(({ path }) => path),
      ['packages/crypto/src/dead.ts'],
    );
  });
});

describe('sizes', () => {
  const sizes = (text: string, isTable = false): string[] => lines(checkSizes(file(wire, text), isTable));

  test('a file has at most 500 lines unless it is a table', () => {
    assert.deepEqual(sizes('const a = 1;\n'.repeat(500)), []);
    assert.match(sizes('const a = 1;\n'.repeat(501))[0] ?? '', /^1 501 lines/);
    assert.deepEqual(sizes('const a = 1;\n'.repeat(501), true), []);
  });

  test('a function has at most 70 lines', () => {
    const body = (count: number): string => `const x = 1;\nconst f = () => {\n${'g();\n'.repeat(count - 2)}};`;
    assert.deepEqual(sizes(body(70)), []);
    assert.deepEqual(sizes(body(71)), ['2 f has 71 lines; a function has at most 70']);
    assert.deepEqual(sizes(`class A {\n  m() {${'\n'.repeat(70)}}\n}`), [
      '2 m has 71 lines; a function has at most 70',
    ]);
    assert.deepEqual(sizes(`describe('a', () => {${'\n'.repeat(100)}});`), []);
  });

  test('braces in strings, templates and regular expressions do not end a function', () => {
    const tricky = 'function f() {\n  return [`}${"}"}`, /[}]/, "}", 1 / 2 /* } */];\n}';
    assert.deepEqual(sizes(`${tricky}\n${'const y = 1;\n'.repeat(80)}`), []);
  });

  test('a line has at most 120 characters', () => {
    assert.deepEqual(sizes(`// ${'é'.repeat(117)}`), []);
    assert.match(sizes(`\n// ${'é'.repeat(118)}`)[0] ?? '', /^2 121 characters/);
    const title = `test('${'a'.repeat(120)}', async () => {\n});`;
    assert.deepEqual(checkSizes(file('packages/crypto/src/a.test.ts', title), false), []);
    assert.equal(sizes(title).length, 1);
  });

  test('a file imports from at most 15 modules; re-exports do not count', () => {
    const imports = (count: number): string =>
      Array.from({ length: count }, (_, index) => `import { a } from './${index}.ts';\n`).join('');
    assert.deepEqual(sizes(`${imports(15)}import type { B } from './0.ts'; export * from './c.ts';`), []);
    assert.match(sizes(imports(16))[0] ?? '', /from 16 modules/);
    assert.deepEqual(checkSizes(file('packages/crypto/src/a.test.ts', imports(30)), false), []);
  });

  test('a function has at most three parameters, a `this` type not counted', () => {
    assert.deepEqual(sizes('function f(this: A, a = 1, { b, c, d }: B, ...rest: unknown[]) {}'), []);
    assert.deepEqual(sizes('type F = (a: A, b: A, c: A, d: A) => void;'), []);
    assert.match(sizes('class A { constructor(a: A, b: A, c: A, d: A) {} }')[0] ?? '', /constructor has 4 parameters/);
    assert.match(sizes('const f = (a: A, b: A, c: A, d: A) => a;')[0] ?? '', /f has 4 parameters/);
  });
});

describe('modules', () => {
  test('the top of a module has no let and no var', () => {
    const found = (text: string): string[] => checkTopLevel(file(wire, text), false).map(({ rule }) => rule);
    assert.deepEqual(found('const a = 1; export function f() { let b = 1; return b; }'), []);
    assert.deepEqual(found('let a = 1; export let b = 2; var c = 3;'), Array(3).fill('top-level-let'));
  });

  test('a module does nothing when it is loaded, unless it is an entry point or a test', () => {
    const text = "import './b.ts'; for (const a of b) c(a); d();";
    assert.deepEqual(
      checkTopLevel(file(wire, text), false).map(({ rule }) => rule),
      ['side-effects', 'side-effects', 'side-effects'],
    );
    assert.deepEqual(checkTopLevel(file(wire, text), true), []);
    assert.deepEqual(checkTopLevel(file('packages/crypto/src/a.test.ts', text), false), []);
    assert.deepEqual(checkTopLevel(file(wire, 'const table = build(); class A {} type B = A;'), false), []);
  });

  test('the protocol package names no Buffer, Date, console or Math.random', () => {
    const found = (text: string): string[] => lines(checkProtocolNames(file(wire, text)));
    assert.equal(found('Buffer.from(a); new Date(); console.log(b); Math.random(); type A = Date;').length, 5);
    assert.deepEqual(found('a.Buffer; const b = { Date: 1 }; Math.floor(1); "console";'), []);
    assert.deepEqual(checkProtocolNames(file('packages/crypto/src/a.ts', 'Buffer.from(a);')), []);
  });

  test('a class is called by what it is', () => {
    const found = (text: string): string[] => lines(checkClassNames(file(wire, text)));
    assert.equal(found('class ChannelManager {} export class KeyUtil {} const a = class Helper {};').length, 3);
    assert.deepEqual(found('class Channel {} class ServiceRequest {}'), []);
  });

  test('only packages/system names bun:ffi and koffi', () => {
    const text = "const load = () => import('koffi'); import { dlopen } from 'bun:ffi';";
    assert.equal(checkForeignFunctions(file('packages/sshd/src/a.ts', text)).length, 2);
    assert.deepEqual(checkForeignFunctions(file('packages/system/src/a.ts', text)), []);
  });
});

describe('comments', () => {
  test('a file opens with two to six lines of comment', () => {
    const found = (text: string): string[] => lines(checkHeader(file(wire, text)));
    assert.deepEqual(found('#!/usr/bin/env node\n// a\n// b\n\nconst a = 1;'), []);
    assert.deepEqual(found('/*\n * a\n * b\n */\nconst a = 1;'), []);
    assert.match(found('const a = 1;')[0] ?? '', /does not open with a comment/);
    assert.match(found('// a\nconst a = 1;')[0] ?? '', /has 1 lines/);
    assert.match(found('// a\n'.repeat(7))[0] ?? '', /has 7 lines/);
  });

  test('a section is cited in one form, in comments and in titles of tests', () => {
    const found = (comment: string): number => checkCitations(file(wire, `// ${comment}\n`)).length;
    const good = [
      'RFC 4253 section 7.1',
      'RFC 4253 sections 10 and 11',
      'PROTOCOL section 1.9',
      'RFC 4253, the transport',
    ];
    for (const form of good) assert.equal(found(form), 0, form);
    const bad = [
      'RFC4253',
      'RFC 4253 §7.1',
      'RFC 4253 7.1',
      'RFC 4253, section 7.1',
      'RFC 4253 Section 7.1',
      'sec. 7.1',
      'rfc4253',
    ];
    for (const form of bad) assert.equal(found(form), 1, form);
    const title = file('packages/crypto/src/a.test.ts', "test('x (RFC4253 section 7.1)', () => {});");
    assert.equal(checkCitations(title).length, 1);
    assert.equal(checkCitations(file(wire, "const format = 'RFC4716';")).length, 0);
  });
});
