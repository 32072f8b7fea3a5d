// Which keys are to be installed: those of a file (-i), those of the agent, or the newest of the user's. Each is a line
// of authorized_keys.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { decodeAnyKey } from '@sallyport/protocol/keys/certificate';
import { formatPublicLine } from '@sallyport/protocol/keys/formats/public-line';
import { DecodeError } from '@sallyport/protocol/wire/decode-error';
import { AgentClient } from 'sallyport/agent/agent-client';
import { reasonOf } from '../shared/failure-reason.ts';
import { escapeControls } from '../shared/printable.ts';
import { ProgramExit } from '../shared/program-exit.ts';
import { tryPublicLine } from '../shared/public-key-file.ts';
import { userSshFolder } from '../shared/user-folder.ts';
import { messages } from './messages.ts';
import type { CopyIdOptions } from './options.ts';

export interface ChosenKeys {
  readonly lines: readonly string[];
  /** The file that logs in with the key, where the keys are of a file and are to be tried. */
  readonly privatePath: string | undefined;
  /** The file that they are from. */
  readonly publicPath: string | undefined;
}

export interface Environment {
  readonly home: string;
  /** Socket of the agent. */
  readonly agent: string | undefined;
}

/** @throws ProgramExit */
export async function chooseKeys(options: CopyIdOptions, environment: Environment): Promise<ChosenKeys> {
  if (options.identity !== undefined) return keysOfFile(options.identity || newestKey(environment.home), options);
  const ofAgent = environment.agent ? await agentLines(environment.agent) : [];
  if (ofAgent.length > 0) return { lines: ofAgent, privatePath: undefined, publicPath: undefined };
  const newest = newestKey(environment.home);
  if (newest === undefined) throw new ProgramExit(messages.noIdentities, 1);
  return keysOfFile(newest, options);
}

function keysOfFile(path: string | undefined, { isForced }: CopyIdOptions): ChosenKeys {
  if (path === undefined) throw new ProgramExit(messages.noFile, 1);
  const publicPath = path.endsWith('.pub') ? path : `${path}.pub`;
  const privatePath = isForced ? undefined : publicPath.slice(0, -'.pub'.length);
  const text = read(publicPath, (reason) => messages.notOpened(publicPath, reason));
  if (privatePath !== undefined) read(privatePath, (why) => messages.notOpenedPrivate(privatePath, why, publicPath));
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith('#'));
  // A private key, or anything else, must not end up in the file of those who may log in.
  if (lines.length === 0 || !lines.every((line) => tryPublicLine(line) !== undefined)) {
    throw new ProgramExit(messages.noPublicKey(publicPath), 1);
  }
  return { lines, privatePath, publicPath };
}

function read(path: string, sentence: (reason: string) => string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ProgramExit(sentence(reasonOf(error)), 1);
  }
}

/** `~/.ssh/id*.pub`, but for certificates, by its time. */
function newestKey(home: string): string | undefined {
  const folder = userSshFolder(home);
  const paths = namesIn(folder)
    .filter((name) => /^id.*\.pub$/.test(name) && !name.endsWith('-cert.pub'))
    .map((name) => `${folder}/${name}`);
  const times = paths.map((path) => ({ path, time: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0 }));
  return times.sort((one, other) => other.time - one.time)[0]?.path;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** An agent that does not answer has none. */
async function agentLines(socket: string): Promise<readonly string[]> {
  const identities = await new AgentClient(socket).identities({ timeoutMs: 10_000 }).catch(() => []);
  return identities.flatMap(({ key, comment }) => {
    try {
      return [formatPublicLine(decodeAnyKey(key), escapeControls(comment))];
    } catch (error) {
      if (error instanceof DecodeError) return [];
      throw error;
    }
  });
}
