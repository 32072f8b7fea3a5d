// Asks the user of the agent before a key signs, through the program of SSH_ASKPASS: one question at a time, whoever
// and however many ask.

import type { ConfirmationQuestion } from '@sallyport/protocol/agent/requests';
import { askUser } from '../shared/prompt.ts';
import { confirmationQuestion } from './messages.ts';

/** An empty line and `yes` allow; everything else, and nobody to ask, does not. */
function allows(answer: Uint8Array | undefined): boolean {
  if (answer === undefined) return false;
  return ['', 'yes'].includes(Buffer.from(answer).toString('latin1').toLowerCase());
}

export class Confirmations {
  #last: Promise<unknown> = Promise.resolve();

  /** Whether the user allows it; `isWanted` says whether somebody still waits when the question's turn comes. */
  ask(question: ConfirmationQuestion, isWanted: () => boolean): Promise<boolean> {
    const asked = this.#last.then(async () => {
      if (!isWanted()) return false;
      return allows(await askUser(confirmationQuestion(question), { hint: 'confirm', askpassOnly: true }));
    });
    this.#last = asked.catch(() => undefined);
    return asked.catch(() => false);
  }
}
