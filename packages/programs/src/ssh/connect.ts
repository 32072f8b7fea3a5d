// From a plan to a server that has let us in: the transport, the check of the host key, the login. It turns options
// into the parts' plain options, and ends into sentences. When the key is not the known one and the user goes on
// all the same, it takes away what could give the user's secrets or machine to the wrong host.

import type { SshOptions } from '@sallyport/protocol/config/ssh-keywords';
import type { ConnectOptions } from './connect-options.ts';
import { stackOptions, transportOptions } from './connect-options.ts';
import type { ConnectionPort } from './connection-port.ts';
import { endLines } from './end-lines.ts';
import { updateHostKeys } from './host-key-update.ts';
import { HostKeyCheck } from './known-hosts-check.ts';
import type { KnownHostsCommand } from './known-hosts-command.ts';
import { makeLogin } from './make-login.ts';
import { hostKeyMessages, hostKeyUpdateMessages, loginMessages } from './messages.ts';
import { type OpenedConnection, openConnection, type ProvedSession } from './open-connection.ts';
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
  const state: ConnectState = { options: plan.options, mayUpdateHostKeys: false, announcedHostKeys: undefined };
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
  const timeout = plan.options.ConnectTimeout;
  const login = makeLogin(given, () => state.options);
  const opened = await openConnection({
    stream: transport.stream,
    stack: await stackOptions(given, check),
    judgeHostKey: async ({ hostKey }) => {
      const verdict = await check.judge(hostKey);
      if (!verdict.accepted) log.log('fatal', hostKeyMessages.failed);
      state.mayUpdateHostKeys = verdict.accepted && verdict.isTrusted;
      if (!verdict.accepted || !verdict.weakened) return verdict.accepted;
      const left = withdraw(plan.options, log.log);
      state.options = left ?? state.options;
      return left !== undefined;
    },
    login,
    log: log.log,
    hostKeysAnnounced: (fields) => {
      state.announcedHostKeys ??= fields;
      state.hear?.();
    },
    ...(typeof timeout === 'number' && timeout > 0 ? { identificationTimeoutMs: timeout * 1000 } : {}),
  });
  login.close();
  if (!('cause' in opened)) {
    const way = peer === undefined ? 'via proxy' : `[${peer.address}]:${peer.port}`;
    log.log('verbose', loginMessages.authenticated(plan.host, way, opened.method));
    updateHostKeysOnce({ given, check, state, opened });
    return { port: opened.port, transport, session: opened.session, options: state.options };
  }
  for (const { level, text } of endLines(opened, peer)) log.log(level, text);
  return undefined;
}

interface ConnectState {
  options: SshOptions;
  /** The host key is one that the user has on record or confirmed. */
  mayUpdateHostKeys: boolean;
  /** What the server told first. */
  announcedHostKeys: Uint8Array | undefined;
  /** Called when it tells them. */
  hear?: () => void;
}

interface UpdateWork {
  readonly given: ConnectOptions;
  readonly check: HostKeyCheck;
  readonly state: ConnectState;
  readonly opened: OpenedConnection;
}

/** Once the server has told its host keys, which may be before or after the login is over. */
function updateHostKeysOnce({ given, check, state, opened }: UpdateWork): void {
  const { plan, crypto, log } = given;
  const { UpdateHostKeys, UserKnownHostsFile, HostKeyAlgorithms, HashKnownHosts } = state.options;
  if (UpdateHostKeys === 'no' || !state.mayUpdateHostKeys) return;
  const update = (): void => {
    if (state.announcedHostKeys === undefined) return;
    delete state.hear;
    void updateHostKeys(opened.port, state.announcedHostKeys, {
      crypto,
      log: log.log,
      sessionId: opened.session.sessionId,
      name: check.name,
      files: UserKnownHostsFile,
      algorithms: HostKeyAlgorithms?.split(',') ?? [],
      hashNames: HashKnownHosts,
      confirm: UpdateHostKeys === 'ask' ? () => confirmUpdate(given) : undefined,
    }).catch((error: unknown) => log.log('error', `${plan.host}: ${String(error)}`));
  };
  state.hear = update;
  update();
}

async function confirmUpdate({ ask }: ConnectOptions): Promise<boolean> {
  return (await askText(ask, hostKeyUpdateMessages.question))?.trim().toLowerCase() === 'yes';
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
