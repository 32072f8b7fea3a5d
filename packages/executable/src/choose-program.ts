// Which program a call of the executable means: the last part of the name it was called by (`/usr/bin/ssh`, `sshd`),
// or, when that is not the name of a program (`sallyport ssh host`), its first argument. Does not load or run anything.

export interface Choice {
  readonly name: string | undefined;
  readonly argv: readonly string[];
}

/**
 * `argv0` is the name that the caller gave, `argv` the arguments after it. `name` is undefined if neither names a
 * program.
 */
export function chooseProgram(argv0: string, argv: readonly string[], names: readonly string[]): Choice {
  const called = argv0.slice(argv0.lastIndexOf('/') + 1);
  if (names.includes(called)) return { name: called, argv };
  const [first, ...rest] = argv;
  return first !== undefined && names.includes(first) ? { name: first, argv: rest } : { name: undefined, argv };
}
