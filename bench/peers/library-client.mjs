// A command-line client made of the library, for the benchmarks: one file or one folder up or down, with the library's own
// choices, as an application would write it, and with the files that an application would install.

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { connect } from '../../dist/npm/sallyport/index.js';

const { values, positionals } = parseArgs({
  options: {
    host: { type: 'string' },
    port: { type: 'string' },
    user: { type: 'string' },
    key: { type: 'string' },
    hostkey: { type: 'string' },
  },
  allowPositionals: true,
});
const [mode, source, target] = positionals;
const { host, user, key, hostkey } = values;
const client = await connect({
  host,
  port: Number(values.port),
  user,
  identities: [key],
  agent: false,
  hostKeys: [readFileSync(`${hostkey}.pub`, 'utf8').trim()],
});
const files = await client.sftp();
if (mode === 'get') await files.downloadFile(source, target);
else if (mode === 'put') await files.uploadFile(source, target);
else {
  const copied = mode === 'getr' ? await files.downloadTree(source, target) : await files.uploadTree(source, target);
  if (copied.failures.length > 0) throw copied.failures[0];
}
await files.end();
await client.end();
