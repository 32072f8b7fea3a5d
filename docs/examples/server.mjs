// A server with two commands, for the holder of one key:
//   node docs/examples/server.mjs port "ssh-ed25519 AAAA…"
//   ssh -p port anybody@127.0.0.1 add 1 2 3
// Its host key is new at each start; a real server reads one: readPrivateKey('/path/to/key').

import { createServer, generatePrivateKey } from 'sallyport';

const [port, allowedKey] = process.argv.slice(2);

/** What clients can run: each gets its words and the session's streams, and returns an exit status. */
const commands = {
  async add(words, session) {
    const sum = words.reduce((total, word) => total + Number(word), 0);
    await session.stdout.write(`${sum}\n`);
    return Number.isNaN(sum) ? 1 : 0;
  },
  async upper(_, session) {
    for await (const line of session.stdin.lines()) await session.stdout.write(`${line.toUpperCase()}\n`);
    return 0;
  },
};

const server = createServer({
  hostKeys: [generatePrivateKey()],
  login: {
    // The library has verified the signature when `verified` is true; this says only whose key may come in.
    publicKey: ({ keyType, key }) => ({
      allow: `${keyType} ${Buffer.from(key).toString('base64')}` === allowedKey,
      identity: 'the holder of the key',
    }),
  },
  async session(session) {
    const [name, ...words] = session.program.kind === 'exec' ? session.program.command.split(' ') : [];
    if (Object.hasOwn(commands, name)) return await commands[name](words, session);
    await session.stderr.write(`commands: ${Object.keys(commands).join(', ')}\n`);
    return 127;
  },
  onError: (error) => process.stderr.write(`${String(error)}\n`),
});

await server.listen({ port: Number(port) });
process.stdout.write(`listening on port ${server.port}\n`);
process.once('SIGTERM', () => void server.close());
