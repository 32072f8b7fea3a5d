// What the rules know of particular files: entry points, which may do something when they are loaded; tables, whose
// length is that of their content; and exceptions, each with its reason, no more than five.

interface Exemption {
  readonly path: string;
  readonly reason: string;
}

interface Exception extends Exemption {
  readonly rule: string;
}

export const mostExceptions = 5;

/** Files that are started, not imported. Those of tools/ stand directly in that folder. */
export const entryPoints: readonly Exemption[] = [
  { path: 'packages/executable/src/main.ts', reason: 'the executable' },
  { path: 'tools/test/node-reporter.ts', reason: 'named to Node on the command line' },
];

/** Tables, vectors and generated files: exempt from the length of a file and of a line. */
export const tables: readonly Exemption[] = [
  { path: 'packages/protocol/src/log/stable-lines.ts', reason: 'one log line per row, as other tools match it' },
  { path: 'packages/crypto/src/known-answers.test.ts', reason: 'vectors of the specifications' },
];

export const exceptions: readonly Exception[] = [];
