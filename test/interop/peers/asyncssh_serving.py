# What the servers of asyncssh have in common.
import asyncio
import sys

import asyncssh


async def listen(options):
    host_key, authorized_keys = sys.argv[1:3]
    server = await asyncssh.listen(
        '127.0.0.1', 0, server_host_keys=[host_key], authorized_client_keys=authorized_keys, **options
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.sleep(300)


def serve(**options):
    """Arguments of the program: host key, authorized_keys. Prints its port, and serves until it is ended."""
    asyncio.run(listen(options))
