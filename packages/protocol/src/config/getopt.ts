// Reads options as getopt(3) of the BSDs does, which OpenSSH brings along: letters in clusters, values attached or in
// the next argument, `--` ends. It stops at an operand and can go on behind it (`ssh host -v`). Long options do not
// exist: `--help` begins with the unknown option `-`.

export type OptionEvent =
  | { readonly kind: 'option'; readonly letter: string; readonly value: string }
  /** The message is what goes to stderr, before the usage. */
  | { readonly kind: 'error'; readonly message: string };

export class OptionReader {
  readonly #argv: readonly string[];
  readonly #takesValue = new Map<string, boolean>();
  #index = 0;
  /** Where the next letter of a cluster stands in the current argument; 0 outside a cluster. */
  #at = 0;
  #ended = false;

  /** `letters` as for getopt(3): a letter followed by a colon takes a value. */
  constructor(argv: readonly string[], letters: string) {
    this.#argv = argv;
    for (const [letter = '', colon] of letters.match(/[^:]:?/g) ?? []) this.#takesValue.set(letter, colon === ':');
  }

  /** Whether `--` was met: what follows are operands whatever they look like. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The next option; undefined at an operand and at the end. The value is empty for letters without one. */
  next(): OptionEvent | undefined {
    if (this.#at === 0 && !this.#enterCluster()) return undefined;
    const argument = this.#argv[this.#index] ?? '';
    const letter = argument.charAt(this.#at++);
    const takesValue = this.#takesValue.get(letter);
    if (takesValue !== true) {
      if (this.#at === argument.length) this.#leaveCluster();
      if (takesValue === undefined) return { kind: 'error', message: `unknown option -- ${letter}` };
      return { kind: 'option', letter, value: '' };
    }
    const attached = argument.slice(this.#at);
    this.#leaveCluster();
    if (attached !== '') return { kind: 'option', letter, value: attached };
    const value = this.#argv[this.#index];
    if (value === undefined) return { kind: 'error', message: `option requires an argument -- ${letter}` };
    this.#index++;
    return { kind: 'option', letter, value };
  }

  /** Takes the operand at which next() stopped; options behind it can be read after that. */
  takeOperand(): string | undefined {
    const operand = this.#argv[this.#index];
    if (operand !== undefined) this.#index++;
    return operand;
  }

  /** Everything that was not read. */
  remaining(): readonly string[] {
    return this.#argv.slice(this.#index);
  }

  #enterCluster(): boolean {
    const argument = this.#argv[this.#index];
    if (this.#ended || argument === undefined || !argument.startsWith('-') || argument === '-') return false;
    if (argument === '--') {
      this.#index++;
      this.#ended = true;
      return false;
    }
    this.#at = 1;
    return true;
  }

  #leaveCluster(): void {
    this.#index++;
    this.#at = 0;
  }
}
