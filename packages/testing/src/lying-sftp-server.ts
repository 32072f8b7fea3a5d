// An SFTP server on standard input and output that lies in one way, for tests of whole programs: it has a folder `root`
// with one file `f`, and everything else by the name of its lie. Run as a process; see lyingServerProgram().

import type { NameEntry } from '@sallyport/protocol/sftp/packets';
import { utf8Decode } from '@sallyport/protocol/wire/utf8';
import { openDescriptorPair } from '@sallyport/system/descriptor-stream';

import type { ScriptedRequest } from './scripted-sftp-server.ts';
import { ScriptedSftpServer } from './scripted-sftp-server.ts';

const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
const file = { permissions: 0o100644, size: 4n };
const folder = { permissions: 0o040755 };
const handle = latin1('h');
const evil = latin1('evil');
const [endOfFile, noSuchFile] = [1, 2];

const entry = (name: string, attributes: NameEntry['attributes'] = file): NameEntry => ({
  name: latin1(name),
  longName: latin1(name),
  attributes,
});

/** True when it has answered. */
type Lie = (request: ScriptedRequest, server: ScriptedSftpServer) => boolean;

/** A listing with these names beside `f`. */
function listing(...names: readonly string[]): Lie {
  const state = { isListed: false };
  return (request, server) => {
    if (request.name !== 'readdir' || state.isListed) return false;
    state.isListed = true;
    server.reply('names', { id: request.id, entries: [entry('f'), ...names.map((name) => entry(name))] });
    return true;
  };
}

/** Every request for data of any file is answered by this. */
function reading(answer: (id: number, server: ScriptedSftpServer) => void): Lie {
  return (request, server) => {
    if (request.name !== 'read') return false;
    answer(request.id, server);
    return true;
  };
}

export const lies = {
  'a way up': () => listing('../x', '../../x'),
  'an absolute path': () => listing('/tmp/x'),
  'a path below': () => listing('a/../../x'),
  'no name': () => listing(''),
  'an escape sequence': () => listing('../\x1b[2J\x1b]0;owned\x07'),
  'a folder in itself': (): Lie => {
    const listed = new Set<string>();
    const state = { opened: 0 };
    return (request, server) => {
      if (request.name === 'opendir') {
        server.reply('handle', { id: request.id, handle: latin1(`d${state.opened++}`) });
        return true;
      }
      if (request.name !== 'readdir' || listed.has(utf8Decode(request.handle))) return false;
      listed.add(utf8Decode(request.handle));
      server.reply('names', { id: request.id, entries: [entry('d', folder)] });
      return true;
    };
  },
  'endless names': (): Lie => {
    const state = { count: 0 };
    return (request, server) => {
      if (request.name !== 'readdir') return false;
      const entries = Array.from({ length: 100 }, () => entry(`../n${state.count++}`));
      if (state.count > 20_000) server.status(request.id, endOfFile);
      else server.reply('names', { id: request.id, entries });
      return true;
    };
  },
  'a shorter file': () => reading((id, server) => server.status(id, endOfFile)),
  'more data than asked for': () =>
    reading((id, server) => server.reply('data', { id, data: new Uint8Array(100_000) })),
  'answers to nothing': () => reading((_, server) => server.reply('data', { id: 0xffff, data: evil })),
  'another kind of answer': () => reading((id, server) => server.reply('handle', { id, handle })),
  'an end in the middle': () => reading(() => process.exit(0)),
  'a packet beyond limits': () => reading((_, server) => server.stream.write([latin1('\x7f\xff\xff\xff')])),
  'an error with escapes': () => reading((id, server) => server.status(id, 4, 'no\x1b[2J\nscp: all is well')),
  'success instead of data': () => reading((id, server) => server.status(id, 0)),
  'a failed write': (): Lie => (request, server) => {
    if (request.name !== 'write' || request.offset !== 0n) return false;
    server.status(request.id, 4);
    return true;
  },
  'a failed close': (): Lie => (request, server) => {
    if (request.name !== 'close') return false;
    server.status(request.id, 4);
    return true;
  },
} as const satisfies Readonly<Record<string, () => Lie>>;

export type LieName = keyof typeof lies;

/** Serves until the client goes away. */
export function serveLies(name: LieName): void {
  const lie = lies[name]();
  const state = { isListed: true };
  new ScriptedSftpServer(openDescriptorPair(0, 1), (request, server) => {
    if (lie(request, server)) return;
    const { id } = request;
    switch (request.name) {
      case 'stat':
      case 'lstat': {
        const path = utf8Decode(request.path);
        if (path.endsWith('missing')) server.status(id, noSuchFile);
        else server.reply('attributes', { id, attributes: path.endsWith('root') ? folder : file });
        break;
      }
      case 'opendir':
        state.isListed = false;
        server.reply('handle', { id, handle });
        break;
      case 'open':
        server.reply('handle', { id, handle });
        break;
      case 'readdir':
        if (state.isListed) server.status(id, endOfFile);
        else server.reply('names', { id, entries: [entry('f')] });
        state.isListed = true;
        break;
      case 'read':
        if (request.offset >= 4n) server.status(id, endOfFile);
        else server.reply('data', { id, data: evil.subarray(Number(request.offset)) });
        break;
      default:
        server.status(id, 0);
    }
  });
}

/** A shell script that is such a server, to be given to a program by its path. */
export function lyingServerScript(name: LieName): string {
  const module = JSON.stringify(import.meta.url);
  const serve = serveLies.name;
  const code = `const { ${serve} } = await import(${module}); ${serve}(${JSON.stringify(name)});`;
  const evaluate = process.versions['bun'] === undefined ? '--input-type=module -e' : '-e';
  return `#!/bin/sh\nexec ${process.execPath} ${evaluate} '${code}'\n`;
}
