// AuthenticationMethods: lists of methods of which a user must pass one as a whole and in order (sshd_config(5)). A
// method may be tried only when a list begins with it; each success takes it from the lists that begin with it.

export class MethodLists {
  readonly #enabled: readonly string[];
  /** undefined: any one method will do. */
  #lists: readonly (readonly string[])[] | undefined;

  /** @param lists `publickey,password` each, none for any method; one with a method that is off is passed over */
  constructor(lists: readonly string[], enabled: readonly string[]) {
    this.#enabled = enabled;
    const split = lists.map((list) => list.split(',').map(nameOf));
    const possible = split.filter((list) => list.every((method) => enabled.includes(method)));
    this.#lists = lists.length === 0 ? undefined : possible;
  }

  /** Whether a single method is enough, whichever it is. */
  get isAny(): boolean {
    return this.#lists === undefined;
  }

  /** What may be tried now. */
  get allowed(): readonly string[] {
    const lists = this.#lists;
    if (lists === undefined) return this.#enabled;
    return this.#enabled.filter((method) => lists.some(([first]) => first === method));
  }

  /** Notes that a method has been passed, which was allowed; whether that completes a list. */
  pass(method: string): boolean {
    if (this.#lists === undefined) return true;
    this.#lists = this.#lists.map((list) => (list[0] === method ? list.slice(1) : list));
    return this.#lists.some((list) => list.length === 0);
  }
}

/** Without the device: `keyboard-interactive:pam`. */
function nameOf(method: string): string {
  return method.split(':')[0] ?? '';
}
