# Runs one command through paramiko, standard streams and exit status being the command's. Arguments: port, user,
# user key, known_hosts, bytes after which it re-keys, command. Compresses when COMPRESSES is set. A command that has
# input gives it back and waits for the file `rekeyed` in HOME, which says that no re-key is under way any more.
import os
import sys
import threading
import time

import paramiko


def wait_for_rekey(transport):
    while transport.packetizer.need_rekey() or not transport.clear_to_send.is_set():
        time.sleep(0.01)
    with open(os.path.join(os.environ['HOME'], 'rekeyed'), 'w'):
        pass


def main():
    port, user, key, known_hosts, rekey_bytes, command = sys.argv[1:7]
    paramiko.packet.Packetizer.REKEY_BYTES = int(rekey_bytes)
    client = paramiko.SSHClient()
    client.load_host_keys(known_hosts)
    keys = dict(key_filename=key, allow_agent=False, look_for_keys=False)
    client.connect('127.0.0.1', int(port), user, compress='COMPRESSES' in os.environ, **keys)
    stdin, stdout, stderr = client.exec_command(command)
    data = sys.stdin.buffer.read()

    def feed():
        stdin.channel.sendall(data)
        stdin.channel.shutdown_write()

    feeder = threading.Thread(target=feed, daemon=True)
    feeder.start()
    output = stdout.read(len(data))
    if data:
        wait_for_rekey(client.get_transport())
    output += stdout.read()
    errors = stderr.read()
    status = stdout.channel.recv_exit_status()
    client.close()
    sys.stdout.buffer.write(output)
    sys.stderr.buffer.write(errors)
    sys.exit(status)


main()
