// What the programs with npm ssh2 have in common: a server that lets in the keys of a file, and a client that compares
// the host key with a file.
import { readFileSync } from 'node:fs';
import ssh2 from 'ssh2';

const linesOf = (file) => readFileSync(file, 'utf8').split('\n').filter(Boolean);

/** Prints its port, and serves until it is ended. */
export function serve({ hostKey, authorizedKeys }, onSession) {
  const authorized = linesOf(authorizedKeys).map((line) => ssh2.utils.parseKey(line));
  const server = new ssh2.Server({ hostKeys: [readFileSync(hostKey)] }, (client) => {
    client.on('authentication', (context) => {
      if (context.method !== 'publickey') return context.reject(['publickey']);
      const known = authorized.find((key) => key.getPublicSSH().equals(context.key.data));
      if (known === undefined) return context.reject();
      if (context.signature === undefined) return context.accept();
      if (known.verify(context.blob, context.signature, context.hashAlgo) !== true) return context.reject();
      return context.accept();
    });
    client.on('error', () => undefined);
    client.on('session', (accept) => onSession(accept()));
  });
  server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`));
}

/** A client that is logging in; it compresses when COMPRESSES is set. */
export function connect({ port, user, key, knownHosts }) {
  const known = linesOf(knownHosts).map((line) => line.split(' ')[2]);
  const client = new ssh2.Client();
  // Without, it waits 40 ms for most answers.
  client.on('connect', () => client.setNoDelay(true));
  return client.connect({
    host: '127.0.0.1',
    port: Number(port),
    username: user,
    privateKey: readFileSync(key),
    ...(process.env.COMPRESSES === undefined ? {} : { algorithms: { compress: ['zlib@openssh.com'] } }),
    hostVerifier: (blob) => known.includes(blob.toString('base64')),
  });
}
