// What takes the room below a folder of a server, and what could not be looked at: node sftp-report.mjs user@host FOLDER

import { connect, SftpError } from 'sallyport';

const [destination, folder] = process.argv.slice(2);
const client = await connect(destination);
const files = await client.sftp();

const sizes = new Map();
try {
  for await (const { path, type, size = 0 } of files.walk(folder)) {
    if (type !== 'file') continue;
    const top = path.slice(folder.length + 1).split('/', 1)[0];
    sizes.set(top, (sizes.get(top) ?? 0) + size);
  }
} catch (error) {
  if (!(error instanceof SftpError)) throw error;
  console.error(`${error.code}: ${error.operation} ${error.path}`);
  process.exitCode = 1;
}
for (const [name, bytes] of [...sizes].sort((a, b) => b[1] - a[1])) console.log(`${bytes}\t${name}`);
await client.end();
