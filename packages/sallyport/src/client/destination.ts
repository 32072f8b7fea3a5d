// What a destination string names: `host`, `user@host`,
// `user@host:port`, `[v6]:port` or `ssh://user@host:port`.

export interface Destination {
  readonly user: string | undefined;
  readonly host: string;
  readonly port: number | undefined;
}

/**
 * Throws TypeError for what names no host: empty, with blanks or control characters, beginning with `-`, a port out
 * of range.
 */
export function parseDestination(text: string): Destination {
  const rest = text.startsWith('ssh://') ? text.slice('ssh://'.length).replace(/\/$/, '') : text;
  const at = rest.lastIndexOf('@');
  const user = at < 0 ? undefined : rest.slice(0, at);
  const place = rest.slice(at + 1);
  const match = /^(?:\[([^\]]+)\]|([^:]+|[^:]*:[^:]*:.*?))(?::(\d{1,5}))?$/.exec(place);
  const host = match?.[1] ?? match?.[2] ?? '';
  const port = match?.[3] === undefined ? undefined : Number(match[3]);
  const wrong = host === '' || host.startsWith('-') || /[\s\p{Cc}]/u.test(rest) || user === '' || user?.startsWith('-');
  if (wrong === true || (port !== undefined && (port < 1 || port > 65535))) {
    throw new TypeError(`not a destination: ${JSON.stringify(text)}`);
  }
  return { user, host, port };
}
