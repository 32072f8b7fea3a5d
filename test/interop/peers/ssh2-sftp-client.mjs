// Puts a tree through npm ssh2's SFTP and gets it back, by fastPut, fastGet and streams. Arguments: port, user, user key,
// known_hosts, tree, remote folder, folder for what comes back.
import { createWriteStream, mkdirSync, readdirSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { connect } from './ssh2-login.mjs';

const [port, user, key, knownHosts, tree, remote, back] = process.argv.slice(2);
const client = connect({ port, user, key, knownHosts });

async function put(call, local, to) {
  await call('mkdir', to);
  for (const entry of readdirSync(local, { withFileTypes: true })) {
    const [here, there] = [`${local}/${entry.name}`, `${to}/${entry.name}`];
    if (entry.isDirectory()) await put(call, here, there);
    else await call('fastPut', here, there);
  }
}

async function get(sftp, call, from, local) {
  mkdirSync(local);
  for (const { filename, attrs } of await call('readdir', from)) {
    const [there, here] = [`${from}/${filename}`, `${local}/${filename}`];
    if (attrs.isDirectory()) await get(sftp, call, there, here);
    else await pipeline(sftp.createReadStream(there), createWriteStream(here));
  }
}

client.on('ready', () => {
  client.sftp(async (error, sftp) => {
    if (error) throw error;
    const call = (name, ...words) =>
      new Promise((resolve, reject) => {
        sftp[name](...words, (failed, value) => (failed ? reject(new Error(failed.message)) : resolve(value)));
      });
    await put(call, tree, remote);
    await get(sftp, call, remote, back);
    await call('ext_openssh_rename', `${remote}/plain`, `${remote}/empty`);
    await call('ext_openssh_hardlink', `${remote}/empty`, `${remote}/plain`);
    const room = await call('ext_openssh_statvfs', remote);
    if (room.f_namemax !== 255) throw new Error('statvfs');
    client.end();
  });
});
