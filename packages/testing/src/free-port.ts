// A TCP port that nobody listened on a moment ago. It is below those that the system gives out by itself (32768 to
// 60999, ip(7)): neither a server that asks for any port nor a client's end of a connection takes it meanwhile.

import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

const lowest = 10_000;
const afterHighest = 32_768;
const attempts = 20;

export async function freePort(host = '127.0.0.1'): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const port = randomInt(lowest, afterHighest);
    try {
      await listenOnce(port, host);
      return port;
    } catch (error) {
      if (attempt === attempts) throw error;
    }
  }
}

function listenOnce(port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, host, () => {
      server.close(() => resolve());
    });
  });
}
