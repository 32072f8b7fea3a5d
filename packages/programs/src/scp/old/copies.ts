// Copies in the old protocol (-O): a scp at the other end is started by a command line, which its shell expands. What
// comes back is compared with what was asked for.

import { dependsOnShell, requestedNames } from '@sallyport/protocol/scp/requested-names';
import type { ByteStream } from '@sallyport/system/byte-stream';
import { textOf } from '../../shared/byte-string.ts';
import type { RemoteProgram } from '../../ssh/in-process.ts';
import { finish, openCommand } from '../connection.ts';
import type { CopySetting, CopySources, CopyTarget } from '../copy-setting.ts';
import type { RemotePlace } from '../locations.ts';
import { messages, ownMessages } from '../messages.ts';
import { Abandoned } from '../report.ts';
import { runSink } from './run-sink.ts';
import { sendPath } from './send-files.ts';
import { SourceLink } from './source-link.ts';

/** `scp` with our options, in a role and on a path. */
function commandFor(role: 'source' | 'sink', path: string, { invocation, toFolder, report }: CopySetting): string {
  const text = textOf(path);
  if (text === undefined) {
    report.error(ownMessages.notText(path));
    throw new Abandoned(255);
  }
  const letter = role === 'source' ? 'f' : 't';
  return `${remoteCommand(invocation, toFolder)} -${letter} ${text.startsWith('-') ? '-- ' : ''}${text}`;
}

/** What scp at the other end is called with, but for role and paths. */
export function remoteCommand(
  { verbosity, recursive, preserve }: CopySetting['invocation'],
  toFolder: boolean,
): string {
  const options = [verbosity > 0 && '-v', recursive && '-r', preserve && '-p', toFolder && '-d'];
  return ['scp', ...options.filter((option) => option !== false)].join(' ');
}

/** Each source has a connection of its own. */
export class OldSources implements CopySources {
  readonly #setting: CopySetting;

  constructor(setting: CopySetting) {
    this.#setting = setting;
  }

  fetch(from: RemotePlace, target: string): Promise<void> {
    return fetchOld(from, target, this.#setting);
  }

  async finish(): Promise<void> {
    // Nothing is kept open.
  }
}

async function fetchOld(place: RemotePlace, target: string, setting: CopySetting): Promise<void> {
  const { invocation, report, meter } = setting;
  const { recursive, preserve, limitBytesPerSecond } = invocation;
  const isRequested = requestOf(place.path, setting);
  const program = await openCommand(place, commandFor('source', place.path, setting), setting);
  const options = { target, recursive, preserve, limitBytesPerSecond, meter, report };
  const isHeard = await abandoning(program, () =>
    runSink(program.stream, isRequested === undefined ? options : { ...options, isRequested }),
  );
  await finish(program, report);
  // A source sends a file, or why it cannot. A program that ends well without a word was none.
  if (!isHeard && (await program.exit) === 0) report.problem(messages.lostConnection);
}

/** With -r a path that the shell over there changes cannot be compared; without, OpenSSH refuses it, and so do we. */
function requestOf(path: string, { invocation, report }: CopySetting): ((name: Uint8Array) => boolean) | undefined {
  if (!invocation.checksNames || (invocation.recursive && dependsOnShell(path))) return undefined;
  const names = requestedNames(path);
  if (names !== undefined) return names;
  report.error(ownMessages.badPattern);
  throw new Abandoned(255);
}

/** A target at the other end, which is connected to when the first source is sent. */
export class OldTarget implements CopyTarget {
  readonly #place: RemotePlace;
  readonly #setting: CopySetting;
  #open: { readonly program: RemoteProgram; readonly link: SourceLink } | undefined;

  constructor(place: RemotePlace, setting: CopySetting) {
    this.#place = place;
    this.#setting = setting;
  }

  async send(path: string): Promise<void> {
    const { invocation, meter, report } = this.#setting;
    const { recursive, preserve } = invocation;
    const { program, link } = await this.#connect();
    await abandoning(program, () => sendPath(link, path, { recursive, preserve, meter, report }));
  }

  /** From another host through us: the two scps talk to each other, and we hand on what they say. */
  async relay(from: RemotePlace): Promise<void> {
    const setting = this.#setting;
    const to = this.#place;
    const source = await openCommand(from, commandFor('source', from.path, setting), setting);
    const target = await abandoning(source, () => openCommand(to, commandFor('sink', to.path, setting), setting));
    pump(source.stream, target.stream);
    pump(target.stream, source.stream);
    for (const status of await Promise.all([source.exit, target.exit])) if (status !== 0) setting.report.fail();
  }

  async finish(): Promise<void> {
    if (this.#open !== undefined) await finish(this.#open.program, this.#setting.report);
  }

  async #connect(): Promise<{ readonly program: RemoteProgram; readonly link: SourceLink }> {
    if (this.#open !== undefined) return this.#open;
    const { invocation, report } = this.#setting;
    const program = await this.#start();
    const link = new SourceLink(program.stream, { report, limitBytesPerSecond: invocation.limitBytesPerSecond });
    const isReady = await abandoning(program, () => link.ready());
    if (!isReady) {
      program.close();
      throw new Abandoned(1);
    }
    this.#open = { program, link };
    return this.#open;
  }

  /** A source that waits for a target finds the connection lost, whatever was said before. */
  async #start(): Promise<RemoteProgram> {
    const command = commandFor('sink', this.#place.path, this.#setting);
    try {
      return await openCommand(this.#place, command, this.#setting);
    } catch (error) {
      if (error instanceof Abandoned) this.#setting.report.problem(messages.lostConnection);
      throw error;
    }
  }
}

async function abandoning<Result>(program: RemoteProgram, act: () => Promise<Result>): Promise<Result> {
  try {
    return await act();
  } catch (error) {
    program.close();
    throw error;
  }
}

function pump(from: ByteStream, to: ByteStream): void {
  from.onData = (chunk) => {
    if (!to.write([chunk])) from.pause();
  };
  to.onDrain = () => from.resume();
  from.onEnd = () => to.end();
  from.onClose = () => to.end();
  from.resume();
}
