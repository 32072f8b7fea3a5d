// Tables of the frames (wire/frame) that one process may send to another: a number, typed fields and a size limit each.
// What is not in its table cannot be said.

import type { Struct } from './struct.ts';

export interface FrameTableRow {
  readonly number: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- rows differ in their value types
  readonly fields: Struct<any>;
  readonly limitBytes: number;
}

/** The size limit of each number of the tables, and -1 for any other, as FrameReader wants it. */
export function limitsOf(...tables: readonly Readonly<Record<string, FrameTableRow>>[]): (number: number) => number {
  const limits = new Map<number, number>();
  for (const table of tables) for (const row of Object.values(table)) limits.set(row.number, row.limitBytes);
  return (number) => limits.get(number) ?? -1;
}

/** The name of a number in a table. */
export function callOfNumber<Table extends Readonly<Record<string, FrameTableRow>>>(
  table: Table,
  number: number,
): keyof Table | undefined {
  for (const [name, row] of Object.entries(table)) if (row.number === number) return name;
  return undefined;
}
