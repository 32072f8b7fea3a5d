import { readFileSync } from 'node:fs';
import { createCryptoProvider } from '@sallyport/crypto';
import { defaultSignatureAlgorithms } from '@sallyport/protocol/algorithms/signatures';
import { decodePrivateKeyFile } from '@sallyport/protocol/keys/formats/private-key-file';
import { preferencesOf } from 'sallyport/defaults';
import { endLines } from './end-lines.ts';
import { Authentication } from './login/authentication.ts';
import { PublicKeys } from './login/public-keys.ts';
import { openConnection } from './open-connection.ts';
import { LocalTerminal } from './session/local-terminal.ts';
import { runSession } from './session/run-session.ts';
import { openStandardStreams } from './session/standard-streams.ts';
import { openTransport } from './transport/open-transport.ts';
export async function main(argv: readonly string[]) {
  const [port, keyFile, cipher, tty, ...cmd] = argv;
  const crypto = createCryptoProvider();
  const v = process.env['V'] !== undefined;
  const log = (level: string, line: string) => {
    if (v || /fatal|error|info/.test(level)) process.stderr.write(`${level}: ${line}\r\n`);
  };
  const t = await openTransport(
    process.env['PROXY']
      ? { command: process.env['PROXY'], shell: '/bin/sh', env: process.env as any, log }
      : { host: '127.0.0.1', port: Number(port), keepAlive: true, log },
  );
  if ('message' in t) {
    log('error', t.message);
    return 255;
  }
  const key = decodePrivateKeyFile(readFileSync(keyFile!)).open(crypto, new Uint8Array(0))!;
  const c = await openConnection({
    stream: t.stream,
    log,
    judgeHostKey: () => true,
    stack: {
      user: 'root',
      transport: {
        crypto,
        identification: 'SSH-2.0-Sallyport_0.1',
        now: performance.now(),
        log,
        preferences: preferencesOf('client', cipher ? { ciphers: [cipher] } : {}),
      },
    },
    login: new Authentication({
      names: { user: 'root', host: 'h' },
      publicKeys: new PublicKeys({
        crypto,
        log,
        hostBound: true,
        algorithms: defaultSignatureAlgorithms,
        keys: [
          {
            name: keyFile!,
            source: 'file',
            isExplicit: true,
            publicKey: key.publicKey.blob,
            sign: (a, d) => key.sign(crypto, a, d),
          },
        ],
      }),
      preferred: ['publickey'],
      enabled: ['publickey'],
      batchMode: true,
      passwordPrompts: 3,
      devices: '',
      ask: async () => new Uint8Array(0),
      showBanner: (x) => process.stderr.write(x),
      log,
    }),
  });
  if ('cause' in c) {
    for (const l of endLines(c, t.ends?.peer)) log(l.level, l.text);
    return 255;
  }
  const end = await runSession(c.port, {
    host: '127.0.0.1',
    peer: t.ends?.peer,
    program: cmd.length ? { type: 'exec', command: cmd.join(' ') } : { type: 'shell' },
    environment: [],
    ...openStandardStreams(),
    ...(tty === 'tty'
      ? {
          terminal: {
            local: new LocalTerminal(0),
            term: process.env['TERM'] ?? 'dumb',
            isRequired: false,
            escapeByte: 126,
          },
        }
      : {}),
    isOnlySession: true,
    log,
    print: (x) => process.stderr.write(x),
    isQuiet: () => false,
    changeVerbosity: () => 'INFO',
  });
  return end.status;
}
if (process.argv[1]?.includes('zz-mini')) process.exit(await main(process.argv.slice(2)));
