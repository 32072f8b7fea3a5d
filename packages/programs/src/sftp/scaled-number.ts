// Sizes for people: about three digits and a unit of 1024, as fmt_scaled(3) of the BSDs writes them: `1.2K`, `123K`,
// `17B`.

const units = ['B', 'K', 'M', 'G', 'T', 'P', 'E'] as const;

/** `size` is not negative. */
export function scaledNumber(size: bigint): string {
  let unit = 0;
  while (unit < units.length - 1 && size >= 1n << BigInt(10 * (unit + 1))) unit++;
  if (size === 0n) return '0B';
  if (unit === 0) return `${size}B`;
  const scale = 1n << BigInt(10 * unit);
  let whole = size / scale;
  let tenths = (10n * ((size % scale) / (scale >> 10n)) + 512n) / 1024n;
  if (tenths >= 10n) {
    whole += 1n;
    tenths = 0n;
  }
  if (whole < 100n) return `${whole}.${tenths}${units[unit]}`;
  return `${tenths >= 5n ? whole + 1n : whole}${units[unit]}`;
}
