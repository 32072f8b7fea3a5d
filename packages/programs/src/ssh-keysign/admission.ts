// Whose request is answered when: a few at a time of each user, a few of all, the others wait, and who has too many
// waiting is turned away, so that nobody holds the others up for long. Users take turns. Pure: it knows no time.

export interface AdmissionLimits {
  /** Requests of one user that are answered at the same time, and of all users. */
  readonly runningPerUser: number;
  readonly running: number;
  /** Requests of one user that wait, and of all users. */
  readonly waitingPerUser: number;
  readonly waiting: number;
}

export const usualLimits: AdmissionLimits = { runningPerUser: 2, running: 16, waitingPerUser: 64, waiting: 512 };

interface UserState<Client> {
  running: number;
  readonly waiting: Client[];
  /** Whether somebody has been told that there were too many, since there were none. */
  isOver: boolean;
}

export interface Admitted<Client> {
  readonly uid: number;
  readonly client: Client;
}

/** `turned-away-again`: as the one before, which is no news. */
export type Addition = 'taken' | 'turned-away' | 'turned-away-again';

export class Admission<Client> {
  readonly #limits: AdmissionLimits;
  /** In the order of their turns; users without requests are not there. */
  readonly #users = new Map<number, UserState<Client>>();
  #running = 0;
  #waiting = 0;

  constructor(limits: AdmissionLimits = usualLimits) {
    this.#limits = limits;
  }

  /** A new request. */
  add(uid: number, client: Client): Addition {
    const user = this.#users.get(uid) ?? { running: 0, waiting: [], isOver: false };
    this.#users.set(uid, user);
    const { waitingPerUser, waiting } = this.#limits;
    if (user.waiting.length >= waitingPerUser || this.#waiting >= waiting) {
      const addition = user.isOver ? 'turned-away-again' : 'turned-away';
      user.isOver = true;
      this.#forgetIfIdle(uid, user);
      return addition;
    }
    user.waiting.push(client);
    this.#waiting++;
    return 'taken';
  }

  /** The next request to answer now, of the user whose turn it is; undefined when there is none. */
  next(): Admitted<Client> | undefined {
    if (this.#running >= this.#limits.running) return undefined;
    for (const [uid, user] of this.#users) {
      if (user.running >= this.#limits.runningPerUser) continue;
      const client = user.waiting.shift();
      if (client === undefined) continue;
      user.running++;
      this.#running++;
      this.#waiting--;
      this.#users.delete(uid);
      this.#users.set(uid, user);
      return { uid, client };
    }
    return undefined;
  }

  /** A request that next() gave has been answered. */
  ended(uid: number): void {
    const user = this.#users.get(uid);
    if (user === undefined || user.running === 0) throw new Error(`no request of uid ${uid} is being answered`);
    user.running--;
    this.#running--;
    this.#forgetIfIdle(uid, user);
  }

  /** Those who wait, to be turned away. */
  drain(): Client[] {
    this.#waiting = 0;
    return [...this.#users.values()].flatMap(({ waiting }) => waiting.splice(0));
  }

  #forgetIfIdle(uid: number, { running, waiting }: UserState<Client>): void {
    if (running === 0 && waiting.length === 0) this.#users.delete(uid);
  }
}
