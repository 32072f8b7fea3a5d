// What the command lines of the programs have in common: a table of letters, each of which changes the draft of what
// the program is asked for, and the two ways in which a command line can be wrong.

import type { OptionReader } from '@sallyport/protocol/config/getopt';

/** Wrong use: the message, if any, then the usage. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A value that cannot be meant: its sentence is printed, without the usage. */
export class OptionError extends Error {
  override readonly name = 'OptionError';
}

/** A letter, and what it does to the draft. */
export interface OptionRow<Draft> {
  readonly letter: string;
  readonly takesValue: boolean;
  readonly apply: (draft: Draft, value: string) => void;
}

export function flag<Draft>(letter: string, apply: (draft: Draft) => void): OptionRow<Draft> {
  return { letter, takesValue: false, apply };
}

export function valued<Draft>(letter: string, apply: (draft: Draft, value: string) => void): OptionRow<Draft> {
  return { letter, takesValue: true, apply };
}

/** The letters of a table as getopt(3) wants them. */
export function lettersOf<Draft>(table: readonly OptionRow<Draft>[]): string {
  return table.map(({ letter, takesValue }) => (takesValue ? `${letter}:` : letter)).join('');
}

/** Applies options until an operand comes, or the row that `isEnough` names. @throws UsageError */
export function readOptions<Draft>(
  reader: OptionReader,
  table: readonly OptionRow<Draft>[],
  { draft, isEnough }: { readonly draft: Draft; readonly isEnough?: (draft: Draft) => boolean },
): void {
  for (let event = reader.next(); event !== undefined; event = reader.next()) {
    if (event.kind === 'error') throw new UsageError(event.message);
    const { letter, value } = event;
    table.find((row) => row.letter === letter)?.apply(draft, value);
    if (isEnough?.(draft) === true) return;
  }
}
