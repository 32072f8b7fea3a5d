import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import type { SftpScript } from '@sallyport/testing/scripted-sftp-server';
import { ScriptedSftpServer } from '@sallyport/testing/scripted-sftp-server';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import { memoryStreams } from 'sallyport/driver/memory-stream';
import { SftpClient } from 'sallyport/sftp/sftp-client';
import { localFileSystem } from 'sallyport/sftp-server/local-file-system';
import { serveSftp } from 'sallyport/sftp-server/serve-sftp';
import { byteString } from '../shared/byte-string.ts';
import type { LineOutcome } from './execute.ts';
import { executeLine } from './execute.ts';
import { help } from './messages.ts';
import { parseLine } from './parse-command.ts';
import { Report } from './report.ts';
import { Session } from './session.ts';

interface Talk {
  /** What is said about a line: stdout, and stderr behind `!`. */
  readonly say: (line: string) => Promise<string>;
  /** The outcome of a line of a batch. */
  readonly batch: (line: string) => Promise<LineOutcome>;
  /** Below the root of the server, and below our folder. */
  readonly remote: (name: string) => string;
  readonly local: (name: string) => string;
}

const defaults = {
  resume: false,
  sync: false,
  preserve: false,
  recursive: false,
  limitBytesPerSecond: undefined,
  bufferBytes: undefined,
  requests: undefined,
};

/** A session with a server whose root is a folder of the test; local paths are absolute, as `L/…` in lines. */
async function withTalk(work: (talk: Talk) => Promise<void>): Promise<void> {
  await using folder = await TemporaryFolder.create();
  const remote = (name: string): string => folder.file(`remote/${name}`);
  const local = (name: string): string => folder.file(`local/${name}`);
  mkdirSync(folder.file('remote'));
  mkdirSync(folder.file('local'));
  const fs = localFileSystem({ root: folder.file('remote') });
  const [ours, theirs] = memoryStreams();
  const served = serveSftp(theirs, fs);
  const client = await SftpClient.over(ours);
  const said: string[] = [];
  const report = new Report(
    { LC_ALL: 'C.UTF-8' },
    { out: (text) => said.push(text), error: (text) => said.push(`!${text.replace(/\r\n$/, '\n')}`) },
  );
  const session = new Session({ client, report, folder: '/', isQuiet: false, showsProgress: false, defaults });
  const run = (line: string, isBatch: boolean): Promise<LineOutcome> => {
    said.length = 0;
    const text = byteString(line.replaceAll('L/', `${folder.file('local')}/`));
    return executeLine(session, parseLine(text), { signal: new AbortController().signal, isBatch });
  };
  try {
    await work({
      say: async (line) => {
        await run(line, false);
        return said.join('').replaceAll(`${folder.file('local')}/`, 'L/');
      },
      batch: (line) => run(line, true),
      remote,
      local,
    });
  } finally {
    await client.end();
    await served;
    fs.close();
  }
}

test('folders are made, entered, listed and removed', async () => {
  await withTalk(async ({ say, remote }) => {
    assert.equal(await say('pwd'), 'Remote working directory: /\n');
    assert.equal(await say("mkdir 'a b'"), '');
    assert.equal(await say('cd "a b"'), '');
    assert.equal(await say('pwd'), 'Remote working directory: /a b\n');
    writeFileSync(remote('a b/f*'), 'x');
    writeFileSync(remote('a b/.hidden'), 'x');
    assert.equal(await say('ls'), `${'f*'.padEnd(80 / Math.floor(80 / 4))}\n`);
    assert.equal(await say('ls -1a'), '.\n..\n.hidden\nf*\n');
    assert.equal(await say('cd'), '');
    assert.equal(await say("ls -1 'a b'"), 'a b/f*\n');
    assert.equal(await say('rmdir "a b"'), '!remote rmdir "/a b": Failure\n');
    assert.equal(await say('cd nope'), '!stat remote: No such file or directory\n');
    assert.equal(await say('cd "a b/f*"'), '!Can\'t change directory: "/a b/f*" is not a directory\n');
    assert.equal(await say('ls nope*'), '!Can\'t ls: "/nope*" not found\n');
  });
});

test('a link to a folder is listed as the folder, and what a pattern cannot look into is no failure', async () => {
  await withTalk(async ({ say, batch, remote }) => {
    mkdirSync(remote('d'));
    writeFileSync(remote('d/x'), '');
    writeFileSync(remote('f'), '');
    symlinkSync('d', remote('link'));
    assert.equal(await say('ls -1 link'), 'link/x\n');
    assert.equal(await say('ls -1 */*'), '!remote readdir("/f/"): No such file or directory\nd/x\nlink/x\n');
    assert.equal(await batch('ls -1 */*'), 'go-on');
  });
});

