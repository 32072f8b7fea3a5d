// Connects and logs in with the prompts of a program: on the terminal or by SSH_ASKPASS, and the server's banner on
// stderr.

import { askUser } from '../shared/prompt.ts';
import { writeError } from '../shared/standard-streams.ts';
import type { LoggedIn } from './connect.ts';
import { connect } from './connect.ts';
import type { Prepared } from './prepare.ts';

/** Resolves to undefined when it did not work out; the log says why. */
export function logIn({ plan, invocation, crypto, log, environment }: Prepared): Promise<LoggedIn | undefined> {
  return connect({
    plan,
    invocation,
    crypto,
    log,
    environment,
    ask: (prompt, { echo }) => askUser(prompt, { echo, env: environment }),
    showBanner: (text) => {
      if (log.shows('info')) writeError(text);
    },
  });
}
