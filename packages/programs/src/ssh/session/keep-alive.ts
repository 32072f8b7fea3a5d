// ServerAliveInterval: after a silence the server is asked for a sign of life, which it must answer in one way or
// another (RFC 4254 section 4); when it has not said anything for ServerAliveCountMax questions it is given up.

import { globalRequestNames } from '@sallyport/protocol/messages/global-requests';
import type { ConnectionPort } from '../connection-port.ts';

export interface KeepAlive {
  readonly intervalMs: number;
  readonly count: number;
}

/** Calls `silent` once when the server is given up; returns what stops the questions. */
export function keepAlive(port: ConnectionPort, { intervalMs, count }: KeepAlive, silent: () => void): () => void {
  let unanswered = 0;
  let heardAt = port.heardAt;
  let timer: NodeJS.Timeout | undefined;
  const look = (): void => {
    if (port.heardAt > heardAt) unanswered = 0;
    heardAt = port.heardAt;
    const quietMs = performance.now() - heardAt;
    if (unanswered === 0 && quietMs < intervalMs) return arm(intervalMs - quietMs);
    if (++unanswered > count) return silent();
    void port.askGlobal(globalRequestNames.keepalive, new Uint8Array(0));
    arm(intervalMs);
  };
  const arm = (delayMs: number): void => {
    timer = setTimeout(look, delayMs + 1);
  };
  arm(intervalMs);
  return () => clearTimeout(timer);
}
