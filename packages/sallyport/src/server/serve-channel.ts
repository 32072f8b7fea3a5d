// What a server does with a channel that a client opens: a session, a
// connection it dials for the client, or a refusal.

import { connect } from 'node:net';

import { directTcpipFields, openFailureReasons } from '@sallyport/protocol/messages/connection';

import type { Channel } from '../channel/channel.ts';
import { channelStream } from '../channel/channel-stream.ts';
import type { ChannelOffer } from '../channel/channels.ts';
import { joinStreams } from '../driver/join-streams.ts';
import { socketStream } from '../driver/socket-stream.ts';
import type { ServerOptions, SessionHandler } from './server-options.ts';
import type { Peer, ServerSession } from './server-session.ts';
import { permits, SessionStart } from './server-session.ts';

export interface ServingOptions {
  readonly peer: Peer;
  readonly server: ServerOptions;
  reportError(error: unknown): void;
}

/** Answers the offer, at once or when it is known. */
export function serveChannel(offer: ChannelOffer, options: ServingOptions): void {
  const { session } = options.server;
  if (offer.channelType === 'session' && session !== undefined) {
    openSession(offer.accept(), session, options);
  } else if (
    offer.channelType === 'direct-tcpip' &&
    options.server.dial !== undefined &&
    permits(options.peer, 'portForwarding')
  ) {
    void dial(offer, options);
  } else {
    const known = offer.channelType === 'session' || offer.channelType === 'direct-tcpip';
    const { administrativelyProhibited, unknownChannelType } = openFailureReasons;
    offer.refuse(known ? administrativelyProhibited : unknownChannelType, 'open failed');
  }
}

function openSession(channel: Channel, handler: SessionHandler, options: ServingOptions): void {
  const start = new SessionStart(channel, options.peer, (session) => void run(session, handler, options));
  void channel.closed.then(() => start.requests.end());
}

/** Starts in a later task, so that the client's request is answered before anything that the program says. */
async function run(session: ServerSession, handler: SessionHandler, options: ServingOptions): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  try {
    session.exit((await handler(session)) ?? 0);
  } catch (error) {
    if (!session.signal.aborted) options.reportError(error);
    session.exit(1);
  }
}

async function dial(offer: ChannelOffer, options: ServingOptions): Promise<void> {
  const { administrativelyProhibited, connectFailed } = openFailureReasons;
  try {
    const { host, port } = directTcpipFields.decode(offer.fields);
    const allowed = await options.server.dial?.({ host, port, peer: options.peer });
    if (allowed !== true || port < 1 || port > 65535) {
      offer.refuse(administrativelyProhibited, 'open failed');
      return;
    }
    const socket = connect({ host, port, allowHalfOpen: true, noDelay: true });
    socket.once('error', () => offer.refuse(connectFailed, 'Connection failed'));
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      void joinStreams(channelStream(offer.accept()), socketStream(socket));
    });
  } catch (error) {
    options.reportError(error);
    offer.refuse(administrativelyProhibited, 'open failed');
  }
}
