// Copies over SFTP, scp's default: patterns are matched here, several files are under way at a time, and a session is
// kept for the whole call.

import { mkdirSync } from 'node:fs';
import { bytesOf, pathOf } from '../../shared/byte-string.ts';
import { reasonOf } from '../../shared/failure-reason.ts';
import type { CopySetting, CopySources, CopyTarget } from '../copy-setting.ts';
import { statusOf } from '../local-files.ts';
import type { RemotePlace } from '../locations.ts';
import { below, targetName } from '../locations.ts';
import { fileMessages } from '../messages.ts';
import { Abandoned } from '../report.ts';
import { FileConnection, orAbandon, orReport } from './file-connection.ts';
import { FileTransfer } from './file-transfer.ts';
import { remoteFiles } from './remote-files.ts';
import type { RemoteMatch } from './remote-path.ts';
import { findRemote, isRemoteFolder, serverPath } from './remote-path.ts';
import { TransferPool } from './transfer-pool.ts';

/** Files that the user named, or patterns gave, that are under way at the same time. */
const concurrency = 32;

/** Sessions by host, as the user names it. */
class Connections {
  readonly #setting: CopySetting;
  readonly #open = new Map<string, Promise<FileConnection>>();

  constructor(setting: CopySetting) {
    this.#setting = setting;
  }

