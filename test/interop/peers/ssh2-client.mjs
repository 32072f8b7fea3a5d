// Runs one command through npm ssh2, standard streams and exit status being the command's. Arguments: port, user, user key,
// command. The host key is compared with the known_hosts file given last.
import { readFileSync } from 'node:fs';
import ssh2 from 'ssh2';

const [port, user, key, command, knownHosts] = process.argv.slice(2);
const known = readFileSync(knownHosts, 'utf8')
  .split('\n')
  .filter(Boolean)
  .map((line) => line.split(' ')[2]);
const client = new ssh2.Client();

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
client.connect({
  host: '127.0.0.1',
  port: Number(port),
  username: user,
  privateKey: readFileSync(key),
  hostVerifier: (blob) => known.includes(blob.toString('base64')),
});
