// The lines of a user at a terminal: with an editor and completion where the terminal can move its cursor, else as the
// terminal itself gives them.

import { displayColumns } from '../shared/display-name.ts';
import type { CommandLines } from './command-lines.ts';
import { DescriptorLines } from './command-lines.ts';
import { completeLine } from './completion.ts';
import { EditedLines } from './editor/edited-lines.ts';
import { glob } from './glob.ts';
import type { Interrupts } from './interrupts.ts';
import { formatColumns } from './listing.ts';
import { localFiles } from './local-files.ts';
import { connectionMessages, prompt } from './messages.ts';
import { RemoteFiles } from './remote-files.ts';
import type { Report } from './report.ts';
import type { Session } from './session.ts';

/** Edited, unless the terminal cannot move its cursor. */
export function userLines(session: Session, interrupts: Interrupts): CommandLines {
  const { report } = session;
  if (isPlainTerminal(process.env['TERM'])) {
    const ask = (): void => report.print(prompt);
    interrupts.whenIdle = () => {
      report.interrupt(connectionMessages.interrupted);
      ask();
    };
    return new DescriptorLines(0, { ask, ended: () => report.print('\n') });
  }
  const lines = new EditedLines({
    prompt,
    show: report.show,
    complete: (line, cursor, signal) =>
      completeLine(line, cursor, (pattern, place) => findPaths(session, pattern, { place, signal })),
    formatChoices: (choices, width) => formatChoices(report, choices, width),
  });
  interrupts.whenIdle = () => lines.interrupt();
  return lines;
}

/** One that cannot move its cursor. */
function isPlainTerminal(kind: string | undefined): boolean {
  return kind === undefined || kind === '' || kind === 'dumb';
}

/** For completion: what is wrong is not told there. */
async function findPaths(
  session: Session,
  pattern: string,
  { place, signal }: { readonly place: 'local' | 'remote'; readonly signal: AbortSignal },
): Promise<readonly string[]> {
  const options = { marksFolders: true, signal };
  try {
    const found =
      place === 'local'
        ? await glob(pattern, localFiles, options)
        : await glob(
            session.absolutePattern(pattern),
            new RemoteFiles(session.client, { problem: () => undefined, remark: () => undefined, signal }),
            options,
          );
    return found.map(({ path }) => path);
  } catch {
    return [];
  }
}

function formatChoices(report: Report, choices: readonly string[], width: number): string {
  const names = choices.map(report.show);
  const widestName = names.reduce((widest, name) => Math.max(widest, displayColumns(name)), 0);
  return formatColumns(names, { width, widestName });
}
