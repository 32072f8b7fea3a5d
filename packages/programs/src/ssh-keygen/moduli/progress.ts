// What -M says while it works, which may be for days: the hour, how far it has come and how long it will take, every
// five minutes.

import { logLine } from '../context.ts';
import { moduliMessages } from '../messages.ts';

const intervalMs = 5 * 60 * 1000;
const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (value: number): string => String(value).padStart(2, '0');

/** The present as ctime(3) writes it. */
export function clockText(date: Date = new Date()): string {
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  const day = String(date.getDate()).padStart(2, ' ');
  return `${days[date.getDay()]} ${months[date.getMonth()]} ${day} ${time} ${date.getFullYear()}`;
}

/** Seconds as `D:HH:MM:SS`, without the parts that are zero in front of minutes. */
export function durationText(seconds: number): string {
  const whole = Math.floor(seconds);
  const minutes = Math.floor(whole / 60) % 60;
  const hours = Math.floor(whole / 3600) % 24;
  const wholeDays = Math.floor(whole / 86_400);
  const clock = `${minutes}:${two(whole % 60)}`;
  if (wholeDays > 0) return `${wholeDays}d ${hours}:${two(minutes)}:${two(whole % 60)}`;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : clock;
}

export class Progress {
  readonly #startedMs = performance.now();
  readonly #total: number | undefined;
  #toldMs = this.#startedMs;

  /** `total` of what is to be done, if that is known. */
  constructor(total?: number) {
    this.#total = total;
  }

  get seconds(): number {
    return (performance.now() - this.#startedMs) / 1000;
  }

  /** Tells how much is done, when it is time to. */
  done(count: number): void {
    const now = performance.now();
    if (now - this.#toldMs < intervalMs || count === 0) return;
    this.#toldMs = now;
    const total = this.#total;
    const spent = durationText(this.seconds);
    if (total === undefined) {
      logLine(moduliMessages.processed(clockText(), count, spent));
      return;
    }
    const left = durationText((this.seconds * (total - count)) / count);
    logLine(moduliMessages.processedOf({ time: clockText(), count, total, spent, left }));
  }
}
