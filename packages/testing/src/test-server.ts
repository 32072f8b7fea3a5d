// A server of the library for tests: a key of its own, everybody may log in unless a test says otherwise, and a
// handful of commands that do what tests need.

import { setTimeout as delay } from 'node:timers/promises';

import { createCryptoProvider } from '@sallyport/crypto';
import { fingerprint } from '@sallyport/protocol/keys/fingerprint';
import { formatPublicLine } from '@sallyport/protocol/keys/formats/public-line';
import type { PrivateKey } from '@sallyport/protocol/keys/private-key';
import type { ConnectOptions, Server, ServerOptions, ServerSession } from 'sallyport';
import { createServer, generatePrivateKey } from 'sallyport';

export interface TestServer extends AsyncDisposable {
  readonly server: Server;
  readonly port: number;
  readonly hostKey: PrivateKey;
  /** `type base64` and `SHA256:…` of the host key. */
  readonly hostKeyLine: string;
  readonly hostKeyFingerprint: string;
  /** What the server reported. */
  readonly errors: unknown[];
  /** What connect() needs to get in: host, port, pinned key, no keys of the machine. */
  readonly target: ConnectOptions;
}

export async function startTestServer(options: Partial<ServerOptions> = {}): Promise<TestServer> {
  const hostKey = generatePrivateKey();
  const errors: unknown[] = [];
  const server = await createServer({
    hostKeys: [hostKey],
    login: { none: () => ({ allow: true }) },
    session: testCommands,
    onError: (error) => errors.push(error),
    ...options,
  }).listen({ port: 0 });
  const { port } = server;
  const hostKeyLine = formatPublicLine(hostKey.publicKey, '');
  const target: ConnectOptions = {
    host: '127.0.0.1',
    port,
    user: 'somebody',
    hostKeys: [hostKeyLine],
    identities: [],
    agent: false,
  };
  return {
    server,
    port,
    hostKey,
    hostKeyLine,
    hostKeyFingerprint: fingerprint(createCryptoProvider(), hostKey.publicKey),
    errors,
    target,
    [Symbol.asyncDispose]: () => server.close(),
  };
}

type Command = (session: ServerSession, argument: string) => number | Promise<number>;

const commands: Readonly<Record<string, Command>> = {
  /** Sends back what it gets. */
  cat: async ({ stdin, stdout }) => {
    for await (const chunk of stdin) await stdout.write(chunk);
    return 0;
  },
  say: async ({ stdout }, text) => {
    await stdout.write(`${text}\n`);
    return 0;
  },
  complain: async ({ stderr }, text) => {
    await stderr.write(`${text}\n`);
    return 1;
  },
  exit: (_, status) => Number(status),
  die: (session, signal) => {
    session.exit({ signal, coreDumped: false, description: 'as told' });
    return 0;
  },
  /** That many bytes, each the low byte of its offset divided by 1024. */
  produce: async ({ stdout }, count) => {
    for (let left = Number(count), at = 0; left > 0; ) {
      const size = Math.min(left, 64 * 1024);
      await stdout.write(patternOf(at, size));
      at += size;
      left -= size;
    }
    return 0;
  },
  /** Counts what it gets until its end. */
  count: async ({ stdin, stdout }) => {
    let bytes = 0;
    for await (const chunk of stdin) bytes += chunk.length;
    await stdout.write(String(bytes));
    return 0;
  },
  /** Tells requests as they come; ends by the first signal. */
  requests: async (session) => {
    await session.stdout.write('ready\n');
    for await (const request of session.requests) {
      await session.stdout.write(`${JSON.stringify(request)}\n`);
      if (request.type === 'signal') session.exit({ signal: request.name, coreDumped: false, description: '' });
    }
    return 0;
  },
  env: async ({ env, terminal, stdout }) => {
    const size = terminal === undefined ? 'none' : `${terminal.term} ${terminal.columns}x${terminal.rows}`;
    await stdout.write(`${JSON.stringify([...env])} terminal ${size}`);
    return 0;
  },
  /** Does nothing until the client is gone. */
  hold: async ({ signal, stdout }) => {
    await stdout.write('holding\n');
    while (!signal.aborted) await delay(5);
    return 0;
  },
  throw: () => {
    throw new Error('thrown by the command');
  },
};

/** The commands above by their first word; a shell or subsystem is refused with status 127. */
export async function testCommands(session: ServerSession): Promise<number> {
  if (session.program.kind !== 'exec') return 127;
  const [name = '', ...rest] = session.program.command.split(' ');
  const command = commands[name];
  return command === undefined ? 127 : await command(session, rest.join(' '));
}

/** What `produce` writes from an offset on. */
export function patternOf(from: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => ((from + i) >>> 10) & 0xff);
}
