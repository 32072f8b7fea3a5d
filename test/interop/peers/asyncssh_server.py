# An asyncssh server that runs commands with the shell. Arguments: host key, authorized_keys. Prints its port, and
# serves until it is ended.
import asyncio
import sys

import asyncssh


async def pump(source, sink, end=None):
    while data := await source.read(32768):
        sink.write(data)
        await sink.drain()
    if end:
        end()


# Its own redirection reads one stream twice at a time now and then (2.10).
async def run_command(process):
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_shell(process.command, stdin=pipe, stdout=pipe, stderr=pipe)
    feeding = asyncio.create_task(pump(process.stdin, child.stdin, child.stdin.close))
    await asyncio.gather(pump(child.stdout, process.stdout), pump(child.stderr, process.stderr))
    process.exit(await child.wait())
    feeding.cancel()


async def main():
    host_key, authorized_keys = sys.argv[1:3]
    server = await asyncssh.listen(
        '127.0.0.1',
        0,
        server_host_keys=[host_key],
        authorized_client_keys=authorized_keys,
        process_factory=run_command,
        encoding=None,
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.sleep(300)


asyncio.run(main())
