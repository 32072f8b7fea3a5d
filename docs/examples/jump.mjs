// Reaches a machine through another one and reads a program's output line by line as it comes:
//   node docs/examples/jump.mjs user@jump-host[:port] user@host[:port] command [word …]
// The jump host only carries bytes: the inner connection is checked and encrypted from end to end.

import { connect } from 'sallyport';

const [jumpHost, host, ...command] = process.argv.slice(2);

const jump = await connect(jumpHost);
const client = await connect(host, { via: jump });

const program = await client.spawn(command, { input: '' });
program.stderr.discard();
let number = 0;
for await (const line of program.stdout.lines()) {
  number += 1;
  process.stdout.write(`${number}: ${line}\n`);
}
process.exitCode = (await program.exited).code ?? 255;

await client.end();
await jump.end();
