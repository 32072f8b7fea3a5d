// MaxStartups (start:rate:full) as arithmetic: how many connections that have not authenticated may stand, and with
// which probability one more is dropped. The random number comes from outside.

export interface StartupLimits {
  readonly start: number;
  /** Percent refused once `start` is reached; grows linearly to 100 at `full`. */
  readonly rate: number;
  readonly full: number;
}

/** Whether the next connection is dropped; `dice` is a uniform number in [0, 100). */
export function dropsStartup(limits: StartupLimits, standing: number, dice: number): boolean {
  if (standing < limits.start) return false;
  if (standing >= limits.full) return true;
  if (limits.rate >= 100) return true;
  const slope = (100 - limits.rate) / (limits.full - limits.start);
  return dice < limits.rate + slope * (standing - limits.start);
}
