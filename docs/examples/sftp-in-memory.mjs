// An SFTP server without a disk: files live in a Map while the server runs. A database or a bucket goes behind the same
// functions; what is left away (links, modes, renames, …) clients are told is not supported.
//   node docs/examples/sftp-in-memory.mjs port "ssh-ed25519 AAAA…"
//   sftp -P port anybody@127.0.0.1

import { createServer, generatePrivateKey, sftpServer } from 'sallyport';

const [port, allowedKey] = process.argv.slice(2);

/** Contents by path; every folder is the same one. */
const files = new Map([['/welcome.txt', Buffer.from('This file was never on a disk.\n')]]);

const folder = { permissions: 0o040755 };
const regular = (data) => ({ size: BigInt(data.length), permissions: 0o100644 });

/** Errors have the system's codes: clients get the matching status. */
function refuse(code) {
  throw Object.assign(new Error(code), { code });
}

/** The absolute path of what a client calls a file. */
function absolute(path) {
  return new URL(Buffer.from(path).toString(), 'memory:///').pathname;
}

function openFile(path, { write, create, truncate, exclusive }) {
  if (!files.has(path) && !create) refuse('ENOENT');
  if (files.has(path) && exclusive) refuse('EEXIST');
  if (!files.has(path) || (truncate && write)) files.set(path, Buffer.alloc(0));
  return {
    read: (room, position) => files.get(path).copy(room, 0, Number(position)),
    write(data, position) {
      if (position > 64n * 1024n * 1024n) refuse('EFBIG');
      const old = files.get(path);
      const grown = Buffer.alloc(Math.max(old.length, Number(position) + data.length));
      old.copy(grown);
      grown.set(data, Number(position));
      files.set(path, grown);
    },
    stat: () => regular(files.get(path)),
    close() {},
  };
}

const memory = {
  open: (path, options) => openFile(absolute(path), options),
  openDirectory() {
    const entries = [...files].map(([path, data]) => ({ name: Buffer.from(path.slice(1)), attributes: regular(data) }));
    return { read: () => entries.splice(0), close() {} };
  },
  stat(path) {
    const name = absolute(path);
    return name === '/' ? folder : regular(files.get(name) ?? refuse('ENOENT'));
  },
  realPath: (path) => Buffer.from(absolute(path)),
  remove: (path) => void (files.delete(absolute(path)) || refuse('ENOENT')),
};

const server = createServer({
  hostKeys: [generatePrivateKey()],
  login: {
    publicKey: ({ keyType, key }) => ({ allow: `${keyType} ${Buffer.from(key).toString('base64')}` === allowedKey }),
  },
  session: sftpServer(memory),
  onError: (error) => process.stderr.write(`${String(error)}\n`),
});

await server.listen({ port: Number(port) });
process.stdout.write(`listening on port ${server.port}\n`);
process.once('SIGTERM', () => void server.close());
