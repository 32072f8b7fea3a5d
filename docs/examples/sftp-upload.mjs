// Puts a folder on a server and says how far it is: node sftp-upload.mjs user@host FOLDER REMOTE-FOLDER
//
// Run it again after it was interrupted: files go on where they ended. ^C ends the transfer, not the process.

import { connect } from 'sallyport';

const [destination, folder, remoteFolder] = process.argv.slice(2);
const controller = new AbortController();
process.once('SIGINT', () => controller.abort());

const client = await connect(destination);
const files = await client.sftp();
const { files: count, failures } = await files.uploadTree(folder, remoteFolder, {
  resume: true,
  preserve: true,
  signal: controller.signal,
  onProgress: ({ bytes, totalBytes, bytesPerSecond }) => {
    process.stderr.write(`\r${bytes} of ${totalBytes} bytes, ${Math.round(bytesPerSecond / 1e6)} MB/s `);
  },
});
process.stderr.write('\n');
for (const { code, operation, path } of failures) console.error(`${code}: ${operation} ${path}`);
console.log(`${count} files are there`);
process.exitCode = failures.length === 0 ? 0 : 1;
await client.end();
