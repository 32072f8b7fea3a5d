// Runs one command through npm ssh2, standard streams and exit status being the command's. Arguments: port, user, user key,
// command. The host key is compared with the known_hosts file given last.
import { connect } from './ssh2-login.mjs';

const [port, user, key, command, knownHosts] = process.argv.slice(2);
const client = connect({ port, user, key, knownHosts });

client.on('ready', () => {
  client.exec(command, (error, channel) => {
    if (error) throw error;
    let status = 255;
    channel.on('exit', (code) => {
      status = code;
    });
    channel.on('close', () => {
      client.end();
      process.exitCode = status;
    });
    channel.pipe(process.stdout);
    channel.stderr.pipe(process.stderr);
    process.stdin.pipe(channel);
  });
});
