// The progress meter of scp and sftp, as OpenSSH's looks: name, percent, amount, rate and time, on one line of stdout
// that is drawn anew once a second. Formatting is pure; the meter writes only while its process is in the foreground of
// that terminal. Several files may be under way at once: the oldest is shown, and each leaves its last line behind.

import { isForeground } from '@sallyport/system/foreground';
import { windowSize } from '@sallyport/system/pty';
import { displayName, fitToColumns, showsUtf8 } from './display-name.ts';
import { writeOut } from './standard-streams.ts';

const intervalMilliseconds = 1000;
const stalledAfterSeconds = 5;
const defaultColumns = 80;
const maximumColumns = 512;
/** Everything behind the name, and the last column, in which a character would wrap the line. */
const otherColumns = 35;
/** The share of the past in a rate. */
const ageFactor = 0.9;

/** What one line tells. */
export interface MeterState {
  /** As it may be shown. */
  readonly name: string;
  readonly position: number;
  readonly total: number;
  readonly bytesPerSecond: number;
  /** Since the start, at the end; otherwise what is left at this rate. */
  readonly seconds: number;
  readonly isStalled: boolean;
}

/** One line, for a terminal so wide; its last column stays free. Below 3 columns there is nothing to show. */
export function format(state: MeterState, columns: number): string {
  if (columns < 3) return '';
  const width = Math.min(columns, maximumColumns);
  const percent = state.total === 0 || state.position === state.total ? 100 : (state.position / state.total) * 100;
  const name = fitToColumns(state.name, Math.max(0, width - otherColumns));
  const share = String(Math.min(Math.trunc(percent), 999)).padStart(3);
  const rate = `${formatRate(state.bytesPerSecond)}/s`;
  const line = `${name} ${share}% ${formatAmount(state.position)} ${rate} ${formatTime(state)}`;
  return width > otherColumns ? line : line.slice(0, width - 1);
}

const units = [' ', 'K', 'M', 'G', 'T', 'P', 'E'] as const;

/** Four digits and a unit. */
function formatAmount(bytes: number): string {
  const { value, unit } = scale(bytes, 10_000);
  return `${String(value).padStart(4)}${units[unit]}${unit === 0 ? ' ' : 'B'}`;
}

/** Three digits, a tenth, and a unit, at least KB. */
function formatRate(bytesPerSecond: number): string {
  let { value, unit } = scale(bytesPerSecond * 100, 99_995);
  if (unit === 0) {
    unit = 1;
    value = thousandth(value);
  }
  const tenths = Math.trunc((value + 5) / 10);
  return `${String(Math.trunc(tenths / 10)).padStart(3)}.${tenths % 10}${units[unit]}B`;
}

function scale(amount: number, limit: number): { readonly value: number; readonly unit: number } {
  let value = Math.trunc(amount);
  let unit = 0;
  while (value >= limit && unit < units.length - 1) {
    value = thousandth(value);
    unit++;
  }
  return { value, unit };
}

function thousandth(value: number): number {
  return Math.trunc((value + 512) / 1024);
}

function formatTime({ position, total, bytesPerSecond, seconds, isStalled }: MeterState): string {
  const isOver = total <= position;
  if (isStalled) return '- stalled -';
  if (bytesPerSecond < 1 && !isOver) return '  --:-- ETA';
  const whole = Math.trunc(seconds);
  const hours = Math.trunc(whole / 3600);
  const two = (value: number): string => String(value).padStart(2, '0');
  const rest = `${two(Math.trunc(whole / 60) % 60)}:${two(whole % 60)}`;
  return `${hours === 0 ? `  ${rest}` : `${hours}:${rest}`}${isOver ? '    ' : ' ETA'}`;
}

/** The rate of one file from looks at its position, smoothed, with the time that it stood still. */
export class RateEstimate {
  readonly #name: string;
  readonly #total: number;
  readonly #startPosition: number;
  readonly #startedAt: number;
  #position: number;
  #lookedAt: number;
  #bytesPerSecond = 0;
  #stalledSeconds = 0;

