// Lets programs on the server use our agent (-A, ForwardAgent): each channel that the server opens for it becomes a
// connection to the agent, which is first told which host it is for (session-bind@openssh.com), so that keys with
// destination constraints know (RFC 9987 section 5, PROTOCOL.agent section 1).

import { AgentMessageReader, frameAgentMessage } from '@sallyport/protocol/agent/framing';
import { agentExtension, decodeOutcome, extensionNames, sessionBind } from '@sallyport/protocol/agent/messages';
import type { LogSink } from '@sallyport/protocol/log/log';
import { openFailureReasons } from '@sallyport/protocol/messages/connection';
import { DecodeError } from '@sallyport/protocol/wire/decode-error';
import type { ByteStream } from '@sallyport/system/byte-stream';
import { openDescriptor } from '@sallyport/system/descriptor-stream';
import { connectLocal } from '@sallyport/system/local-connect';
import { SystemError } from '@sallyport/system/system-error';
import type { ConnectionPort } from '../connection-port.ts';
import type { ProvedSession } from '../open-connection.ts';
import { forwardChannel } from './forwarded-channel.ts';

export interface AgentForwardOptions {
  /** The agent's socket. */
  readonly path: string;
  readonly session: ProvedSession;
  readonly log: LogSink;
}

/** OpenSSH's name, and that of RFC 9987 section 5. */
const channelTypes = ['auth-agent@openssh.com', 'agent-connect'] as const;
/** An agent that does not answer in this time has no use for the server. */
const bindingPatienceMs = 10_000;

/** Takes the server's channels from here on; false, and none are taken, when there is no agent now. */
export function forwardAgent(port: ConnectionPort, options: AgentForwardOptions): boolean {
  const now = connectAgent(options);
  if (now === undefined) return false;
  now.destroy();
  for (const channelType of channelTypes) {
    port.takeChannels(channelType, ({ channel }) => void serve(port, channel, options));
  }
  return true;
}

function connectAgent({ path, log }: AgentForwardOptions): ByteStream | undefined {
  try {
    return openDescriptor(connectLocal(path));
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    log('debug1', `agent ${path}: ${error.message}`);
    return undefined;
  }
}

async function serve(port: ConnectionPort, channel: number, options: AgentForwardOptions): Promise<void> {
  const { log } = options;
  const stream = connectAgent(options);
  if (stream === undefined || !(await bind(stream, options))) {
    stream?.destroy();
    const reason = openFailureReasons.connectFailed;
    port.perform({ type: 'refuse-channel', channel, reason, description: 'open failed' });
    return;
  }
  log('debug1', `channel ${channel}: new agent-connection [authentication agent connection] (inactive timeout: 0)`);
  await forwardChannel(port, stream, { opening: channel, log });
}

/**
 * Tells the agent whose connection this is. True also when the agent does not know how to be told; false when it is
 * gone, does not answer or answers nonsense.
 */
function bind(stream: ByteStream, { session, log }: AgentForwardOptions): Promise<boolean> {
  const contents = sessionBind.encode({ ...session, isForwarding: true });
  const request = agentExtension.encode({ name: extensionNames.sessionBind, contents });
  const reader = new AgentMessageReader();
  return new Promise((resolve) => {
    const settle = (isUsable: boolean): void => {
      clearTimeout(timer);
      stream.pause();
      resolve(isUsable);
    };
    const timer = setTimeout(() => settle(false), bindingPatienceMs);
    stream.onEnd = () => settle(false);
    stream.onClose = () => settle(false);
    stream.onData = (chunk) => {
      try {
        reader.receive(chunk);
        const answer = reader.next();
        if (answer === undefined) return;
        const isBound = decodeOutcome(answer);
        log('debug1', isBound ? 'bound agent to hostkey' : 'the agent was not bound to the host key');
        settle(true);
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        settle(false);
      }
    };
    stream.write([frameAgentMessage(request)]);
    stream.resume();
  });
}
