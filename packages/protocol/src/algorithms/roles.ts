// The two sides of a connection, and which of them offers an algorithm by default. Every table of algorithms is an
// array of rows that begin with what is here.

export type Role = 'client' | 'server';

/** Values of a table row's `defaultFor`. */
export const bothRoles: readonly Role[] = ['client', 'server'];
export const onlyClient: readonly Role[] = ['client'];

/** What every row of an algorithm table says about itself. */
export interface AlgorithmRow {
  readonly name: string;
  /** The roles that offer it unless told otherwise; the others have it available. */
  readonly defaultFor: readonly Role[];
  /** The section that defines it. */
  readonly reference: string;
}

/** The names that a role offers by default, in the table's order, which is the order of preference. */
export function defaultNames(rows: readonly AlgorithmRow[], role: Role): string[] {
  return rows.filter((row) => row.defaultFor.includes(role)).map((row) => row.name);
}
