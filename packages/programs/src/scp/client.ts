// What the user asked for, copy by copy: to this machine, to another one, between two others, or within this one. Which
// protocol carries it is chosen here and nowhere else.

import type { CopySetting, CopySources, CopyTarget } from './copy-setting.ts';
import { copyDirectly, copyLocally } from './local-copy.ts';
import { folderProblem } from './local-files.ts';
import type { Place, RemotePlace } from './locations.ts';
import { parsePlace } from './locations.ts';
import { messages } from './messages.ts';
import { OldSources, OldTarget } from './old/copies.ts';
import { Abandoned } from './report.ts';
import { SftpSources, SftpTarget } from './sftp/copies.ts';

export async function runClient(given: Omit<CopySetting, 'toFolder'>): Promise<void> {
  const { operands, toFolder } = given.invocation;
  const setting: CopySetting = { ...given, toFolder: toFolder || operands.length > 2 };
  const sources = operands.slice(0, -1);
  const target = operands.at(-1) as string;
  const place = parsePlace(target);
  if (place.kind === 'remote') await copyToRemote(sources, place, setting);
  else if (place.kind === 'local') await copyToLocal(sources, target, setting);
  else given.report.problem(place.kind === 'bad-uri' ? messages.badUri(target) : messages.badTarget(target));
}

/** The place of a source; undefined after it was said why there is none. */
function sourcePlace(
  source: string,
  { report }: CopySetting,
): Exclude<Place, { kind: 'bad-uri' | 'bad-place' }> | undefined {
  const place = parsePlace(source);
  if (place.kind === 'local' || place.kind === 'remote') return place;
  report.problem(place.kind === 'bad-uri' ? messages.badUri(source) : messages.badSource(source));
  return undefined;
}

async function copyToLocal(sources: readonly string[], target: string, setting: CopySetting): Promise<void> {
  const problem = setting.toFolder ? folderProblem(target) : undefined;
  if (problem !== undefined) {
    setting.report.problem(messages.fileProblem(target, problem));
    throw new Abandoned(1);
  }
  const remote: CopySources =
    setting.invocation.protocol === 'sftp' ? new SftpSources(setting) : new OldSources(setting);
  for (const source of sources) {
    const place = sourcePlace(source, setting);
    if (place?.kind === 'local') await copyLocally(source, target, setting);
    else if (place?.kind === 'remote') await remote.fetch(place, target);
  }
  await remote.finish();
}

async function copyToRemote(sources: readonly string[], to: RemotePlace, setting: CopySetting): Promise<void> {
  const { protocol, direct } = setting.invocation;
  const target: CopyTarget = protocol === 'sftp' ? new SftpTarget(to, setting) : new OldTarget(to, setting);
  for (const source of sources) {
    const place = sourcePlace(source, setting);
    if (place?.kind === 'local') await target.send(source);
    else if (place?.kind === 'remote') await (direct ? copyDirectly(place, to, setting) : target.relay(place));
  }
  await target.finish();
}
