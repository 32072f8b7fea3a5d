// Rules about documents: a link to a file of the repository leads somewhere, and every folder of the protocol package
// says in a README what it is.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import type { Finding } from './source-file.ts';

/** Links of Markdown to files, relative to the document, that do not exist. */
export function checkLinks(root: string, path: string, text: string): Finding[] {
  return text.split('\n').flatMap((line, index) =>
    [...line.matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, link = '']) => link.replace(/#.*$/, ''))
      .filter((link) => link !== '' && !/^[a-z]+:/.test(link))
      .filter((link) => !existsSync(join(root, dirname(path), link)))
      .map((link) => ({ path, line: index + 1, rule: 'links', message: `there is no ${normalize(link)}` })),
  );
}

const layers = 'packages/protocol/src';

/** The findings in every document of the repository, and the folders of the protocol package without one. */
export function checkDocuments(root: string): Finding[] {
  const folders = readdirSync(join(root, layers), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `${layers}/${name}/README.md`);
  const missing = folders.filter((path) => !existsSync(join(root, path)));
  const listed = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).map((name) => `docs/${name}`);
  const documents = [...readdirSync(root), ...listed, ...folders.filter((path) => !missing.includes(path))];
  return [
    ...documents
      .filter((path) => path.endsWith('.md'))
      .flatMap((path) => checkLinks(root, path, readFileSync(join(root, path), 'utf8'))),
    ...missing.map((path) => ({ path, line: 1, rule: 'documents', message: 'the folder does not say what it is' })),
  ];
}
