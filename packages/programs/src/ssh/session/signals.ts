// The signals that end a session in an orderly way: the terminal is put back and the server told. Those that were
// ignored when the program began (nohup) stay ignored.

import { readFileSync } from 'node:fs';
import { constants } from 'node:os';

const ending = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM'] as const;

export type EndingSignal = (typeof ending)[number];

export function signalNumber(signal: EndingSignal): number {
  return constants.signals[signal];
}

/** Returns what gives the signals back. */
export function onEndingSignal(listener: (signal: EndingSignal) => void): () => void {
  const ignored = ignoredSignals();
  const handled = ending.filter((signal) => (ignored & (1n << BigInt(signalNumber(signal) - 1))) === 0n);
  for (const signal of handled) process.on(signal, listener);
  return () => {
    for (const signal of handled) process.off(signal, listener);
  };
}

/** A bit for each ignored signal, the first for number 1 (proc_pid_status(5), SigIgn). */
function ignoredSignals(): bigint {
  try {
    const [, digits = '0'] = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'latin1')) ?? [];
    return BigInt(`0x${digits}`);
  } catch {
    return 0n;
  }
}