test('names have their links, and are changed and removed, by patterns too', async () => {
  await withTalk(async ({ say, remote }) => {
    for (const name of ['a1', 'a2', 'b']) writeFileSync(remote(name), name);
    assert.equal(await say('rename b c'), '');
    assert.equal(await say('rename -l a1 a2'), '!remote rename "/a1" to "/a2": Failure\n');
    assert.equal(await say('ln -s a1 soft'), '');
    assert.equal(await say('ln a1 hard'), '');
    assert.equal(statSync(remote('hard')).nlink, 2);
    assert.equal(await say('cp a2 copy'), '');
    assert.equal(readFileSync(remote('copy'), 'utf8'), 'a2');
    assert.equal(await say('cp nope copy'), '!stat remote: No such file or directory\n');
    assert.equal(await say('cp a2 no/x'), '!remote open("/no/x"): No such file or directory\n');
    assert.equal(await say('chmod 600 a*'), 'Changing mode on /a1\nChanging mode on /a2\n');
    assert.equal(statSync(remote('a2')).mode & 0o777, 0o600);
    assert.match(await say('ls -l soft'), /^-rw------- +\? \S+ +\S+ +2 .* soft\n$/);
    assert.match(await say('ls -l'), /^lrwxrwxrwx +\? \S+ +\S+ +2 .* soft$/m);
    assert.equal(await say('rm a* nope'), 'Removing /a1\nRemoving /a2\n');
    assert.equal(await say('rm nope'), 'Removing /nope\n!remote delete /nope: No such file or directory\n');
    assert.match(await say('df -h'), /^ {4}Size/);
    assert.match(await say('chown 0x10 nope'), /^!stat remote: /);
  });
});

test('a listing is sorted and shows what the flags ask for', async () => {
  await withTalk(async ({ say, remote }) => {
    writeFileSync(remote('small'), 'x');
    writeFileSync(remote('large'), 'x'.repeat(2000));
    mkdirSync(remote('d'));
    writeFileSync(remote('d/x'), '');
    chmodSync(remote('small'), 0o640);
    const names = async (line: string): Promise<string[]> =>
      (await say(line)).split('\n').flatMap((text) => text.split(' ').at(-1) ?? '');
    assert.deepEqual((await names('ls -lS large small')).slice(0, 1), ['large']);
    assert.deepEqual(await names('ls -1S {small,large}'), ['large', 'small', '']);
    assert.deepEqual(await names('ls -1r {small,large}'), ['small', 'large', '']);
    assert.match(await say('ls -lh large'), / 2\.0K /);
    assert.match(await say('ls -n small'), /^-rw-r----- +\? \d+ +\d+ +1 /);
    assert.equal(await say('ls -1 d'), 'd/x\n');
    assert.equal(await say('ls -1 /d'), '/d/x\n');
  });
});

test('get fetches files under their names, into folders, as trees, and on from where it was', async () => {
  await withTalk(async ({ say, remote, local }) => {
    writeFileSync(remote('a'), 'first and second');
    mkdirSync(remote('d'));
    mkdirSync(remote('d/e'));
    writeFileSync(remote('d/e/f'), 'deep');
    mkdirSync(local('in'));
    assert.equal(await say('get a L/b'), 'Fetching /a to L/b\n');
    assert.equal(readFileSync(local('b'), 'utf8'), 'first and second');
    assert.equal(await say('get a L/in'), 'Fetching /a to L/in/a\n');
    assert.ok(existsSync(local('in/a')));
    assert.equal(await say('get -r d L/'), 'Fetching /d/ to L/d\nRetrieving /d\nRetrieving /d/e\n');
    assert.equal(readFileSync(local('d/e/f'), 'utf8'), 'deep');
    assert.equal(await say('get d L/x'), 'Fetching /d/ to L/x\n!download /d/: not a regular file\n');
    writeFileSync(local('b'), 'first');
    assert.equal(await say('reget a L/b'), 'Resuming /a to L/b\n');
    assert.equal(readFileSync(local('b'), 'utf8'), 'first and second');
    assert.equal(await say('get -a a L/b'), 'Resuming /a to L/b\n!File "L/b" was not modified\n');
    writeFileSync(local('b'), 'first and second and third');
    const tooLarge = '!Unable to resume download of "L/b": local file is larger than remote\n';
    assert.equal(await say('reget a L/b'), `Resuming /a to L/b\n${tooLarge}`);
    assert.equal(await say('get a ""'), 'Fetching /a to \n!open local "": No such file or directory\n');
    assert.equal(await say('get nope L/x'), '!File "/nope" not found.\n');
    assert.equal(await say('get * L/x'), '!Multiple source paths, but destination "L/x" is not a directory\n');
    assert.equal(await say('get a L/no/x'), 'Fetching /a to L/no/x\n!open local "L/no/x": No such file or directory\n');
  });
});

