// CBOR as authenticators speak it (RFC 8949, and CTAP 2.1 section 8: definite lengths, keys in canonical order), for
// the software authenticator of the tests. What it decodes comes from a library that we trust.

export type Cbor = number | string | boolean | Uint8Array | readonly Cbor[] | CborMap;
export type CborMap = ReadonlyMap<number | string, Cbor>;

const majorTypes = { unsigned: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5, simple: 7 } as const;
const simpleValues = { false: 20, true: 21 } as const;

function head(major: number, value: number): Buffer {
  if (value < 24) return Buffer.of((major << 5) | value);
  if (value < 0x100) return Buffer.of((major << 5) | 24, value);
  const long = Buffer.alloc(value < 0x10000 ? 3 : 5);
  long[0] = (major << 5) | (value < 0x10000 ? 25 : 26);
  if (value < 0x10000) long.writeUInt16BE(value, 1);
  else long.writeUInt32BE(value, 1);
  return long;
}

export function encodeCbor(value: Cbor): Buffer {
  if (typeof value === 'boolean') return head(majorTypes.simple, value ? simpleValues.true : simpleValues.false);
  if (typeof value === 'number') {
    return value < 0 ? head(majorTypes.negative, -1 - value) : head(majorTypes.unsigned, value);
  }
  if (typeof value === 'string') {
    const text = Buffer.from(value, 'utf8');
    return Buffer.concat([head(majorTypes.text, text.length), text]);
  }
  if (value instanceof Uint8Array) return Buffer.concat([head(majorTypes.bytes, value.length), value]);
  if (value instanceof Map) return encodeMap(value as CborMap);
  const items = value as readonly Cbor[];
  return Buffer.concat([head(majorTypes.array, items.length), ...items.map(encodeCbor)]);
}

/** Shorter keys first, then by their bytes. */
function encodeMap(map: CborMap): Buffer {
  const entries = [...map].map(([key, value]) => [encodeCbor(key), encodeCbor(value)] as const);
  entries.sort(([a], [b]) => a.length - b.length || Buffer.compare(a, b));
  return Buffer.concat([head(majorTypes.map, entries.length), ...entries.flat()]);
}

/** The first value, and the bytes behind it. */
export function decodeCbor(data: Buffer): { readonly value: Cbor; readonly rest: Buffer } {
  const first = data[0] ?? 0;
  const { argument, rest } = argumentOf(first & 0x1f, data.subarray(1));
  switch (first >> 5) {
    case majorTypes.unsigned:
      return { value: argument, rest };
    case majorTypes.negative:
      return { value: -1 - argument, rest };
    case majorTypes.bytes:
      return { value: rest.subarray(0, argument), rest: rest.subarray(argument) };
    case majorTypes.text:
      return { value: rest.toString('utf8', 0, argument), rest: rest.subarray(argument) };
    case majorTypes.array:
      return decodeItems(argument, rest);
    case majorTypes.map: {
      const { value: items, rest: behind } = decodeItems(2 * argument, rest);
      const map = new Map<number | string, Cbor>();
      for (let at = 0; at < items.length; at += 2) map.set(items[at] as number | string, items[at + 1] as Cbor);
      return { value: map, rest: behind };
    }
    default:
      return { value: argument === simpleValues.true, rest };
  }
}

function decodeItems(count: number, data: Buffer): { readonly value: readonly Cbor[]; readonly rest: Buffer } {
  const items: Cbor[] = [];
  let rest = data;
  for (let index = 0; index < count; index++) {
    const item = decodeCbor(rest);
    items.push(item.value);
    rest = item.rest;
  }
  return { value: items, rest };
}

function argumentOf(short: number, data: Buffer): { readonly argument: number; readonly rest: Buffer } {
  if (short < 24) return { argument: short, rest: data };
  const length = 2 ** (short - 24);
  return { argument: data.readUIntBE(0, length), rest: data.subarray(length) };
}
