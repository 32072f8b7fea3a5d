// Runs a command on another machine and passes on what it says and how it ended:
//   node docs/examples/run-command.mjs user@host[:port] command [word …]
// Hosts must be known (~/.ssh/known_hosts); keys come from the agent and from ~/.ssh, as with ssh.

import { connect, SshError } from 'sallyport';

const [destination, ...command] = process.argv.slice(2);

try {
  const client = await connect(destination);
  const result = await client.run(command, { timeoutMs: 60_000 });
  process.stdout.write(result.stdout);
  process.stderr.write(result.stderr);
  process.exitCode = result.exit.code ?? 255;
  await client.end();
} catch (error) {
  if (!(error instanceof SshError)) throw error;
  process.stderr.write(`${error.code}: ${error.message}\n`);
  process.exitCode = 255;
}
