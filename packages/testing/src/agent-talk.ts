// Requests to an agent without sockets, for tests: one message in, its answer out. Framing is done here, and what an
// answer means is the test's to judge.

import type { AgentConnection } from '@sallyport/protocol/agent/agent-connection';
import { frameAgentMessage } from '@sallyport/protocol/agent/framing';
import { signResponse } from '@sallyport/protocol/agent/messages';
import { tryDecode } from '@sallyport/protocol/wire/decode-error';

/** The answer without its length; undefined when there is none yet. */
export function askAgent(connection: AgentConnection, message: Uint8Array): Uint8Array | undefined {
  connection.receive(frameAgentMessage(message));
  return takeAnswer(connection);
}

export function takeAnswer(connection: AgentConnection): Uint8Array | undefined {
  const [first, ...others] = connection.takeOutput();
  if (others.length > 0) throw new Error('agent answered more than once');
  return first?.subarray(4);
}

/** The signature blob of an answer; undefined for any other answer. */
export function signatureIn(answer: Uint8Array | undefined): Uint8Array | undefined {
  return tryDecode(() => (answer === undefined ? undefined : signResponse.decode(answer).signature));
}
