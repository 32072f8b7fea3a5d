// The file that keys are added to, as bytes: what is in it stays, byte for byte, and what is added begins on a line of
// its own.

const newline = 0x0a;

/** The old contents with the lines behind them. */
export function withLines(contents: Uint8Array, lines: readonly string[]): Uint8Array {
  const added = Buffer.from(lines.map((line) => `${line}\n`).join(''), 'utf8');
  const needsEnd = contents.length > 0 && contents.at(-1) !== newline;
  return Buffer.concat([contents, Buffer.from(needsEnd ? '\n' : ''), added]);
}

/** What a shell of the other host is to run: it reads so many bytes of lines and adds them, all or none. */
export function installCommand(path: string, byteCount: number): string {
  const steps = [
    'cd || exit 1',
    'umask 077',
    `f=${quote(path)}`,
    // A link stays a link: the file that it leads to is replaced.
    'if [ -h "$f" ]; then r=`readlink -f "$f"` && [ -n "$r" ] && f=$r; fi',
    'mkdir -p "`dirname "$f"`" || exit 1',
    't=$f.$$.new',
    // Nobody else's file of that name is written to.
    'set -C',
    ': > "$t" || exit 1',
    'set +C',
    'trap "" HUP',
    'done=',
    'add() { if [ -e "$f" ]; then cp -p "$f" "$t" || return 1; fi',
    'if [ -s "$t" ] && [ -n "`tail -c 1 "$t"`" ]; then echo >> "$t" || return 1; fi',
    'b=`wc -c < "$t"`; cat >> "$t" || return 1; a=`wc -c < "$t"`',
    `[ "\`expr $a - $b\`" -eq ${byteCount} ] || return 1; mv -f "$t" "$f"; }`,
    'add || { rm -f "$t"; exit 1; }',
  ];
  // Whatever the user's shell is: this is for a POSIX one.
  return `exec sh -c ${quote(steps.join('; '))}`;
}

/** One word for a shell. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
