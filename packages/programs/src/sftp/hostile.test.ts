import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { utf8Encode } from '@sallyport/protocol/wire/utf8';
import { fromSocket } from '@sallyport/system/descriptor-stream';
import type { ProgramResult } from '@sallyport/testing/program';
import { startMain } from '@sallyport/testing/program-main';
import type { SftpScript } from '@sallyport/testing/scripted-sftp-server';
import { ScriptedSftpServer } from '@sallyport/testing/scripted-sftp-server';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';

const module = import.meta.resolve('@sallyport/programs/sftp/main');
// Carries the protocol between the program, which starts it by -D, and the server in this process. What it could not
// deliver because the program has gone is no matter, and it says nothing of it.
const bridge = [
  'const s=require("net").connect(process.argv.at(-1))',
  'for(const one of [s,process.stdin,process.stdout])one.on("error",()=>process.exit())',
  'process.stdin.pipe(s);s.pipe(process.stdout)',
].join(';');

const folder = { permissions: 0o040755 };
const file = { permissions: 0o100644, size: 4n };

type Names = readonly { readonly name: string; readonly attributes: typeof folder | typeof file }[];

interface Lies {
  /** What a folder contains, by its path. */
  readonly names?: (path: string) => Names;
  /** Instead of an honest answer; false leaves the request to the honest rest. */
  readonly answer?: (...given: Parameters<SftpScript>) => boolean;
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

/** A server with one file of four bytes for every name, but for its lies. */
function lying(lies: Lies): SftpScript {
  const listed = new Map<string, string | undefined>();
  return (request, server) => {
    if (lies.answer?.(request, server) === true) return;
    const { id } = request;
    switch (request.name) {
      case 'realpath':
        return server.reply('names', { id, entries: [entry('/home')] });
      case 'stat':
      case 'lstat':
        return server.reply('attributes', { id, attributes: text(request.path).endsWith('dir') ? folder : file });
      case 'opendir':
        listed.set(String(id), text(request.path));
        return server.reply('handle', { id, handle: utf8Encode(String(id)) });
      case 'readdir': {
        const path = listed.get(text(request.handle));
        listed.set(text(request.handle), undefined);
        if (path === undefined) return server.status(id, 1);
        const entries = (lies.names?.(path) ?? []).map(({ name, attributes }) => ({ ...entry(name), attributes }));
        return server.reply('names', { id, entries });
      }
      case 'open':
        return server.reply('handle', { id, handle: utf8Encode('f') });
      case 'read':
        if (request.offset >= 4n) return server.status(id, 1);
        return server.reply('data', { id, data: utf8Encode('data').subarray(Number(request.offset)) });
      default:
        return server.status(id, 0);
    }
  };
}

function entry(name: string): { name: Uint8Array; longName: Uint8Array; attributes: object } {
  return { name: utf8Encode(name), longName: utf8Encode(`-rw ${name}`), attributes: {} };
}

/** Runs a batch in `target`, against the lies; and what is in the folder around `target` and in it afterwards. */
async function run(
  lies: Lies,
  batch: string,
): Promise<ProgramResult & { readonly around: readonly string[]; readonly inside: readonly string[] }> {
  await using place = await TemporaryFolder.create();
  mkdirSync(place.file('around'));
  mkdirSync(place.file('around/target'));
  writeFileSync(place.file('around/victim'), 'untouched');
  const listener = createServer((socket) => void new ScriptedSftpServer(fromSocket(socket), lying(lies)));
  await new Promise<void>((resolve) => listener.listen(place.file('socket'), resolve));
  try {
    const server = `'${process.execPath}' -e '${bridge}' ${place.file('socket')}`;
    const program = startMain(module, ['-b', '-', '-D', server], { cwd: place.file('around/target'), input: batch });
    const result = await program.exited;
    const around = readdirSync(place.file('around')).sort();
    return { ...result, around, inside: readdirSync(place.file('around/target')).sort() };
  } finally {
    listener.close();
  }
}

const escaping: Names = [
  { name: '../victim', attributes: file },
  { name: '/tmp/evil', attributes: file },
  { name: 'sub/../../evil', attributes: file },
  { name: '', attributes: file },
  { name: 'nul\0name', attributes: file },
  { name: '..', attributes: folder },
  { name: '.', attributes: folder },
  { name: 'honest', attributes: file },
];

test('names that lead out of a tree are refused, the others come, and the status says that something is wrong', async () => {
  const { code, around, inside, stderr } = await run(
    { names: (path) => (path === '/dir' ? escaping : []) },
    'get -r /dir t',
  );
  assert.deepEqual([code, around, inside], [1, ['target', 'victim'], ['t']]);
  assert.match(stderr, /\.\.\/victim/);
});

test('names that no file can have fit no pattern', async () => {
  const { code, around, inside, stderr } = await run({ names: () => escaping }, 'get /d/*');
  assert.deepEqual([code, around, inside], [1, ['target', 'victim'], ['honest']]);
  assert.match(stderr, /Server sent suspect path "\.\.\/victim" during readdir of "\/d\/?"\r\n/);
});

test('escape sequences in names do not reach the terminal', async () => {
  const names = [{ name: 'a\x1b]0;title\x07\x9b31m\r', attributes: file }];
  for (const line of ['ls -1 /d*r', 'ls -l /dir', 'get /dir/*', 'rm /dir/*']) {
    const { stdout, stderr } = await run({ names: () => names }, line);
    assert.doesNotMatch((stdout.toString('latin1') + stderr).replaceAll(/\r?\n/g, ''), /\p{Cc}/u, line);
  }
});

test('a file that ends early, or has more than was asked for, is a failure', async () => {
  const short = await run(
    { answer: (request, server) => request.name === 'read' && (server.status(request.id, 1), true) },
    'get /f',
  );
  assert.equal(short.code, 1);
  const long = await run(
    {
      answer: (request, server) => {
        if (request.name !== 'read') return false;
        server.reply('data', { id: request.id, data: new Uint8Array(request.length + 1) });
        return true;
      },
    },
    'get /f',
  );
  assert.deepEqual([long.code, long.stderr], [255, 'Connection closed\r\n']);
});

test('an answer to no request, and one that is too long, end the connection', async () => {
  const unknown = await run(
    { answer: (request, server) => request.name === 'stat' && (server.status(request.id + 1000, 0), true) },
    'cd /x',
  );
  assert.deepEqual([unknown.code, unknown.stderr], [255, 'Connection closed\r\n']);
  const huge = await run(
    {
      answer: (request, server) => {
        if (request.name !== 'lstat') return false;
        server.stream.write([Uint8Array.of(0xff, 0xff, 0xff, 0xff, 101)]);
        return true;
      },
    },
    'get /x',
  );
  assert.deepEqual([huge.code, huge.stderr], [255, 'Connection closed\r\n']);
});

test('folders in folders without end are given up', async () => {
  const { code, stderr } = await run({ names: () => [{ name: 'dir', attributes: folder }] }, 'get -r /dir t');
  assert.equal(code, 1);
  assert.match(stderr, /Maximum directory depth exceeded/);
});

test('a write that fails is a failure, whatever is said later', async () => {
  const { code, stderr } = await run(
    {
      answer: (request, server) => {
        if (request.name !== 'write') return false;
        server.status(request.id, request.offset === 0n ? 4 : 0, 'disk full');
        return true;
      },
    },
    '!head -c 3000000 /dev/zero >big\nput big /x',
  );
  assert.equal(code, 1);
  assert.match(stderr, /^write remote "\/x": Failure \(disk full\)\r\n$/);
});
