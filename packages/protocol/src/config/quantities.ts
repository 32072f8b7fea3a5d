// Numbers as configuration and options write them: times (`1h30m`), sizes (`64K`), octal masks, ports, plain
// integers. Values outside of what 32-bit (times, integers) or 63-bit (sizes) C numbers hold are refused, as
// OpenSSH refuses them.

import type { Problem } from './config-error.ts';
import { problem } from './config-error.ts';

const secondsPer: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['s', 1],
  ['m', 60],
  ['h', 3600],
  ['d', 86_400],
  ['w', 604_800],
]);

/** Largest number of seconds and largest integer value. */
export const maximumInteger = 0x7fffffff;

/** Seconds of a time such as `90`, `10m` or `1h30m`; undefined if it is none or too large. */
export function parseTime(text: string): number | undefined {
  if (text === '' || !/^(?:[0-9]+[smhdw])*[0-9]*$/i.test(text)) return undefined;
  let total = 0;
  for (const [, digits = '', unit = ''] of text.matchAll(/([0-9]+)([smhdw]?)/gi)) {
    total += Number(digits) * (secondsPer.get(unit.toLowerCase()) as number);
    if (total > maximumInteger) return undefined;
  }
  return total;
}

const bytesPer: ReadonlyMap<string, bigint> = new Map([
  ['', 1n],
  ['B', 1n],
  ['K', 1n << 10n],
  ['M', 1n << 20n],
  ['G', 1n << 30n],
  ['T', 1n << 40n],
  ['P', 1n << 50n],
  ['E', 1n << 60n],
]);

/** Bytes of a size such as `512`, `64K` or `1G`; the Problem is the system's word for what is wrong. */
export function parseSize(text: string): bigint | Problem {
  const parts = /^([0-9]+)([BKMGTPE]?)$/i.exec(text);
  if (parts === null) return problem('Invalid argument');
  const [, digits = '', unit = ''] = parts;
  if (digits.length > 19) return problem('Numerical result out of range');
  const bytes = BigInt(digits) * (bytesPer.get(unit.toUpperCase()) as bigint);
  return bytes >= 1n << 63n ? problem('Numerical result out of range') : bytes;
}

/** A decimal integer from 0; the Problem is one word. */
export function parseInteger(text: string | undefined): number | Problem {
  if (text === undefined || text === '') return problem('missing');
  if (!/^[+-]?[0-9]+$/.test(text)) return problem('invalid');
  const value = Number(text);
  if (value < 0) return problem('too small');
  return value > maximumInteger ? problem('too large') : value;
}

/** A TCP port 0–65535; undefined if the text is none. */
export function parsePort(text: string): number | undefined {
  if (!/^[0-9]{1,10}$/.test(text)) return undefined;
  const value = Number(text);
  return value <= 65_535 ? value : undefined;
}

/** An octal file mode mask 0–0777. */
export function parseMask(text: string): number | undefined {
  if (!/^[0-7]{1,10}$/.test(text)) return undefined;
  const value = Number.parseInt(text, 8);
  return value <= 0o777 ? value : undefined;
}
