// A server of npm ssh2 with files, as its users write one: each request is answered when its call is done, in any order.
// Arguments: host key, authorized_keys. Prints its port, and serves until it is ended.
import * as fs from 'node:fs';
import ssh2 from 'ssh2';
import { serve } from './ssh2-login.mjs';

const { STATUS_CODE, flagsToString } = ssh2.utils.sftp;
const [hostKey, authorizedKeys] = process.argv.slice(2);

function statusOf(error) {
  if (error === null || error === undefined) return STATUS_CODE.OK;
  return error.code === 'ENOENT' ? STATUS_CODE.NO_SUCH_FILE : STATUS_CODE.FAILURE;
}

const attributesOf = ({ mode, uid, gid, size, atime, mtime }) => ({ mode, uid, gid, size, atime, mtime });

function serveFiles(sftp) {
  const handles = new Map();
  let last = 0;
  const keep = (value) => {
    const handle = Buffer.alloc(4);
    handle.writeUInt32BE(++last);
    handles.set(last, value);
    return handle;
  };
  const of = (handle) => handles.get(handle.readUInt32BE());
  const status = (id) => (error) => sftp.status(id, statusOf(error));
  const attributes = (id) => (error, stats) =>
    error ? sftp.status(id, statusOf(error)) : sftp.attrs(id, attributesOf(stats));
  const change = (path, attrs, done) => {
    const steps = [];
    if (attrs.mode !== undefined) steps.push((next) => fs.chmod(path, attrs.mode & 0o777, next));
    if (attrs.mtime !== undefined) steps.push((next) => fs.utimes(path, attrs.atime, attrs.mtime, next));
    if (attrs.size !== undefined) steps.push((next) => fs.truncate(path, attrs.size, next));
    const run = (error) => (error || steps.length === 0 ? done(error) : steps.shift()(run));
    run();
  };
  sftp.on('OPEN', (id, path, flags, attrs) => {
    fs.open(path, flagsToString(flags), attrs.mode ?? 0o666, (error, fd) =>
      error ? sftp.status(id, statusOf(error)) : sftp.handle(id, keep({ fd, path })),
    );
  });
  sftp.on('READ', (id, handle, offset, length) => {
    fs.read(of(handle).fd, Buffer.alloc(length), 0, length, offset, (error, count, data) => {
      if (error) sftp.status(id, statusOf(error));
      else if (count === 0) sftp.status(id, STATUS_CODE.EOF);
      else sftp.data(id, data.subarray(0, count));
    });
  });
  sftp.on('WRITE', (id, handle, offset, data) => fs.write(of(handle).fd, data, 0, data.length, offset, status(id)));
  sftp.on('FSTAT', (id, handle) => fs.fstat(of(handle).fd, attributes(id)));
  sftp.on('FSETSTAT', (id, handle, attrs) => change(of(handle).path, attrs, status(id)));
  sftp.on('CLOSE', (id, handle) => {
    const { fd } = of(handle);
    handles.delete(handle.readUInt32BE());
    if (fd === undefined) sftp.status(id, STATUS_CODE.OK);
    else fs.close(fd, status(id));
  });
  sftp.on('OPENDIR', (id, path) =>
    fs.readdir(path, (error, names) =>
      error ? sftp.status(id, statusOf(error)) : sftp.handle(id, keep({ path, names })),
    ),
  );
  sftp.on('READDIR', (id, handle) => {
    const { path, names } = of(handle);
    const some = names.splice(0, 20);
    if (some.length === 0) return sftp.status(id, STATUS_CODE.EOF);
    return sftp.name(
      id,
      some.map((filename) => ({
        filename,
        longname: filename,
        attrs: attributesOf(fs.lstatSync(`${path}/${filename}`)),
      })),
    );
  });
  sftp.on('STAT', (id, path) => fs.stat(path, attributes(id)));
  sftp.on('LSTAT', (id, path) => fs.lstat(path, attributes(id)));
  sftp.on('SETSTAT', (id, path, attrs) => change(path, attrs, status(id)));
  sftp.on('MKDIR', (id, path) => fs.mkdir(path, status(id)));
  sftp.on('RMDIR', (id, path) => fs.rmdir(path, status(id)));
  sftp.on('REMOVE', (id, path) => fs.unlink(path, status(id)));
  sftp.on('RENAME', (id, from, to) => fs.rename(from, to, status(id)));
  sftp.on('REALPATH', (id, path) =>
    fs.realpath(path, (error, filename) =>
      error ? sftp.status(id, statusOf(error)) : sftp.name(id, [{ filename, longname: filename, attrs: {} }]),
    ),
  );
}

serve({ hostKey, authorizedKeys }, (session) => {
  session.on('sftp', (acceptFiles) => serveFiles(acceptFiles()));
});