  to(place: RemotePlace): Promise<FileConnection> {
    const key = JSON.stringify([place.user, place.host, place.port]);
    const known = this.#open.get(key);
    if (known !== undefined) return known;
    const opening = FileConnection.open(place, this.#setting);
    this.#open.set(key, opening);
    return opening;
  }

  async finish(): Promise<void> {
    for (const connection of this.#open.values()) await (await connection).finish();
  }
}

/** What a path at a server stands for; empty after it was said why there is nothing. */
async function matchesOf(
  { client }: FileConnection,
  path: string,
  { report }: CopySetting,
): Promise<readonly RemoteMatch[]> {
  const found = await orReport(report, 'download', async () => {
    const known = await serverPath(client, path);
    if (known === undefined) {
      report.error(fileMessages.needsExpansion);
      return undefined;
    }
    const matches = await findRemote(client, known);
    if (matches.length === 0) report.error(fileMessages.noSuchFile(path));
    return matches;
  });
  return found ?? [];
}

export class SftpSources implements CopySources {
  readonly #setting: CopySetting;
  readonly #connections: Connections;
  readonly #transfers = new Map<FileConnection, FileTransfer>();
  readonly #pool = new TransferPool(concurrency);

  constructor(setting: CopySetting) {
    this.#setting = setting;
    this.#connections = new Connections(setting);
  }

  async fetch(from: RemotePlace, target: string): Promise<void> {
    const connection = await this.#connections.to(from);
    const matches = await matchesOf(connection, from.path, this.#setting);
    const isFolder = this.#prepareTarget(target, matches);
    if (isFolder === undefined) return;
    const transfer = this.#transferOf(connection);
    for (const match of matches) {
      const path = isFolder ? below(target, targetName(match.path)) : target;
      await this.#pool.run(path, () => transfer.download(match, path));
    }
  }

  async finish(): Promise<void> {
    await this.#pool.finish();
    await this.#connections.finish();
  }

  #transferOf(connection: FileConnection): FileTransfer {
    const known = this.#transfers.get(connection);
    if (known !== undefined) return known;
    const transfer = new FileTransfer(connection.client, this.#setting, { direction: 'download' });
    this.#transfers.set(connection, transfer);
    return transfer;
  }

  /** Whether the target is a folder; undefined after it was said why it cannot take all of this. */
  #prepareTarget(target: string, matches: readonly RemoteMatch[]): boolean | undefined {
    const { report } = this.#setting;
    const status = statusOf(target);
    const isFolder = typeof status !== 'string' && status.isDirectory();
    if (isFolder || matches.length < 2) return isFolder;
    if (typeof status !== 'string') {
      report.error(fileMessages.manyToOne(target));
      return undefined;
    }
    try {
      mkdirSync(pathOf(target));
      return true;
    } catch (error) {
      report.error(fileMessages.noFolder(target, reasonOf(error)));
      return undefined;
    }
  }
}

/** The target as its server sees it. */
interface OpenTarget {
  readonly connection: FileConnection;
  readonly transfer: FileTransfer;
  readonly path: string;
  readonly isFolder: boolean;
}

export class SftpTarget implements CopyTarget {
  readonly #place: RemotePlace;
  readonly #setting: CopySetting;
  readonly #sources: Connections;
  readonly #relays = new Map<FileConnection, FileTransfer>();
  readonly #pool = new TransferPool(concurrency);
  #opening: Promise<OpenTarget> | undefined;
  #making: Promise<void> | undefined;

  constructor(place: RemotePlace, setting: CopySetting) {
    this.#place = place;
    this.#setting = setting;
    this.#sources = new Connections(setting);
  }

  async send(path: string): Promise<void> {
    const { report, invocation, toFolder } = this.#setting;
    const status = statusOf(path);
    if (typeof status === 'string') {
      report.error(fileMessages.noStatus(path, status));
      await this.#pool.finish();
      throw new Abandoned(255);
    }
    const target = await this.#open();
    if (toFolder && !target.isFolder) await this.#makeFolder(target);
    const isFolder = target.isFolder || toFolder;
    const to = isFolder ? below(target.path, targetName(path)) : target.path;
    const isTree = status.isDirectory() && invocation.recursive;
    await this.#pool.run(to, async () => {
      if (await target.transfer.upload(path, to, isTree)) return;
      const shown = path.replace(/(?<=.)\/+$/s, '');
      report.error(fileMessages.uploadFailed(isTree ? 'directory' : 'file', shown, this.#place.path));
    });
  }

  async relay(from: RemotePlace): Promise<void> {
    const { report, toFolder } = this.#setting;
    const target = await this.#open();
    const connection = await this.#sources.to(from);
    if (toFolder && !target.isFolder) return report.error(fileMessages.notFolder(target.path));
    const matches = await matchesOf(connection, from.path, this.#setting);
    if (matches.length > 1 && !target.isFolder) return report.error(fileMessages.manyToOne(target.path));
    const transfer = this.#relayOf(connection, target);
    for (const match of matches) {
      const to = target.isFolder ? below(target.path, targetName(match.path)) : target.path;
      await this.#pool.run(to, () => transfer.download(match, to));
    }
  }

  async finish(): Promise<void> {
    await this.#pool.finish();
    await this.#sources.finish();
    await (await this.#opening)?.connection.finish();
  }

  #open(): Promise<OpenTarget> {
    this.#opening ??= this.#openOnce();
    return this.#opening;
  }

  async #openOnce(): Promise<OpenTarget> {
    const { report } = this.#setting;
    const connection = await FileConnection.open(this.#place, this.#setting);
    const { client } = connection;
    const path = await orAbandon(report, () => serverPath(client, this.#place.path));
    if (path === undefined) {
      report.error(fileMessages.needsExpansion);
      throw new Abandoned(255);
    }
    const isFolder = await orAbandon(report, () => isRemoteFolder(client, path));
    const transfer = new FileTransfer(client, this.#setting, { direction: 'upload' });
    return { connection, transfer, path, isFolder };
  }

  /** Several files go into a folder, which is made for them. */
  #makeFolder({ connection, path }: OpenTarget): Promise<void> {
    this.#making ??= orAbandon(this.#setting.report, () => connection.client.mkdir(bytesOf(path)));
    return this.#making;
  }

  #relayOf(from: FileConnection, { connection }: OpenTarget): FileTransfer {
    const known = this.#relays.get(from);
    if (known !== undefined) return known;
    const others = remoteFiles(connection.client);
    const transfer = new FileTransfer(from.client, this.#setting, { direction: 'download', others });
    this.#relays.set(from, transfer);
    return transfer;
  }
}
