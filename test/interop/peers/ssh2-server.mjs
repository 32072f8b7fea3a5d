// A server of npm ssh2 that runs commands with the shell. Arguments: host key, authorized_keys. Prints its port, and
// serves until it is ended.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import ssh2 from 'ssh2';

const [hostKey, authorizedKeys] = process.argv.slice(2);
const authorized = readFileSync(authorizedKeys, 'utf8')
  .split('\n')
  .filter(Boolean)
  .map((line) => ssh2.utils.parseKey(line));

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
  client.on('session', (accept) => {
    accept().on('exec', (acceptCommand, _reject, { command }) => {
      const channel = acceptCommand();
      const child = spawn('/bin/sh', ['-c', command]);
      child.stdin.on('error', () => undefined);
      channel.pipe(child.stdin);
      child.stdout.pipe(channel, { end: false });
      child.stderr.pipe(channel.stderr, { end: false });
      child.on('close', (code) => {
        channel.exit(code ?? 255);
        channel.end();
      });
    });
  });
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`));
