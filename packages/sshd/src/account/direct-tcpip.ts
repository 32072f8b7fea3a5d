// direct-tcpip (RFC 4254 section 7.2): the client asks for a TCP connection from here. Made by the user's process,
// so that no forwarding ever has more rights than the user.

import * as net from 'node:net';
import type { ConnectionCommand } from '@sallyport/protocol/connection/events';
import type { LogLine, PeerAddress } from '@sallyport/protocol/log/stable-lines';
import { stableLines } from '@sallyport/protocol/log/stable-lines';
import type { OpenFailureReason } from '@sallyport/protocol/messages/connection';
import { directTcpipFields, openFailureReasons } from '@sallyport/protocol/messages/connection';
import { DecodeError } from '@sallyport/protocol/wire/decode-error';
import { errorText } from '@sallyport/system/system-error';
import type { Grant } from '../authentication/grant.ts';
import type { ChannelHandler } from './channel-handler.ts';
import { permitsOpen } from './permit-open.ts';
import { SocketChannel } from './socket-channel.ts';

export interface DirectTcpipOptions {
  readonly channel: number;
  readonly fields: Uint8Array;
  readonly grant: Grant;
  readonly perform: (command: ConnectionCommand) => void;
  readonly queuedBytes: () => number;
  readonly log: (line: LogLine) => void;
  /** It was refused after all: nobody listened there. */
  readonly refused: () => void;
}

/** The channel's handler; undefined when it was refused at once. */
export function openDirectTcpip(options: DirectTcpipOptions): ChannelHandler | undefined {
  const { channel, grant, perform } = options;
  const refuse = (reason: OpenFailureReason, description: string): undefined => {
    perform({ type: 'refuse-channel', channel, reason, description });
    return undefined;
  };
  const target = decodeTarget(options.fields);
  if (target === undefined) return refuse(openFailureReasons.connectFailed, 'malformed request');
  const { host, port, originator } = target;
  const isPermitted = grant.permitOpen.every((patterns) => permitsOpen(patterns, host, port));
  if (!grant.permitLocalForwarding) options.log(stableLines.localForwardRefused(originator, host, port));
  else if (!isPermitted) options.log(stableLines.forwardDenied(grant.peer, host, port));
  if (!grant.permitLocalForwarding || !isPermitted)
    return refuse(openFailureReasons.administrativelyProhibited, 'open failed');
  return new DirectTcpip(options, target);
}

interface Target {
  readonly host: string;
  readonly port: number;
  /** Where the client says that it comes from. */
  readonly originator: PeerAddress;
}

function decodeTarget(fields: Uint8Array): Target | undefined {
  try {
    const { host, port, originatorAddress, originatorPort } = directTcpipFields.decode(fields);
    const originator = { address: originatorAddress, port: originatorPort };
    return port > 65535 || host === '' || host.includes('\0') ? undefined : { host, port, originator };
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

class DirectTcpip implements ChannelHandler {
  readonly #options: DirectTcpipOptions;
  readonly #socket: net.Socket;
  readonly #pump: SocketChannel;
  #state: 'connecting' | 'open' | 'over' = 'connecting';

  constructor(options: DirectTcpipOptions, { host, port }: Target) {
    this.#options = options;
    this.#socket = net.connect({ host, port, noDelay: true, allowHalfOpen: true });
    const { channel, perform, queuedBytes } = options;
    this.#pump = new SocketChannel(this.#socket, { channel, perform, queuedBytes });
    this.#socket.on('connect', () => {
      if (this.#state === 'over') return;
      this.#state = 'open';
      perform({ type: 'confirm-channel', channel });
      this.#pump.opened();
    });
    this.#socket.on('error', (error) => this.#refuse(error));
  }

  receive(data: Uint8Array): void {
    this.#pump.receive(data);
  }

  receiveEof(): void {
    this.#pump.receiveEof();
  }

  resume(): void {
    this.#pump.resume();
  }

  destroy(): void {
    this.#state = 'over';
    this.#pump.destroy();
  }

  #refuse(error: NodeJS.ErrnoException): void {
    if (this.#state !== 'connecting') return;
    this.#state = 'over';
    const { channel, perform, refused } = this.#options;
    refused();
    const description = errorText(error.code ?? '');
    perform({ type: 'refuse-channel', channel, reason: openFailureReasons.connectFailed, description });
  }
}
