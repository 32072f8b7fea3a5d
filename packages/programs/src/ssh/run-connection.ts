// One connection from the first byte to the exit status: connect and log in, then run what was asked for on the user's
// streams and terminal. The parts do the work; here their options meet.

import { isTerminal } from '@sallyport/system/descriptors';
import { writeError } from '../shared/standard-streams.ts';
import { agentSocket } from './agent-socket.ts';
import type { LoggedIn } from './connect.ts';
import { forwardAgent } from './forward/agent-forward.ts';
import { startLocalForwards } from './forward/local-forwards.ts';
import { runLocalCommand } from './local-command.ts';
import type { ProgramLog } from './log.ts';
import { logIn } from './log-in.ts';
import type { Prepared } from './prepare.ts';
import type { ConnectionPlan } from './read-config.ts';
import { LocalTerminal } from './session/local-terminal.ts';
import type { SessionTerminal } from './session/run-session.ts';
import { runSession } from './session/run-session.ts';
import { openStandardStreams } from './session/standard-streams.ts';
import { keepAliveOf, programOf, terminalKind, variablesToSend, wantsTerminal } from './session-options.ts';

const failed = 255;

/** Resolves to the status for the process. @throws OptionError for commands that contradict each other */
export async function runConnection(given: Prepared): Promise<number> {
  const { plan, invocation, log } = given;
  const program = programOf(plan.options, invocation);
  const hasTerminal = wantsTerminal(plan.options, { program, inputIsTerminal: isTerminal(0), log });
  const loggedIn = await logIn(given);
  if (loggedIn === undefined) return failed;
  if (!(await startForwards(loggedIn, log))) {
    loggedIn.port.end();
    return failed;
  }
  const forwardsAgent = startAgentForwarding(loggedIn, given);
  runLocalCommand(plan, given.environment);
  return await runProgram(given, loggedIn, { program, hasTerminal, forwardsAgent });
}

// Whether the session may begin.
function startForwards({ port, options }: LoggedIn, log: ProgramLog): Promise<boolean> {
  return startLocalForwards(port, {
    forwards: options.LocalForward.flatMap(({ listen, connect: to }) =>
      to === 'socks' ? [] : { listen, connect: to },
    ),
    exitOnFailure: options.ExitOnForwardFailure,
    family: options.AddressFamily === 'any' ? undefined : options.AddressFamily,
    gatewayPorts: options.GatewayPorts,
    unlinkFirst: options.StreamLocalBindUnlink,
    socketMask: options.StreamLocalBindMask,
    log: log.log,
  });
}

// Whether there is an agent, and it is to be forwarded.
function startAgentForwarding({ port, options, session }: LoggedIn, { log, environment }: Prepared): boolean {
  const { ForwardAgent, IdentityAgent } = options;
  if (ForwardAgent === false) return false;
  const path = agentSocket(ForwardAgent === true ? IdentityAgent : ForwardAgent, environment);
  return path !== undefined && forwardAgent(port, { path, session, log: log.log });
}

async function runProgram(
  { plan, log, environment }: Prepared,
  { port, transport, options, hostKeysSettled }: LoggedIn,
  what: {
    readonly program: ReturnType<typeof programOf>;
    readonly hasTerminal: boolean;
    readonly forwardsAgent: boolean;
  },
): Promise<number> {
  const { input, output, errorOutput } = openStandardStreams();
  const serviceClass = what.hasTerminal ? options.IPQoS.interactive : options.IPQoS.bulk;
  if (serviceClass !== 'none') transport.setTypeOfService(serviceClass);
  const { status } = await runSession(port, {
    host: plan.host,
    peer: transport.ends?.peer,
    program: what.program,
    terminal: what.hasTerminal ? terminalOf(plan, environment) : undefined,
    environment: variablesToSend(options, environment),
    forwardsAgent: what.forwardsAgent,
    input: options.StdinNull ? undefined : input,
    output,
    errorOutput,
    keepAlive: keepAliveOf(options),
    isOnlySession: true,
    beforeEnd: hostKeysSettled,
    log: log.log,
    print: writeError,
    isQuiet: () => !log.shows('info'),
    changeVerbosity: (by) => log.change(by),
  });
  return status;
}

function terminalOf({ options }: ConnectionPlan, environment: Prepared['environment']): SessionTerminal {
  return {
    local: new LocalTerminal(0),
    term: terminalKind(options, environment),
    isRequired: options.RequestTTY === 'yes' || options.RequestTTY === 'force',
    escapeByte: options.EscapeChar === 'none' ? undefined : options.EscapeChar,
  };
}
