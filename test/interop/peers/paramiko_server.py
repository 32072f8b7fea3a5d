# A paramiko server that runs commands with the shell. Arguments: host key, authorized_keys, bytes after which it
# re-keys. Prints its port, and serves until it is ended.
import socket
import subprocess
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

    def check_channel_exec_request(self, channel, command):
        threading.Thread(target=run_command, args=(channel, command), daemon=True).start()
        return True


def pump(read, write, close):
    while True:
        data = read(32768)
        if not data:
            break
        write(data)
    close()


def run_command(channel, command):
    pipe = subprocess.PIPE
    child = subprocess.Popen(['/bin/sh', '-c', command], stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0)
    arguments = [
        (channel.recv, child.stdin.write, child.stdin.close),
        (child.stdout.read, channel.sendall, lambda: None),
        (child.stderr.read, channel.sendall_stderr, lambda: None),
    ]
    threads = [threading.Thread(target=pump, args=each, daemon=True) for each in arguments]
    for thread in threads:
        thread.start()
    for thread in threads[1:]:
        thread.join()
    channel.send_exit_status(child.wait())
    channel.shutdown_write()
    channel.close()


def main():
    host_key, authorized_keys, rekey_bytes = sys.argv[1:4]
    paramiko.packet.Packetizer.REKEY_BYTES = int(rekey_bytes)
    with open(authorized_keys) as file:
        authorized = {line.split()[1] for line in file if line.strip()}
    listener = socket.create_server(('127.0.0.1', 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        connection, _ = listener.accept()
        transport = paramiko.Transport(connection)
        transport.add_server_key(paramiko.Ed25519Key(filename=host_key))
        transport.start_server(server=Judge(authorized), event=threading.Event())


main()
