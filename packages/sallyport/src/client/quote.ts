// A command line from words, for the POSIX shell that
// servers hand commands to.

const plain = /^[A-Za-z0-9_@%+=:,./-]+$/;

/**
 * The words as one command that a POSIX shell takes apart into just these words. Throws TypeError for no word or a NUL.
 */
export function quoteCommand(words: readonly string[]): string {
  if (words.length === 0) throw new TypeError('a command needs at least one word');
  return words.map(quoteWord).join(' ');
}

function quoteWord(word: string): string {
  if (word.includes('\0')) throw new TypeError('a word of a command cannot hold NUL');
  return plain.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
