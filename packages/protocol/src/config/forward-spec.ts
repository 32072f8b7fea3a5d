// Port forwardings as options and configuration write them: `[bind:]port:host:hostport`, sockets by absolute path,
// IPv6 in brackets, a port alone for SOCKS, `host:port` of -W. Names are not looked up.

import { parsePort } from './quantities.ts';

/** A TCP end; a listening one without host means "as GatewayPorts says", with '' or '*' all addresses. */
export interface TcpEnd {
  readonly kind: 'tcp';
  readonly host?: string;
  readonly port: number;
}

export interface SocketEnd {
  readonly kind: 'socket';
  readonly path: string;
}

export interface Forward {
  readonly listen: TcpEnd | SocketEnd;
  /** 'socks': where to is asked by the SOCKS protocol. */
  readonly connect: TcpEnd | SocketEnd | 'socks';
}

export type ForwardKind = 'local' | 'remote' | 'dynamic';

interface Field {
  readonly text: string;
  readonly isPath: boolean;
}

const maximumFieldLength = 1024;

/** -L, -R, -D and their keywords; undefined if the text is no such forwarding. */
export function parseForward(text: string, kind: ForwardKind): Forward | undefined {
  const fields = splitFields(text.trim());
  if (fields === undefined || fields.some((field) => field.text.length > maximumFieldLength)) return undefined;
  const forward = kind === 'dynamic' ? socksForward(fields) : (connectingForward(fields) ?? remoteSocks(fields, kind));
  return forward !== undefined && portsFit(forward, kind) ? forward : undefined;
}

function remoteSocks(fields: readonly Field[], kind: ForwardKind): Forward | undefined {
  return kind === 'remote' ? socksForward(fields) : undefined;
}

function socksForward(fields: readonly Field[]): Forward | undefined {
  const [first, second] = fields;
  if (fields.length === 1 && first !== undefined) {
    const listen = first.isPath ? socketEnd(first) : tcpEnd(undefined, first);
    return listen && { listen, connect: 'socks' };
  }
  if (fields.length !== 2 || first?.isPath || second === undefined || second.isPath) return undefined;
  const listen = tcpEnd(first, second);
  return listen && { listen, connect: 'socks' };
}

// By the number of fields, and which of them are paths.
function connectingForward(fields: readonly Field[]): Forward | undefined {
  const paths = fields.map((field) => (field.isPath ? 'P' : 't')).join('');
  const [first, second, third, fourth] = fields;
  switch (paths) {
    case 'PP':
      return ends(socketEnd(first), socketEnd(second));
    case 'tP':
      return ends(tcpEnd(undefined, first), socketEnd(second));
    case 'ttP':
      return ends(tcpEnd(first, second), socketEnd(third));
    case 'Ptt':
      return ends(socketEnd(first), tcpEnd(second, third));
    case 'ttt':
      return ends(tcpEnd(undefined, first), tcpEnd(second, third));
    case 'tttt':
      return ends(tcpEnd(first, second), tcpEnd(third, fourth));
    default:
      return undefined;
  }
}

function ends(listen: TcpEnd | SocketEnd | undefined, connect: TcpEnd | SocketEnd | undefined): Forward | undefined {
  return listen === undefined || connect === undefined ? undefined : { listen, connect };
}

function socketEnd(field: Field | undefined): SocketEnd | undefined {
  return field === undefined ? undefined : { kind: 'socket', path: field.text };
}

function tcpEnd(host: Field | undefined, port: Field | undefined): TcpEnd | undefined {
  const number = port === undefined ? undefined : parsePort(port.text);
  if (number === undefined) return undefined;
  return host === undefined ? { kind: 'tcp', port: number } : { kind: 'tcp', host: host.text, port: number };
}

function portsFit(forward: Forward, kind: ForwardKind): boolean {
  const { listen, connect } = forward;
  if (listen.kind === 'tcp' && listen.port === 0 && kind !== 'remote') return false;
  if (connect === 'socks' || connect.kind === 'socket') return true;
  return connect.port > 0 && connect.host !== '';
}

function splitFields(text: string): readonly Field[] | undefined {
  const fields: Field[] = [];
  for (let at = 0; at <= text.length; ) {
    if (fields.length === 4) return undefined;
    const field = readField(text, at);
    if (field === undefined) return undefined;
    fields.push(field.field);
    at = field.end + 1;
  }
  return fields;
}

function readField(text: string, from: number): { readonly field: Field; readonly end: number } | undefined {
  const first = text.charAt(from);
  if (first === '[') return readBracketed(text, from);
  let value = '';
  let at = from;
  for (; at < text.length && text.charAt(at) !== ':'; at++) {
    if (text.charAt(at) === '\\' && at + 1 < text.length) at++;
    value += text.charAt(at);
  }
  return { field: { text: value, isPath: first === '/' }, end: at };
}

function readBracketed(text: string, from: number): { readonly field: Field; readonly end: number } | undefined {
  const close = text.indexOf(']', from);
  if (close < 0) return undefined;
  const value = text.slice(from + 1, close);
  const end = close + 1;
  if (end < text.length && text.charAt(end) !== ':') return undefined;
  return { field: { text: value, isPath: value.startsWith('/') }, end };
}

/** -W: `host:port`, `[v6]:port`, or a socket's path. */
export function parseStdioForward(text: string): TcpEnd | SocketEnd | undefined {
  if (text.startsWith('/')) return { kind: 'socket', path: text };
  const fields = splitFields(text);
  if (fields?.length !== 2) return undefined;
  const end = tcpEnd(fields[0], fields[1]);
  return end === undefined || end.port === 0 || end.host === '' ? undefined : end;
}

function formatEnd(end: TcpEnd | SocketEnd): string {
  if (end.kind === 'socket') return end.path;
  return end.host === undefined ? `${end.port}` : `[${end.host}]:${end.port}`;
}

/** As `-G` prints a forwarding after its keyword. */
export function formatForward(forward: Forward): string {
  const listen = formatEnd(forward.listen);
  return forward.connect === 'socks' ? listen : `${listen} ${formatEnd(forward.connect)}`;
}
