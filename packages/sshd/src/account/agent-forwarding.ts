// The client's agent lent to the programs of its sessions: a socket in a folder that only the account may enter, and a
// channel back to the client for each connection to it (draft-ietf-sshm-ssh-agent section 4, PROTOCOL). One for a
// connection of the client, gone with it.

import * as fs from 'node:fs';
import * as net from 'node:net';
import * as path from 'node:path';

export interface AgentForwardingOptions {
  /** A program has connected: the channel of that type is to be opened. */
  readonly onSocket: (socket: net.Socket, channelType: string) => void;
  /** Where the private folder is made. */
  readonly parent?: string;
}

/** The request on a session, and what channels are called then. */
export const agentRequests = {
  'auth-agent-req@openssh.com': 'auth-agent@openssh.com',
  'agent-req': 'agent-connect',
} as const;

export type AgentRequest = keyof typeof agentRequests;

export class AgentForwarding {
  readonly #options: AgentForwardingOptions;
  readonly #server: net.Server;
  #path: string | undefined;

  constructor(options: AgentForwardingOptions, request: AgentRequest) {
    this.#options = options;
    const accept = (socket: net.Socket): void => options.onSocket(socket, agentRequests[request]);
    this.#server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }, accept);
    this.#server.on('error', () => this.close());
  }

  /** The socket, for SSH_AUTH_SOCK; undefined when there is none. */
  get path(): string | undefined {
    return this.#path;
  }

  /** Whether the socket could be made. */
  listen(): boolean {
    const mask = process.umask(0o177);
    try {
      // mkdtemp(3) makes it for the account alone, whatever the mask.
      const folder = fs.mkdtempSync(path.join(this.#options.parent ?? '/tmp', 'ssh-'));
      fs.chmodSync(folder, 0o700);
      this.#path = path.join(folder, `agent.${process.pid}`);
      this.#server.listen(this.#path);
      return true;
    } catch {
      this.close();
      return false;
    } finally {
      process.umask(mask);
    }
  }

  close(): void {
    this.#server.close();
    if (this.#path === undefined) return;
    fs.rmSync(this.#path, { force: true });
    fs.rmSync(path.dirname(this.#path), { recursive: true, force: true });
    this.#path = undefined;
  }
}
