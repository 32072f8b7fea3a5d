# An asyncssh server that runs commands with the shell. Arguments: host key, authorized_keys. Prints its port, and
# serves until it is ended.
import asyncio

from asyncssh_serving import serve


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


serve(process_factory=run_command, encoding=None)
