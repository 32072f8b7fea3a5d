// IPv4 and IPv6 addresses in text (RFC 4291 section 2.2, RFC 4007 section 11 for zones) and CIDR networks, as numbers
// of fixed width. IPv4-mapped IPv6 addresses are read as the IPv4 address they carry, so that no list is evaded by the
// other spelling. Host names and shortened IPv4 forms (`10.1`) are not addresses.

export interface IpAddress {
  readonly bits: 32 | 128;
  readonly value: bigint;
  /** IPv6 zone ("eth0" of fe80::1%eth0), else empty. */
  readonly zone: string;
}

export interface IpNetwork {
  readonly address: IpAddress;
  readonly prefixBits: number;
}

const mappedPrefix = 0xffffn;

/** undefined when the text is not an address. */
export function parseIpAddress(text: string): IpAddress | undefined {
  const v4 = parseIpv4(text);
  if (v4 !== undefined) return { bits: 32, value: v4, zone: '' };
  const percent = text.indexOf('%');
  const zone = percent < 0 ? '' : text.slice(percent + 1);
  if (percent >= 0 && !/^[\w.-]{1,32}$/.test(zone)) return undefined;
  const v6 = parseIpv6(percent < 0 ? text : text.slice(0, percent));
  if (v6 === undefined) return undefined;
  if (v6 >> 32n === mappedPrefix) return { bits: 32, value: v6 & 0xffffffffn, zone: '' };
  return { bits: 128, value: v6, zone };
}

function parseIpv4(text: string): bigint | undefined {
  if (!/^(?:(?:0|[1-9]\d{0,2})\.){3}(?:0|[1-9]\d{0,2})$/.test(text)) return undefined;
  let value = 0n;
  for (const part of text.split('.')) {
    const octet = Number(part);
    if (octet > 255) return undefined;
    value = (value << 8n) | BigInt(octet);
  }
  return value;
}

function parseIpv6(text: string): bigint | undefined {
  if (text.length > 45 || !text.includes(':')) return undefined;
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const groups = halves.map((half, index) => parseGroups(half, index === halves.length - 1));
  const [head, tail] = groups;
  if (head === undefined || groups.includes(undefined)) return undefined;
  if (halves.length === 1) return head.length === 8 ? joinGroups(head) : undefined;
  const missing = 8 - head.length - (tail as number[]).length;
  if (missing < 1) return undefined;
  return joinGroups([...head, ...new Array<number>(missing).fill(0), ...(tail as number[])]);
}

function parseGroups(text: string, mayEndInIpv4: boolean): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (/^[0-9a-f]{1,4}$/i.test(part)) {
      groups.push(Number.parseInt(part, 16));
      continue;
    }
    const v4 = mayEndInIpv4 && index === parts.length - 1 ? parseIpv4(part) : undefined;
    if (v4 === undefined) return undefined;
    groups.push(Number(v4 >> 16n), Number(v4 & 0xffffn));
  }
  return groups.length > 8 ? undefined : groups;
}

function joinGroups(groups: readonly number[]): bigint {
  let value = 0n;
  for (const group of groups) value = (value << 16n) | BigInt(group);
  return value;
}

/** The usual text of an address (RFC 5952 section 4 for IPv6). */
export function formatIpAddress({ bits, value, zone }: IpAddress): string {
  if (bits === 32) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join('.');
  const groups = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16));
  const text = groups.join(':');
  const [zeros = ''] = (text.match(/\b0(?::0)+\b/g) ?? []).sort((a, b) => b.length - a.length);
  const at = zeros === '' ? -1 : text.search(new RegExp(`\\b${zeros}\\b`));
  const short = at < 0 ? text : `${text.slice(0, at)}::${text.slice(at + zeros.length)}`.replace(/:{3,}/g, '::');
  return zone === '' ? short : `${short}%${zone}`;
}

/**
 * Reads `address` or `address/prefix`. 'not-a-network' when the text has another form, 'inconsistent' when the prefix
 * is too long for the family or bits after it are set.
 */
export function parseIpNetwork(text: string): IpNetwork | 'not-a-network' | 'inconsistent' {
  const slash = text.indexOf('/');
  const addressText = slash < 0 ? text : text.slice(0, slash);
  const address = parseIpAddress(addressText);
  if (address === undefined) return 'not-a-network';
  if (slash < 0) return { address, prefixBits: address.bits };
  const prefixText = text.slice(slash + 1);
  if (!/^\d{1,3}$/.test(prefixText) || Number(prefixText) > 128) return 'not-a-network';
  const mapped = address.bits === 32 && addressText.includes(':');
  const prefixBits = Number(prefixText) - (mapped ? 96 : 0);
  if (prefixBits < 0 || prefixBits > address.bits) return 'inconsistent';
  const hostBits = BigInt(address.bits - prefixBits);
  return (address.value >> hostBits) << hostBits === address.value ? { address, prefixBits } : 'inconsistent';
}

/** Whether the address is in the network: same family, same zone, same prefix. */
export function networkContains(network: IpNetwork, address: IpAddress): boolean {
  const base = network.address;
  if (base.bits !== address.bits || base.zone !== address.zone) return false;
  const hostBits = BigInt(base.bits - network.prefixBits);
  return base.value >> hostBits === address.value >> hostBits;
}
