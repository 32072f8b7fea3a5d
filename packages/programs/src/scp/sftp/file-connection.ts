// SFTP with one host: the connection, the session on it, and its end; and what becomes of the errors of both: a file's
// failure is told, a lost session ends the program.

import { ConnectionLostError, SshError } from 'sallyport/errors';
import { SftpClient } from 'sallyport/sftp/sftp-client';
import { SftpError } from 'sallyport/sftp/sftp-error';
import { byteString } from '../../shared/byte-string.ts';
import type { RemoteProgram } from '../../ssh/in-process.ts';
import type { ConnectionSetting } from '../connection.ts';
import { openServer } from '../connection.ts';
import type { RemotePlace } from '../locations.ts';
import { ownMessages } from '../messages.ts';
import type { Report } from '../report.ts';
import { Abandoned } from '../report.ts';
import type { Direction } from './failure-sentence.ts';
import { failureSentence } from './failure-sentence.ts';

export class FileConnection {
  readonly client: SftpClient;
  readonly #program: RemoteProgram;
  readonly #report: Report;

  private constructor(client: SftpClient, program: RemoteProgram, report: Report) {
    this.client = client;
    this.#program = program;
    this.#report = report;
  }

  /** Rejects with Abandoned, after it was said why. */
  static async open(place: RemotePlace, setting: ConnectionSetting): Promise<FileConnection> {
    const { report } = setting;
    const program = await openOrSay(place, setting);
    const client = await orAbandon(report, () =>
      SftpClient.over(program.stream, { limitsLater: true, log: report.debug }),
    );
    return new FileConnection(client, program, report);
  }

  /** Ends the session and takes the other end's word for how that went. */
  async finish(): Promise<void> {
    await this.client.end();
    if ((await this.#program.exit) !== 0) this.#report.fail();
  }
}

/** Whatever was said before, a session that does not come about ends with this sentence. */
async function openOrSay(place: RemotePlace, setting: ConnectionSetting): Promise<RemoteProgram> {
  try {
    return await openServer(place, setting);
  } catch (error) {
    if (error instanceof Abandoned) throw abandon(setting.report);
    throw error;
  }
}

/** Failures of a file are reported and give undefined; those of the session end the program. */
export async function orReport<T>(report: Report, direction: Direction, act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof SftpError) {
      report.error(failureSentence(error, direction));
      return undefined;
    }
    throw abandoned(report, error);
  }
}

/** Every failure ends the program. */
export async function orAbandon<T>(report: Report, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof SftpError)) throw abandoned(report, error);
    report.error(failureSentence(error, 'download'));
    throw new Abandoned(255);
  }
}

function abandoned(report: Report, error: unknown): unknown {
  if (!(error instanceof SshError)) return error;
  if (error instanceof ConnectionLostError) return abandon(report);
  // Mostly a shell that says something of its own where a server's first packet should be.
  const length = error.code === 'message-malformed' ? /of (\d+) bytes$/.exec(error.message)?.[1] : undefined;
  report.error(length === undefined ? byteString(error.message) : ownMessages.tooLong(length));
  if (length !== undefined) report.error(ownMessages.keepQuiet);
  return new Abandoned(255);
}

function abandon(report: Report): Abandoned {
  report.error(ownMessages.connectionClosed);
  return new Abandoned(255);
}