  /** A resumed file starts at a position above 0. Times are milliseconds, monotonic. */
  constructor(file: { readonly name: string; readonly total: number }, position: number, now: number) {
    this.#name = file.name;
    this.#total = file.total;
    this.#startPosition = position;
    this.#position = position;
    this.#startedAt = now;
    this.#lookedAt = now;
  }

  look(position: number, now: number): MeterState {
    const isOver = position >= this.#total;
    const elapsed = (now - (isOver ? this.#startedAt : this.#lookedAt)) / 1000;
    const moved = position - (isOver ? this.#startPosition : this.#position);
    const current = elapsed > 0 ? moved / elapsed : moved;
    const isFirst = isOver || this.#bytesPerSecond === 0;
    this.#bytesPerSecond = isFirst ? current : this.#bytesPerSecond * ageFactor + current * (1 - ageFactor);
    this.#stalledSeconds = moved === 0 && !isOver ? this.#stalledSeconds + elapsed : 0;
    this.#position = position;
    this.#lookedAt = now;
    return {
      name: this.#name,
      position,
      total: this.#total,
      bytesPerSecond: this.#bytesPerSecond,
      seconds: isOver ? elapsed : (this.#total - position) / this.#bytesPerSecond,
      isStalled: this.#stalledSeconds >= stalledAfterSeconds,
    };
  }
}

/** Whether a file has a line of its own: as with OpenSSH, what is fetched and empty has none. */
export function hasProgress(file: { readonly totalBytes: number }, direction: 'down' | 'up'): boolean {
  return direction === 'up' || file.totalBytes > 0;
}

/** Where the meter draws. */
export interface MeterTerminal {
  /** Asked before each line: another job may be in the foreground now. */
  isOurs(): boolean;
  columns(): number;
  write(text: string): void;
  readonly isUtf8: boolean;
}

/** stdout. Ask whether it is a terminal before. */
export function standardTerminal(environment: Readonly<Record<string, string | undefined>>): MeterTerminal {
  return {
    isOurs: () => isForeground(1),
    columns: () => windowSize(1).columns || defaultColumns,
    write: writeOut,
    isUtf8: showsUtf8(environment),
  };
}

export interface MeteredFile {
  readonly name: Uint8Array;
  readonly total: number;
  /** How far it is: asked when a line is drawn. */
  position(): number;
}

interface Entry {
  readonly file: MeteredFile;
  readonly estimate: RateEstimate;
}

export class ProgressMeter {
  readonly #terminal: MeterTerminal;
  readonly #now: () => number;
  readonly #entries: Entry[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(terminal: MeterTerminal, now: () => number = () => performance.now()) {
    this.#terminal = terminal;
    this.#now = now;
  }

  /** Shows a file until the returned function is called, which leaves its last line behind. */
  start(file: MeteredFile): () => void {
    const name = displayName(file.name, this.#terminal.isUtf8);
    const entry: Entry = {
      file,
      estimate: new RateEstimate({ name, total: file.total }, file.position(), this.#now()),
    };
    this.#entries.push(entry);
    if (this.#entries.length === 1) this.#draw(entry, '');
    if (this.#timer === undefined) {
      this.#timer = setInterval(() => this.tick(), intervalMilliseconds);
      this.#timer.unref();
    }
    return () => this.#stop(entry);
  }

  /** Once a second: the oldest file's line is drawn anew. */
  tick(): void {
    const [oldest] = this.#entries;
    if (oldest !== undefined) this.#draw(oldest, '');
  }

  #stop(entry: Entry): void {
    const index = this.#entries.indexOf(entry);
    if (index < 0) return;
    this.#entries.splice(index, 1);
    this.#draw(entry, '\n');
    if (this.#entries.length > 0 || this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #draw({ file, estimate }: Entry, end: string): void {
    const state = estimate.look(file.position(), this.#now());
    if (this.#terminal.isOurs()) this.#terminal.write(`\r${format(state, this.#terminal.columns())}${end}`);
  }
}
