# A paramiko server with files. Arguments: host key, authorized_keys. Prints its port, and serves until it is ended.
import os
import sys

import paramiko
from paramiko_serving import serve


def status(call, *arguments):
    try:
        call(*arguments)
    except OSError as error:
        return paramiko.SFTPServer.convert_errno(error.errno)
    return paramiko.SFTP_OK


class Handle(paramiko.SFTPHandle):
    def stat(self):
        return paramiko.SFTPAttributes.from_stat(os.fstat(self.readfile.fileno()))

    def chattr(self, attr):
        return status(paramiko.SFTPServer.set_file_attr, self.filename, attr)


class Files(paramiko.SFTPServerInterface):
    def list_folder(self, path):
        return [paramiko.SFTPAttributes.from_stat(os.lstat(os.path.join(path, n)), n) for n in os.listdir(path)]

    def stat(self, path):
        try:
            return paramiko.SFTPAttributes.from_stat(os.stat(path))
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)

    def lstat(self, path):
        try:
            return paramiko.SFTPAttributes.from_stat(os.lstat(path))
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)

    def open(self, path, flags, attr):
        try:
            fd = os.open(path, flags, 0o666 if attr.st_mode is None else attr.st_mode)
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)
        mode = 'rb' if not flags & os.O_WRONLY and not flags & os.O_RDWR else 'r+b' if flags & os.O_RDWR else 'wb'
        handle = Handle(flags)
        handle.filename = path
        handle.readfile = handle.writefile = os.fdopen(fd, mode)
        return handle

    def remove(self, path):
        return status(os.remove, path)

    def rename(self, oldpath, newpath):
        return status(os.rename, oldpath, newpath)

    posix_rename = rename

    def mkdir(self, path, attr):
        return status(os.mkdir, path)

    def rmdir(self, path):
        return status(os.rmdir, path)

    def chattr(self, path, attr):
        return status(paramiko.SFTPServer.set_file_attr, path, attr)

    def canonicalize(self, path):
        return os.path.realpath(path)


serve(*sys.argv[1:3], subsystems=[('sftp', paramiko.SFTPServer, Files)])
