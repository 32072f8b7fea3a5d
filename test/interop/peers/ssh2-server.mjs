// A server of npm ssh2 that runs commands with the shell. Arguments: host key, authorized_keys. Prints its port, and
// serves until it is ended.
import { spawn } from 'node:child_process';
import { serve } from './ssh2-login.mjs';

const [hostKey, authorizedKeys] = process.argv.slice(2);

serve({ hostKey, authorizedKeys }, (session) => {
  session.on('exec', (acceptCommand, _reject, { command }) => {
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
