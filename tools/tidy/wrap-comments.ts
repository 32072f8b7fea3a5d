// Breaks comment lines that are longer than a line may be: the words that do not fit move to the beginning of the next
// line of the same comment, or to a line of their own. Code and strings are left alone; biome breaks code.

/** The text with its long comment lines broken. */
export function wrapComments(text: string, width: number): string {
  const lines = text.split('\n').flatMap((line) => openDocumentation(line, width));
  const wrapped: string[] = [];
  for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
    const parts = splitLine(line, width);
    if (parts === undefined) {
      wrapped.push(line);
      continue;
    }
    wrapped.push(parts.first);
    const next = lines[0];
    if (next !== undefined && continues(next, parts.prefix))
      lines[0] = `${parts.prefix}${parts.rest} ${next.slice(parts.prefix.length)}`;
    else lines.unshift(`${parts.prefix}${parts.rest}`);
  }
  return wrapped.join('\n');
}

/** A documentation comment on one line becomes three if it is too long. */
function openDocumentation(line: string, width: number): string[] {
  const [, indent = '', content = ''] = /^(\s*)\/\*\* (.*) \*\/$/.exec(line) ?? [];
  if (content === '' || line.length <= width) return [line];
  return [`${indent}/**`, `${indent} * ${content}`, `${indent} */`];
}

interface Parts {
  readonly prefix: string;
  readonly first: string;
  readonly rest: string;
}

function splitLine(line: string, width: number): Parts | undefined {
  const [, prefix = ''] = /^(\s*(?:\/\/|\*) )\S/.exec(line) ?? [];
  if (prefix === '' || [...line].length <= width) return undefined;
  const at = line.lastIndexOf(' ', width);
  if (at < prefix.length) return undefined;
  return { prefix, first: line.slice(0, at), rest: line.slice(at + 1) };
}

/**
 * Whether a line goes on with the same paragraph: the same prefix, and neither a list, a table, a tag nor indented
 * text.
 */
function continues(line: string, prefix: string): boolean {
  return line.startsWith(prefix) && /^[^\s\-*|@#+`]/.test(line.slice(prefix.length));
}
