// What a session is to be, from the plan and the invocation: program, terminal, variables, streams, questions after
// silence (ssh(1); ssh_config(5), RequestTTY, SessionType, SendEnv, SetEnv, ServerAliveInterval).

import type { SshOptions } from '@sallyport/protocol/config/ssh-keywords';
import { matchPattern } from '@sallyport/protocol/wire/patterns';
import { OptionError } from '../shared/option-table.ts';
import { openingFor } from './forward/target.ts';
import type { ProgramLog } from './log.ts';
import { optionMessages, sessionMessages } from './messages.ts';
import type { Invocation } from './options.ts';
import type { KeepAlive } from './session/keep-alive.ts';
import type { Program } from './session/session-channel.ts';

/** What runs on the channel of the session; undefined for nothing (-N). @throws OptionError */
export function programOf(
  options: SshOptions,
  { command, stdioForward }: Pick<Invocation, 'command' | 'stdioForward'>,
): Program | undefined {
  if (stdioForward !== undefined) return { type: 'stdio-forward', opening: openingFor(stdioForward) };
  const { SessionType, RemoteCommand } = options;
  const configured = RemoteCommand === undefined || RemoteCommand.toLowerCase() === 'none' ? '' : RemoteCommand;
  if (configured !== '' && command !== '') throw new OptionError(optionMessages.commandTwice);
  const wanted = configured === '' ? command : configured;
  if (SessionType === 'none') return undefined;
  if (SessionType === 'subsystem') {
    if (wanted === '') throw new OptionError(optionMessages.missingSubsystem);
    return { type: 'subsystem', name: wanted };
  }
  return wanted === '' ? { type: 'shell' } : { type: 'exec', command: wanted };
}

/** Whether the program gets a terminal: by default a shell does, if our input is one. */
export function wantsTerminal(
  options: SshOptions,
  {
    program,
    inputIsTerminal,
    log,
  }: { readonly program: Program | undefined; readonly inputIsTerminal: boolean; readonly log: ProgramLog },
): boolean {
  const { RequestTTY, StdinNull } = options;
  const wanted = RequestTTY === 'auto' ? program?.type === 'shell' : RequestTTY !== 'no';
  if (!wanted || program === undefined || RequestTTY === 'force') return wanted && program !== undefined;
  if (inputIsTerminal && !StdinNull) return true;
  log.log('info', sessionMessages.noTerminal);
  return false;
}

interface Variable {
  readonly name: string;
  readonly value: string;
}

/** Variables to ask the server for: our own that SendEnv names, then those of SetEnv. */
export function variablesToSend(
  options: SshOptions,
  environment: Readonly<Record<string, string | undefined>>,
): readonly Variable[] {
  const own = Object.entries(environment).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
  const sent = own.filter(({ name }) => options.SendEnv.some((pattern) => matchPattern(name, pattern)));
  return [...sent, ...options.SetEnv.map(splitSetting)];
}

function splitSetting(setting: string): Variable {
  const equals = setting.indexOf('=');
  return { name: setting.slice(0, equals), value: setting.slice(equals + 1) };
}

/** The kind of terminal that the program is told: of SetEnv, else of our own. */
export function terminalKind(options: SshOptions, environment: Readonly<Record<string, string | undefined>>): string {
  const set = options.SetEnv.map(splitSetting).find(({ name }) => name === 'TERM');
  return set?.value ?? environment['TERM'] ?? '';
}

/** The questions after silence; undefined when there are none. */
export function keepAliveOf({ ServerAliveInterval, ServerAliveCountMax }: SshOptions): KeepAlive | undefined {
  if (ServerAliveInterval === 0) return undefined;
  return { intervalMs: ServerAliveInterval * 1000, count: ServerAliveCountMax };
}
