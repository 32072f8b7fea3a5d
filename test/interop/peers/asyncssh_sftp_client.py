# Puts a tree through asyncssh's SFTP and gets it back, with asyncssh's own recursion and its parallel requests. Arguments:
# port, user, user key, known_hosts, tree, remote folder, folder for what comes back.
import asyncio
import sys

import asyncssh


async def main():
    port, user, key, known_hosts, tree, remote, back = sys.argv[1:8]
    options = dict(username=user, client_keys=[key], known_hosts=known_hosts, agent_path=None, config=[])
    async with asyncssh.connect('127.0.0.1', int(port), **options) as connection:
        async with connection.start_sftp_client() as sftp:
            await sftp.put(tree.encode(), remote.encode(), recurse=True, preserve=True)
            await sftp.get(remote.encode(), back.encode(), recurse=True)
            limits = await sftp.statvfs(remote)
            assert limits.namemax == 255
            async with sftp.open(remote + '/odd', 'w') as file:
                await file.write('text')
                await file.fsync()
            await sftp.link(remote + '/odd', remote + '/odd2')
            assert (await sftp.stat(remote + '/odd2')).nlink in (None, 2)
            await sftp.symlink('odd', remote + '/link')
            assert await sftp.readlink(remote + '/link') == 'odd'
            await sftp.remove(remote + '/link')
            await sftp.posix_rename(remote + '/odd2', remote + '/odd')
            await sftp.remove(remote + '/odd')
            if await sftp.exists(remote + '/odd2'):
                await sftp.remove(remote + '/odd2')


asyncio.run(main())
