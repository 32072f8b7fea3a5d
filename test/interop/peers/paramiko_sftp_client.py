# Puts a tree through paramiko's SFTP and gets it back. Arguments: port, user, user key, known_hosts, tree, remote folder,
# folder for what comes back. Every file is compared in size by paramiko itself.
import os
import stat
import sys

import paramiko


def put(sftp, local, remote):
    sftp.mkdir(remote)
    for name in os.listdir(local):
        here, there = os.path.join(local, name), remote + '/' + name
        if os.path.isdir(here):
            put(sftp, here, there)
        else:
            sftp.put(here, there + '.part', confirm=True)
            sftp.rename(there + '.part', there)
            sftp.utime(there, (1000000000, 1000000000))


def get(sftp, remote, local):
    os.mkdir(local)
    for entry in sftp.listdir_attr(remote):
        here, there = os.path.join(local, entry.filename), remote + '/' + entry.filename
        if stat.S_ISDIR(entry.st_mode):
            get(sftp, there, here)
        else:
            sftp.get(there, here, prefetch=True)


def main():
    port, user, key, known_hosts, tree, remote, back = sys.argv[1:8]
    client = paramiko.SSHClient()
    client.load_host_keys(known_hosts)
    client.connect('127.0.0.1', int(port), user, key_filename=key, allow_agent=False, look_for_keys=False)
    sftp = client.open_sftp()
    put(sftp, tree, remote)
    get(sftp, remote, back)
    with sftp.open(remote + '/appended', 'ab') as file:
        file.write(b'one ')
    with sftp.open(remote + '/appended', 'ab') as file:
        file.write(b'two')
    with sftp.open(remote + '/appended', 'rb') as file:
        assert file.readv([(0, 3), (4, 3)]).__next__() == b'one'
    sftp.symlink('appended', remote + '/link')
    assert sftp.readlink(remote + '/link') == 'appended'
    sftp.posix_rename(remote + '/appended', remote + '/link')
    sftp.truncate(remote + '/link', 3)
    assert sftp.stat(remote + '/link').st_size == 3
    sftp.remove(remote + '/link')
    client.close()


main()
