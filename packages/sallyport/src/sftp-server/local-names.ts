// The names of users and groups of this machine, each asked for once a session: a directory has many files of few
// owners.

import { accountById, groupById } from '@sallyport/system/accounts';

/** Names that are kept; a directory with more owners asks again. */
const maximumKept = 1000;

export class LocalNames {
  readonly #users = new Map<number, string | undefined>();
  readonly #groups = new Map<number, string | undefined>();

  user(uid: number): string | undefined {
    return known(this.#users, uid, (id) => accountById(id)?.name);
  }

  group(gid: number): string | undefined {
    return known(this.#groups, gid, (id) => groupById(id)?.name);
  }
}

/** A database that cannot be asked has no names. */
function known(
  kept: Map<number, string | undefined>,
  id: number,
  ask: (id: number) => string | undefined,
): string | undefined {
  if (kept.has(id)) return kept.get(id);
  if (kept.size >= maximumKept) kept.clear();
  let name: string | undefined;
  try {
    name = ask(id);
  } catch {
    name = undefined;
  }
  kept.set(id, name);
  return name;
}
