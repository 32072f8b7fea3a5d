// What helper programs have in common: requests on stdin, answers on stdout, framed as an agent's messages are
// (RFC 9987 section 3), one answer to each. Whoever starts a helper ends it by closing its stdin.

import { AgentMessageReader, frameAgentMessage } from '@sallyport/protocol/agent/framing';
import { openDescriptor } from '@sallyport/system/descriptor-stream';
import { writeError } from './standard-streams.ts';

const input = 0;
const output = 1;

/** Resolves with the exit status: 0 when the input has ended, 255 when answering threw (its message is printed). */
export function serveRequests(answerTo: (request: Uint8Array) => Uint8Array): Promise<number> {
  const reader = new AgentMessageReader();
  const requests = openDescriptor(input, { readable: true, writable: false });
  const answers = openDescriptor(output, { readable: false, writable: true });
  return new Promise((resolve) => {
    const end = (status: number): void => {
      reader.wipe();
      resolve(status);
    };
    requests.onData = (chunk) => {
      reader.receive(chunk);
      chunk.fill(0);
      try {
        for (let request = reader.next(); request !== undefined; request = reader.next()) {
          answers.write([frameAgentMessage(answerTo(request))]);
        }
      } catch (error) {
        writeError(`${error instanceof Error ? error.message : String(error)}\r\n`);
        end(255);
      }
    };
    requests.onEnd = () => end(0);
    requests.onClose = () => end(0);
    requests.resume();
  });
}
