# A paramiko server with files. Arguments: host key, authorized_keys. Prints its port, and serves until it is ended.
import os
import socket
import sys
import threading

import paramiko


class Judge(paramiko.ServerInterface):
    def __init__(self, authorized):
        self.authorized = authorized

    def get_allowed_auths(self, username):
        return 'publickey'

    def check_auth_publickey(self, username, key):
        known = key.get_base64() in self.authorized
        return paramiko.AUTH_SUCCESSFUL if known else paramiko.AUTH_FAILED

    def check_channel_request(self, kind, channel_id):
        return paramiko.OPEN_SUCCEEDED


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


def main():
    host_key, authorized_keys = sys.argv[1:3]
    with open(authorized_keys) as file:
        authorized = {line.split()[1] for line in file if line.strip()}
    listener = socket.create_server(('127.0.0.1', 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        connection, _ = listener.accept()
        transport = paramiko.Transport(connection)
        transport.add_server_key(paramiko.Ed25519Key(filename=host_key))
        transport.set_subsystem_handler('sftp', paramiko.SFTPServer, Files)
        transport.start_server(server=Judge(authorized), event=threading.Event())


main()
