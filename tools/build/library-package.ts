// The library as it is published, dist/npm/sallyport: the modules of four packages in one file for each public entry,
// with shared chunks beside them, and their types. Loading one file instead of 300 takes a third of the time, and V8
// compiles less. Packages of others stay dependencies. In the workspace everybody imports the modules.

import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';

/** What an application imports: `sallyport` and `sallyport/keys`. */
const entries = { '.': 'index', './keys': 'keys' } as const;
/** Packages whose modules become part of it. */
const ownPackages = ['protocol', 'crypto', 'system', 'sallyport'];

interface PackageFile {
  readonly version: string;
  readonly description?: string;
  readonly license?: string;
  readonly engines?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** Replaces the folder, which appears whole; `bun` is Bun's binary. @throws Error with what the bundler said */
export function buildLibrary(repository: string, folder: string, bun: string): void {
  const unfinished = `${folder}.${process.pid}`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  const description = packageFile(repository);
  bundle(bun, repository, { folder: unfinished, externals: Object.keys(description.dependencies) });
  copyTypes(repository, unfinished);
  writeFileSync(join(unfinished, 'package.json'), `${JSON.stringify(description, null, 2)}\n`);
  copyFileSync(join(repository, 'LICENSE'), join(unfinished, 'LICENSE'));
  rmSync(folder, { recursive: true, force: true });
  renameSync(unfinished, folder);
}

function bundle(bun: string, repository: string, output: { folder: string; externals: readonly string[] }): void {
  const { folder, externals } = output;
  const modules = join(repository, 'packages', 'sallyport', 'dist');
  const files = Object.values(entries).map((name) => join(modules, `${name}.js`));
  const flags = [
    '--target=node',
    '--format=esm',
    '--splitting',
    `--outdir=${folder}`,
    '--chunk-naming=chunk-[hash].js',
  ];
  const external = externals.flatMap((name) => ['--external', name, '--external', `${name}/*`]);
  const { status, stdout, stderr } = spawnSync(bun, ['build', ...flags, ...external, ...files], {
    cwd: repository,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${stdout}${stderr}`);
}

function readPackage(repository: string, name: string): PackageFile {
  return JSON.parse(readFileSync(join(repository, 'packages', name, 'package.json'), 'utf8')) as PackageFile;
}

function packageFile(repository: string) {
  const { version, description, license, engines } = readPackage(repository, 'sallyport');
  const needed = ownPackages.flatMap((name) => Object.entries(readPackage(repository, name).dependencies ?? {}));
  const targets = Object.entries(entries).map(([path, name]) => [
    path,
    { types: `./types/sallyport/${name}.d.ts`, default: `./${name}.js` },
  ]);
  return {
    name: 'sallyport',
    version,
    description,
    type: 'module',
    sideEffects: false,
    license,
    engines,
    exports: Object.fromEntries(targets),
    dependencies: Object.fromEntries(needed.filter(([name]) => !name.startsWith('@sallyport/'))),
  };
}

/** The declarations that the entries reach, `types/PACKAGE/PATH.d.ts`, pointing at each other by relative paths. */
function copyTypes(repository: string, folder: string): void {
  const waiting = Object.values(entries).map((name) => `sallyport/${name}`);
  const seen = new Set(waiting);
  for (let module = waiting.pop(); module !== undefined; module = waiting.pop()) {
    const [owner = '', ...path] = module.split('/');
    const here = module;
    const source = join(repository, 'packages', owner, 'dist', `${path.join('/')}.d.ts`);
    const text = readFileSync(source, 'utf8').replace(
      /(?<=\bfrom |\bimport\()['"]([^'"]+)['"]/g,
      (whole: string, specifier: string) => {
        const meant = moduleOf(here, specifier);
        if (meant === undefined) return whole;
        if (!seen.has(meant)) waiting.push(meant);
        seen.add(meant);
        const relative = posix.relative(posix.dirname(here), meant);
        return `'${relative.startsWith('.') ? relative : `./${relative}`}.js'`;
      },
    );
    const target = join(folder, 'types', `${module}.d.ts`);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
  }
}

/** `PACKAGE/PATH` of one of ours that a module names; undefined for what is not ours. */
function moduleOf(importer: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(importer), specifier.replace(/\.(ts|js)$/, ''));
  const [, owner, path = 'index'] = /^@sallyport\/([^/]+)(?:\/(.+))?$/.exec(specifier) ?? [];
  return owner === undefined ? undefined : `${owner}/${path}`;
}
