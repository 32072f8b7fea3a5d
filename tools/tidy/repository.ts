// All rules over all files: reads the sources of packages, test/ and tools/, applies each rule, and takes out what an
// exception covers. An exception that covers nothing is itself a finding, as are more exceptions than the limit.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkCitations, checkHeader } from './comments.ts';
import { checkDocuments } from './documents.ts';
import { entryPoints, exceptions, mostExceptions, tables } from './exemptions.ts';
import { checkCycles, checkDead, checkTested } from './graph.ts';
import { checkLayers } from './layers.ts';
import { checkClassNames, checkForeignFunctions, checkProtocolNames, checkTopLevel } from './modules.ts';
import { checkSizes } from './sizes.ts';
import { type Finding, parseSourceFile, type SourceFile } from './source-file.ts';

/** Every finding in the repository at `root`, by path and line. */
export function checkRepository(root: string): Finding[] {
  const files = readSources(root);
  const entries = entryPoints.map(({ path }) => path);
  const findings = [
    ...files.flatMap(checkFile),
    ...checkCycles(files),
    ...checkTested(files, entries),
    ...checkDead(files, rootsOf(files)),
  ];
  return [...applyExceptions(findings), ...checkDeclared(files), ...checkDocuments(root)].sort(byPlace);
}

/** Every TypeScript source of the repository at `root`, parsed. */
export function readSources(root: string): SourceFile[] {
  return sourcePaths(root).map((path) => parseSourceFile(path, readFileSync(join(root, path), 'utf8')));
}

/** The TypeScript sources of the repository at `root`, relative to it. */
export function sourcePaths(root: string): string[] {
  const packages = readdirSync(join(root, 'packages')).map((name) => `packages/${name}/src`);
  return [...packages, 'test', 'tools'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.startsWith('dist/'))
      .map((name) => `${folder}/${name}`),
  );
}

/** Where use begins: entry points, the scripts of tools/, and what public packages offer to those who embed them. */
function rootsOf(files: readonly SourceFile[]): string[] {
  const offered = ['protocol/src/index', 'crypto/src/index', 'sallyport/src/index', 'sallyport/src/keys'];
  const faces = offered.map((name) => `packages/${name}.ts`);
  const scripts = files.map(({ path }) => path).filter((path) => /^tools\/[^/]+$/.test(path));
  return [...entryPoints.map(({ path }) => path), ...faces, ...scripts];
}

function checkFile(file: SourceFile): Finding[] {
  const isTable = tables.some(({ path }) => path === file.path);
  const isEntryPoint = entryPoints.some(({ path }) => path === file.path) || /^tools\/[^/]+$/.test(file.path);
  return [
    ...checkLayers(file),
    ...checkSizes(file, isTable),
    ...checkTopLevel(file, isEntryPoint),
    ...checkProtocolNames(file),
    ...checkClassNames(file),
    ...checkForeignFunctions(file),
    ...checkHeader(file),
    ...checkCitations(file),
  ];
}

function applyExceptions(findings: readonly Finding[]): Finding[] {
  const covers = (finding: Finding, { path, rule }: (typeof exceptions)[number]): boolean =>
    finding.path === path && finding.rule === rule;
  const idle = exceptions.filter((exception) => !findings.some((finding) => covers(finding, exception)));
  return [
    ...findings.filter((finding) => !exceptions.some((exception) => covers(finding, exception))),
    ...idle.map(({ path, rule }) => ({ path, line: 1, rule: 'exceptions', message: `nothing to except from ${rule}` })),
  ];
}

/** The declarations of exemptions.ts name files that exist, and there are few exceptions. */
function checkDeclared(files: readonly SourceFile[]): Finding[] {
  const path = 'tools/tidy/exemptions.ts';
  const known = new Set(files.map((file) => file.path));
  const missing = [...entryPoints, ...tables].filter((exemption) => !known.has(exemption.path));
  const findings = missing.map((exemption) => ({
    path,
    line: 1,
    rule: 'exceptions',
    message: `there is no ${exemption.path}`,
  }));
  if (exceptions.length > mostExceptions) {
    const message = `${exceptions.length} exceptions; at most ${mostExceptions}`;
    findings.push({ path, line: 1, rule: 'exceptions', message });
  }
  return findings;
}

function byPlace(a: Finding, b: Finding): number {
  if (a.path !== b.path) return a.path < b.path ? -1 : 1;
  return a.line - b.line;
}
