# A paramiko server that runs commands with the shell. Arguments: host key, authorized_keys, bytes after which it
# re-keys. Prints its port, and serves until it is ended.
import subprocess
import sys
import threading

import paramiko
from paramiko_serving import Judge, serve


class Shell(Judge):
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


host_key, authorized_keys, rekey_bytes = sys.argv[1:4]
paramiko.packet.Packetizer.REKEY_BYTES = int(rekey_bytes)
serve(host_key, authorized_keys, judge=Shell)