test('put does the same the other way round', async () => {
  await withTalk(async ({ say, remote, local }) => {
    writeFileSync(local('a'), 'first and second');
    mkdirSync(local('d'));
    writeFileSync(local('d/f'), 'deep');
    symlinkSync('f', local('d/link'));
    mkdirSync(remote('in'));
    assert.equal(await say('put L/a b'), 'Uploading L/a to /b\n');
    assert.equal(readFileSync(remote('b'), 'utf8'), 'first and second');
    assert.equal(await say('put L/a in'), 'Uploading L/a to /in/a\n');
    assert.equal(await say('put L/a'), 'Uploading L/a to /a\n');
    assert.equal(await say('put -r L/d'), 'Uploading L/d/ to /d\nEntering L/d/\n!link: not a regular file\n');
    assert.equal(readFileSync(remote('d/f'), 'utf8'), 'deep');
    assert.equal(existsSync(remote('d/link')), false);
    writeFileSync(remote('b'), 'first');
    assert.equal(await say('reput L/a b'), 'Resuming upload of L/a to /b\n');
    assert.equal(readFileSync(remote('b'), 'utf8'), 'first and second');
    writeFileSync(remote('b'), 'first and second and third');
    assert.match(await say('reput L/a b'), /\n!resume "L\/a": destination file same size or larger\n$/);
    assert.equal(await say('put L/nope'), '!stat L/nope: No such file or directory\n');
    assert.equal(await say('put ""'), '!stat : No such file or directory\n');
    assert.match(await say('put -r L/d a'), /\n!"\/a" exists but is not a directory\n$/);
    assert.equal(await say('put L/d x'), 'Uploading L/d/ to /x\n!local "L/d/" is not a regular file\n');
    assert.equal(await say('put L/* nope'), '!Multiple paths match, but destination "/nope" is not a directory\n');
    assert.match(await say('put L/a no/x'), /\n!dest open "\/no\/x": No such file or directory\n$/);
  });
});

test('names of every byte come back as they are', async () => {
  await withTalk(async ({ say, remote, local }) => {
    const name = Buffer.from('n\xff\n\x1b[1m*', 'latin1');
    const path = (folder: string): Buffer => Buffer.concat([Buffer.from(folder), name]);
    writeFileSync(path(remote('')), 'odd');
    assert.equal(await say('get n* L/'), 'Fetching /n\\377\\012\\033[1m* to L/n\\377\\012\\033[1m*\n');
    assert.equal(readFileSync(path(local('')), 'utf8'), 'odd');
    assert.equal(await say('rm n*'), 'Removing /n\\377\\012\\033[1m*\n');
    assert.equal(await say('put L/n*'), 'Uploading L/n\\377\\012\\033[1m* to /n\\377\\012\\033[1m*\n');
    assert.equal(readFileSync(path(remote('')), 'utf8'), 'odd');
    assert.equal(await say('ls -1'), 'n\\377\\012\\033[1m*\n');
  });
});

test('a batch ends at the first error, unless the line says otherwise', async () => {
  await withTalk(async ({ batch, say, remote, local }) => {
    writeFileSync(remote('a'), '');
    assert.equal(await batch('get a L/a'), 'go-on');
    assert.equal(await batch('get nope L/x'), 'failed');
    assert.equal(await batch('-get nope L/x'), 'go-on');
    assert.equal(await batch('nonsense'), 'failed');
    assert.equal(await batch('# get nope'), 'go-on');
    assert.equal(await batch('bye'), 'quit');
    for (const name of ['x1', 'x2']) mkdirSync(remote(name));
    assert.equal(await batch('rm x*'), 'failed');
    assert.equal((await say('rm x*')).match(/remote delete/g)?.length, 2, 'all of them when nothing ends it');
    assert.equal(existsSync(local('x')), false);
  });
});

test('the other commands say what OpenSSH says', async () => {
  await withTalk(async ({ say }) => {
    assert.equal(await say('help'), help.map((line) => `${line}\n`).join(''));
    assert.equal(await say('version'), 'SFTP protocol version 3\n');
    assert.equal(await say('progress'), 'Progress meter enabled\n');
    assert.equal(await say('progress'), 'Progress meter disabled\n');
    assert.equal(await say('jajaja'), '!Invalid command.\n');
    assert.equal(await say('lmkdir L/new'), '');
    assert.equal(await say('lmkdir L/new'), '!Couldn\'t create local directory "L/new": File exists\n');
    assert.equal(await say('lcd L/nope'), '!Couldn\'t change local directory to "L/nope": No such file or directory\n');
  });
});

test('an interrupted command has failed, without a word, even when the server is silent', async () => {
  const [ours, theirs] = memoryStreams();
  const controllers: AbortController[] = [];
  const script: SftpScript = (request, server) => {
    if (request.name === 'opendir') server.reply('handle', { id: request.id, handle: Uint8Array.of(1) });
    else controllers.at(-1)?.abort();
  };
  assert.ok(new ScriptedSftpServer(theirs, script));
  const client = await SftpClient.over(ours);
  const said: string[] = [];
  const report = new Report({}, { out: (text) => said.push(text), error: (text) => said.push(text) });
  const session = new Session({ client, report, folder: '/', isQuiet: true, showsProgress: false, defaults });
  for (const line of ['ls', 'ls x*', 'cd x', 'rm x', 'get x', 'get -r x/', 'put /dev/null x', 'cp x y']) {
    controllers.push(new AbortController());
    const { signal } = controllers.at(-1) as AbortController;
    assert.equal(await executeLine(session, parseLine(line), { signal, isBatch: true }), 'failed', line);
  }
  assert.deepEqual(said, []);
});
