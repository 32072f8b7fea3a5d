# Runs one command through asyncssh, standard streams and exit status being the command's. Arguments: port, user, user key,
# known_hosts, command. Compresses when COMPRESSES is set.
import asyncio
import os
import sys

import asyncssh


async def main():
    port, user, key, known_hosts, command = sys.argv[1:6]
    options = dict(username=user, client_keys=[key], known_hosts=known_hosts, agent_path=None, config=[])
    if 'COMPRESSES' in os.environ:
        options['compression_algs'] = ['zlib@openssh.com']
    async with asyncssh.connect('127.0.0.1', int(port), **options) as connection:
        result = await connection.run(command, input=sys.stdin.buffer.read(), encoding=None)
    sys.stdout.buffer.write(result.stdout)
    sys.stderr.buffer.write(result.stderr)
    sys.exit(result.exit_status)


asyncio.run(main())
