// Which package and which folder may import which, as in ARCHITECTURE.md, and the rule that reads the tables. Test
// files may import whatever their project references allow; the direction binds the code that ships.

import type { Finding, SourceFile } from './source-file.ts';

interface PackageRow {
  readonly packages: readonly string[];
  /** Packages of npm, and `node:` for the runtime's builtins. */
  readonly externals: readonly string[];
}

const library = ['protocol', 'crypto', 'system', 'sallyport'];

const packageRows: Readonly<Record<string, PackageRow>> = {
  protocol: { packages: [], externals: [] },
  crypto: { packages: ['protocol'], externals: ['node:', '@noble/hashes', '@noble/post-quantum', 'pako'] },
  system: { packages: ['protocol'], externals: ['node:', 'bun:ffi', 'koffi'] },
  sallyport: { packages: ['protocol', 'crypto', 'system'], externals: ['node:'] },
  programs: { packages: library, externals: ['node:'] },
  sshd: { packages: library, externals: ['node:'] },
  executable: { packages: ['programs', 'sshd'], externals: ['node:'] },
  testing: { packages: library, externals: ['node:'] },
};

const ground = ['wire', 'codec', 'failure', 'log'];
const nouns = ['algorithms', 'keys', 'messages'];
const firstRows = [...ground, ...nouns];

/**
 * The folders of packages/protocol/src and what each may import besides itself; `.` is a file that stands beside them.
 */
const folderRows: Readonly<Record<string, readonly string[]>> = {
  wire: [],
  codec: ['wire'],
  failure: ['wire', 'codec'],
  log: ['wire', 'codec', 'failure'],
  algorithms: ground,
  keys: [...ground, 'algorithms'],
  messages: ground,
  transport: [...firstRows, 'engine'],
  userauth: [...firstRows, 'engine'],
  connection: [...firstRows, 'engine'],
  sftp: firstRows,
  scp: firstRows,
  agent: [...firstRows, 'engine'],
  mux: firstRows,
  socks: firstRows,
  terminal: firstRows,
  config: firstRows,
  stack: [...firstRows, 'engine', 'transport', 'userauth', 'connection'],
  engine: ground,
};

export function checkLayers(file: SourceFile): Finding[] {
  const [, owner = ''] = /^packages\/([^/]+)\/src\//.exec(file.path) ?? [];
  if (owner === '' || file.isTest) return [];
  const row = packageRows[owner];
  if (row === undefined) return [finding(file, 1, `package ${owner} is not in the table of packages`)];
  return file.imports.flatMap(({ specifier, target, line }) => {
    if (target === undefined) {
      const allowed = row.externals.some((name) => specifier === name || specifier.startsWith(prefixOf(name)));
      return allowed ? [] : [finding(file, line, `packages/${owner} must not import ${specifier}`)];
    }
    const [, other = ''] = /^packages\/([^/]+)\/src\//.exec(target) ?? [];
    if (other === owner) return owner === 'protocol' ? checkFolder(file, target, line) : [];
    const message = `packages/${owner} must not import packages/${other}; it may import ${listOf(row.packages)}`;
    return row.packages.includes(other) ? [] : [finding(file, line, message)];
  });
}

function prefixOf(name: string): string {
  return name.endsWith(':') ? name : `${name}/`;
}

function checkFolder(file: SourceFile, target: string, line: number): Finding[] {
  const from = layerOf(file.path);
  const to = layerOf(target);
  if (from === to || from === 'index') return [];
  const allowed = folderRows[from];
  if (allowed === undefined) return [finding(file, line, `${from} is not in the table of folders`)];
  if (allowed.includes(to)) return [];
  return [finding(file, line, `protocol/${from} must not import protocol/${to}; it may import ${listOf(allowed)}`)];
}

/** The folder of a file of the protocol package, or the name of a file that stands beside the folders. */
function layerOf(path: string): string {
  const [first = ''] = path.slice('packages/protocol/src/'.length).split('/');
  return first.replace(/\.ts$/, '');
}

function listOf(names: readonly string[]): string {
  return names.length === 0 ? 'nothing' : names.join(', ');
}

function finding({ path }: SourceFile, line: number, message: string): Finding {
  return { path, line, rule: 'layers', message };
}
