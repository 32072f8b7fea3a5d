// From a plan to a server that has let us in: the transport, the check of the host key, the login. It turns options
// into the parts' plain options, and ends into sentences. When the key is not the known one and the user goes on
// all the same, it takes away what could give the user's secrets or machine to the wrong host.

import type { SshOptions } from '@sallyport/protocol/config/ssh-keywords';
import type { ConnectOptions } from './connect-options.ts';
import { stackOptions, transportOptions } from './connect-options.ts';
import type { ConnectionPort } from './connection-port.ts';
import { endLines } from './end-lines.ts';
import { HostKeyUpdating } from './host-key-updating.ts';
import { HostKeyCheck } from './known-hosts-check.ts';
import type { KnownHostsCommand } from './known-hosts-command.ts';
import { makeLogin } from './make-login.ts';
import { hostKeyMessages, loginMessages } from './messages.ts';
import { openConnection, type ProvedSession } from './open-connection.ts';
import { openTransport } from './transport/open-transport.ts';
import type { OpenedTransport } from './transport/transport-result.ts';
import { withdraw } from './wrong-host.ts';

/** A server that has let us in. */
export interface LoggedIn {
  readonly port: ConnectionPort;
  readonly transport: OpenedTransport;
  /** For an agent that is to know which host asks. */
  readonly session: ProvedSession;
  /** Without what a wrong host key has taken away. */
  readonly options: SshOptions;
  /** Resolves, soon, when the host keys on record are up to date. */
  readonly hostKeysSettled: () => Promise<void>;
}

/** Resolves to undefined when it did not work out; the log says why. */
export async function connect(given: ConnectOptions): Promise<LoggedIn | undefined> {
  const { plan, crypto, log } = given;
  const transport = await openTransport(transportOptions(given));
  if ('message' in transport) {
    log.log('fatal', transport.message);
    return undefined;
  }
  const peer = transport.ends?.peer;
  const state = { options: plan.options };
  const check = new HostKeyCheck({
    crypto,
    log: log.log,
    options: plan.options,
    host: plan.host,
    port: plan.port,
    ...(peer === undefined ? {} : { address: peer.address }),
    command: knownHostsCommand(given),
    ask: (question) => askText(given.ask, question),
  });
  const updating = new HostKeyUpdating(given, check);
  const timeout = plan.options.ConnectTimeout;
  const login = makeLogin(given, {
    connection: { address: transport.ends?.local.address, fd: transport.fd },
    optionsNow: () => state.options,
  });
  const opened = await openConnection({
    stream: transport.stream,
    stack: await stackOptions(given, check),
    judgeHostKey: async ({ hostKey }) => {
      const verdict = await check.judge(hostKey);
      if (!verdict.accepted) log.log('fatal', hostKeyMessages.failed);
      updating.judged(verdict.accepted && verdict.isTrusted);
      if (!verdict.accepted || !verdict.weakened) return verdict.accepted;
      const left = withdraw(plan.options, log.log);
      state.options = left ?? state.options;
      return left !== undefined;
    },
    login,
    log: log.log,
    hostKeysAnnounced: (fields) => updating.hear(fields),
    ...(typeof timeout === 'number' && timeout > 0 ? { identificationTimeoutMs: timeout * 1000 } : {}),
  });
  login.close();
  if (!('cause' in opened)) {
    const way = peer === undefined ? 'via proxy' : `[${peer.address}]:${peer.port}`;
    log.log('verbose', loginMessages.authenticated(plan.host, way, opened.method));
    updating.begin(opened, state.options);
    const { port, session } = opened;
    return { port, transport, session, options: state.options, hostKeysSettled: () => updating.settled() };
  }
  for (const { level, text } of endLines(opened, peer)) log.log(level, text);
  return undefined;
}

function knownHostsCommand({ plan, crypto, environment }: ConnectOptions): KnownHostsCommand | undefined {
  const { KnownHostsCommand: command } = plan.options;
  if (command === undefined || command.toLowerCase() === 'none') return undefined;
  return { command, crypto, expansion: plan.expansion, environment };
}

async function askText(ask: ConnectOptions['ask'], question: string): Promise<string | undefined> {
  const answer = await ask(question, { echo: true });
  return answer === undefined ? undefined : Buffer.from(answer).toString('utf8');
}
