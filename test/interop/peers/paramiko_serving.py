# What the servers of paramiko have in common: who is let in, and a loop that takes connections.
import socket
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


def serve(host_key, authorized_keys, judge=Judge, subsystems=()):
    """Prints its port, and serves until it is ended."""
    with open(authorized_keys) as file:
        authorized = {line.split()[1] for line in file if line.strip()}
    listener = socket.create_server(('127.0.0.1', 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        connection, _ = listener.accept()
        transport = paramiko.Transport(connection)
        transport.add_server_key(paramiko.Ed25519Key(filename=host_key))
        for subsystem in subsystems:
            transport.set_subsystem_handler(*subsystem)
        transport.start_server(server=judge(authorized), event=threading.Event())
