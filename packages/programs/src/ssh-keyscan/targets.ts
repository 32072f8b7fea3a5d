// Which hosts to scan: operands, and lines of files that hold addresses and the names to print for them. Ranges of
// addresses are counted out one by one as they are reached, so that a large one needs no memory.

import { readFileSync } from 'node:fs';
import type { IpAddress } from '@sallyport/protocol/wire/ip-address';
import { formatIpAddress, parseIpAddress } from '@sallyport/protocol/wire/ip-address';
import { reasonOf } from '../shared/failure-reason.ts';
import { ProgramExit } from '../shared/program-exit.ts';
import { readRest } from '../shared/standard-streams.ts';
import { messages } from './messages.ts';

export interface Target {
  /** Names or addresses to connect to: the first one that answers. */
  readonly addresses: readonly string[];
  /** What to print. */
  readonly names: readonly string[];
}

/** Files first, then operands, as they stand. @throws ProgramExit when a file cannot be read */
export function* targets(files: readonly string[], operands: readonly string[]): Generator<Target, void, undefined> {
  for (const path of files) {
    for (const line of readHosts(path).split('\n')) yield* targetsOfLine(line);
  }
  for (const operand of operands) yield* targetsOf(operand, undefined);
}

function readHosts(path: string): string {
  try {
    return path === '-' ? Buffer.from(readRest()).toString('utf8') : readFileSync(path, 'utf8');
  } catch (error) {
    throw new ProgramExit(messages.cannotOpen(path, reasonOf(error)));
  }
}

/** `addresses [names]`; what follows the names belongs to them. */
function* targetsOfLine(line: string): Generator<Target, void, undefined> {
  const text = line.replace(/#.*$/, '').trim();
  if (text === '') return;
  const [, addresses = '', names] = /^(\S+)(?:\s+(.*))?$/.exec(text) ?? [];
  yield* targetsOf(addresses, names);
}

function* targetsOf(addresses: string, names: string | undefined): Generator<Target, void, undefined> {
  const range = rangeOf(addresses);
  if (range === undefined) {
    const list = addresses.split(',').filter((one) => one !== '');
    if (list.length > 0) yield { addresses: list, names: (names ?? addresses).split(',').filter((one) => one !== '') };
    return;
  }
  for (let value = range.first; value < range.first + range.count; value++) {
    const text = formatIpAddress({ ...range.address, value });
    yield { addresses: [text], names: names === undefined ? [text] : names.split(',') };
  }
}

interface AddressRange {
  readonly address: IpAddress;
  readonly first: bigint;
  readonly count: bigint;
}

/** The whole network of `address/prefix`, wherever in it the address is; undefined for another form. */
function rangeOf(text: string): AddressRange | undefined {
  const [, addressText = '', prefix = ''] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  const address = parseIpAddress(addressText);
  if (address === undefined || Number(prefix) > address.bits) return undefined;
  const count = 1n << BigInt(address.bits - Number(prefix));
  return { address, first: (address.value / count) * count, count };
}
