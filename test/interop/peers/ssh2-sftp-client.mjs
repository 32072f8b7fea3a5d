// Puts a tree through npm ssh2's SFTP and gets it back, by fastPut and streams; then makes the other calls that
// ssh2-sftp-client is made of. Arguments: port, user, user key, known_hosts, tree, remote folder, folder for what comes
// back.
import { createWriteStream, mkdirSync, readdirSync, readFileSync } from 'node:fs';
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

/** As exists, mkdir, put, append, get, chmod, rename, delete and rmdir of ssh2-sftp-client do it. */
async function everyCall(sftp, call, folder) {
  const same = (found, wanted) => {
    if (String(found) !== String(wanted)) throw new Error(`${found} instead of ${wanted}`);
  };
  const missing = await call('stat', folder).catch((error) => error.message);
  same(missing, 'No such file');
  await call('mkdir', folder);
  same(await call('realpath', `${folder}/../calls`), folder);
  const write = (flags, text) => pipeline([Buffer.from(text)], sftp.createWriteStream(`${folder}/f`, { flags }));
  await write('w', 'one,');
  await write('a', 'two,');
  await call('appendFile', `${folder}/f`, 'three');
  same(await call('readFile', `${folder}/f`), 'one,two,three');
  await call('fastGet', `${folder}/f`, `${back}.fast`);
  same(readFileSync(`${back}.fast`), 'one,two,three');
  await call('chmod', `${folder}/f`, 0o640);
  await call('utimes', `${folder}/f`, 5, 7);
  const { mode, mtime, size } = await call('lstat', `${folder}/f`);
  same([(mode & 0o777).toString(8), mtime, size], ['640', 7, 13]);
  const handle = await call('open', `${folder}/f`, 'r+');
  await call('write', handle, Buffer.from('ONE'), 0, 3, 0);
  same((await call('fstat', handle)).size, 13);
  await call('fsetstat', handle, { size: 3 });
  await call('ext_openssh_fsync', handle);
  await call('close', handle);
  await call('symlink', 'f', `${folder}/link`);
  same(await call('readlink', `${folder}/link`), 'f');
  same((await call('lstat', `${folder}/link`)).isSymbolicLink(), true);
  same(await call('readFile', `${folder}/link`), 'ONE');
  await call('rename', `${folder}/f`, `${folder}/g`);
  same(await call('rename', `${folder}/g`, `${folder}/link`).catch((error) => error.message), 'Failure');
  same((await call('readdir', folder)).map(({ filename }) => filename).sort(), 'g,link');
  for (const name of ['g', 'link']) await call('unlink', `${folder}/${name}`);
  await call('rmdir', folder);
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
    await everyCall(sftp, call, `${remote}/calls`);
    await call('ext_openssh_rename', `${remote}/plain`, `${remote}/empty`);
    await call('ext_openssh_hardlink', `${remote}/empty`, `${remote}/plain`);
    const room = await call('ext_openssh_statvfs', remote);
    if (room.f_namemax !== 255) throw new Error('statvfs');
    client.end();
  });
});
