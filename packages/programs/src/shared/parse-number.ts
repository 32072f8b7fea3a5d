// Decimal numbers in options, judged as strtonum(3) does: the reason for a refusal is one of its three words, which
// messages carry in parentheses.

export type NumberProblem = 'invalid' | 'too small' | 'too large';

/** The number, or why it is none within the bounds (inclusive). */
export function parseNumber(text: string, minimum: number, maximum: number): number | NumberProblem {
  if (!/^[ \t\n]*[+-]?\d+$/.test(text)) return 'invalid';
  const value = Number(text);
  if (value < minimum) return 'too small';
  return value > maximum ? 'too large' : value;
}
