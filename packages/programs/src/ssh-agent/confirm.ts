// Asks the user of the agent before a key signs, through the program of SSH_ASKPASS: one question at a time, whoever
// and however many ask.

import type { ConfirmationQuestion } from '@sallyport/protocol/agent/outcome';
import { askPermission } from '../shared/prompt.ts';
import { confirmationQuestion } from './messages.ts';

export class Confirmations {
  #last: Promise<unknown> = Promise.resolve();

  /** Whether the user allows it; `isWanted` says whether somebody still waits when the question's turn comes. */
  ask(question: ConfirmationQuestion, isWanted: () => boolean): Promise<boolean> {
    const asked = this.#last.then(() => isWanted() && askPermission(confirmationQuestion(question)));
    this.#last = asked.catch(() => undefined);
    return asked.catch(() => false);
  }
}
