// Reads a file of a server line by line and writes another one, without keeping either:
// node sftp-stream.mjs user@host REMOTE-FILE REMOTE-RESULT WORD

import { connect } from 'sallyport';

const [destination, path, resultPath, word] = process.argv.slice(2);
const client = await connect(destination);
const files = await client.sftp();
const source = await files.open(path);
const target = await files.open(resultPath, 'w');

const result = target.writable();
let found = 0;
for await (const line of source.readable().lines()) {
  if (!line.includes(word)) continue;
  found++;
  await result.write(`${line}\n`); // waits while the server is behind
}
await result.end(); // rejects when any write has failed
await target.close();
console.log(`${found} lines have ${word}`);
await client.end();
