// From an invocation to the options of one connection: flags, the user's file, the system's file, Include, a second
// pass if asked for, defaults, and tokens replaced. The rules are protocol/config's; here are the files with their
// permissions, the shell of `Match exec`, the interfaces and the environment.

import { configErrorText, isProblem } from '@sallyport/protocol/config/config-error';
import { completeSshOptions } from '@sallyport/protocol/config/defaults';
import { ownAlgorithms } from '@sallyport/protocol/config/own-algorithms';
import { expand } from '@sallyport/protocol/config/percent';
import type { KnownSoFar } from '@sallyport/protocol/config/resolve-ssh';
import { SshConfigReading } from '@sallyport/protocol/config/resolve-ssh';
import type { SshOptions } from '@sallyport/protocol/config/ssh-keywords';
import type { OptionExpansion } from '@sallyport/protocol/config/ssh-tokens';
import { connectionTokens, expandSshOptions, expandValue } from '@sallyport/protocol/config/ssh-tokens';
import type { LogSink } from '@sallyport/protocol/log/log';
import {
  ConfigFailure,
  configFiles,
  expanded,
  includedFiles,
  localNetwork,
  runShell,
  whyMissing,
} from './config-files.ts';
import { compatibleVersion, optionMessages } from './messages.ts';
import type { Invocation } from './options.ts';
import { checkNames } from './options.ts';
import type { Surroundings } from './surroundings.ts';

/** What one connection is to be. */
export interface ConnectionPlan {
  readonly options: SshOptions;
  /** As typed. */
  readonly originalHost: string;
  /** After Hostname. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** The account that runs this program. */
  readonly localUser: string;
  /** For values that are expanded when they are used. */
  readonly expansion: OptionExpansion;
  /** Keywords that some line has set, with their values. */
  readonly mentioned: readonly { readonly name: string; readonly value: unknown }[];
}

export interface ConfigReader {
  readonly invocation: Invocation;
  readonly surroundings: Surroundings;
  readonly log: LogSink;
}

/** Reads everything. @throws ConfigFailure @throws OptionError for names that are not safe */
export function readConfig(reader: ConfigReader): ConnectionPlan {
  const { invocation, surroundings, log } = reader;
  const reading = startReading(reader);
  applyChanges(reading, reader);
  failOnErrors(reading);
  checkNames(invocation.destination.host, reading.settings.User);
  const files = configFiles({ configFile: invocation.configFile, surroundings, log });
  reading.readFiles(files, { final: false });
  const typedHost = invocation.destination.host;
  if (reading.wantsFinalPass && reading.errors.length === 0) {
    log('debug1', 're-parsing configuration');
    reading.readFiles(files, { final: true, host: resolvedHost(reading, typedHost) });
  }
  for (const { level, text } of reading.notes) log(level === 'debug' ? 'debug1' : level, text);
  failOnErrors(reading);
  if (invocation.stdioForward !== undefined) {
    reading.settings.ExitOnForwardFailure ??= true;
    reading.settings.ClearAllForwardings ??= true;
  }
  const mentioned = Object.entries(reading.settings).map(([name, value]) => ({ name, value }));
  return { ...makePlan(reading, { invocation, surroundings }), mentioned };
}

function makePlan(
  reading: SshConfigReading,
  { invocation, surroundings }: Pick<ConfigReader, 'invocation' | 'surroundings'>,
): Omit<ConnectionPlan, 'mentioned'> {
  const originalHost = invocation.destination.host;
  const { user: localUser, environment, homeOf, home } = surroundings;
  const host = resolvedHost(reading, originalHost);
  const settings = { ...reading.settings, Hostname: host };
  const options = completeSshOptions(settings, ownAlgorithms('client'));
  const known = { host, originalHost, port: options.Port, user: options.User ?? localUser, settings };
  const byCommandLine = invocation.changes.some((change) => change.how !== 'line' && change.name === 'User');
  const expansion = {
    environment: (name: string) => environment[name],
    home: (user: string) => (user === '' ? home : homeOf(user)),
    // The user's name may hold tokens itself, but not where the command line gives it.
    literal: ['User'],
  };
  const user = byCommandLine
    ? known.user
    : expanded(expandValue('User', known.user, { ...expansion, tokens: tokensOf(known, surroundings) }));
  const tokens = tokensOf({ ...known, user }, surroundings);
  const final = expanded(expandSshOptions({ ...options, User: user }, { ...expansion, tokens }));
  return {
    options: final,
    originalHost,
    host,
    port: options.Port,
    user,
    localUser,
    expansion: { ...expansion, tokens },
  };
}

function startReading({ invocation, surroundings, log }: ConfigReader): SshConfigReading {
  const { environment } = surroundings;
  return new SshConfigReading({
    algorithms: ownAlgorithms('client'),
    originalHost: invocation.destination.host,
    localUser: surroundings.user,
    command: invocation.command,
    version: compatibleVersion,
    owner: {
      include: (pattern, { isUsers }) =>
        includedFiles(pattern, { isUsers, configFile: invocation.configFile, surroundings, log }),
      exec: (command) => runShell(command, environment),
      localNetwork,
      environment: (name) => environment[name],
      tokens: (known) => tokensOf(known, surroundings),
    },
  });
}

function applyChanges(reading: SshConfigReading, { invocation, surroundings }: ConfigReader): void {
  for (const change of invocation.changes) {
    if (change.how === 'line') reading.readOption(change.text);
    else if (change.how === 'assign') Object.assign(reading.settings, { [change.name]: change.value });
    else if (change.name !== 'IdentityFile') reading.set(change.name, change.value as never);
    else addIdentityFile(reading, { file: (change.value as readonly string[])[0] ?? '', surroundings });
  }
}

// -i: the file must be there now, since nothing else says so later.
function addIdentityFile(
  reading: SshConfigReading,
  { file, surroundings }: { readonly file: string; readonly surroundings: Surroundings },
): void {
  const { home, homeOf } = surroundings;
  const path = expand(file, { home: (user) => (user === '' ? home : homeOf(user)) });
  const text = isProblem(path) ? file : path;
  const reason = whyMissing(text);
  if (reason !== undefined) {
    reading.notes.push({ level: 'info', text: optionMessages.identityMissing(file, reason) });
    return;
  }
  reading.set('IdentityFile', [text]);
}

function failOnErrors(reading: SshConfigReading): void {
  if (reading.errors.length > 0) throw new ConfigFailure(reading.errors.map(configErrorText));
}

function resolvedHost(reading: SshConfigReading, originalHost: string): string {
  const tokens = { letters: 'h', values: { h: originalHost } };
  const named = expanded(expand(reading.settings.Hostname ?? '%h', { tokens }));
  return named.includes(':') ? named : named.toLowerCase();
}

export function tokensOf(known: KnownSoFar, surroundings: Surroundings): Readonly<Record<string, string>> {
  return connectionTokens({
    host: known.host,
    originalHost: known.originalHost,
    port: known.port,
    remoteUser: known.user,
    localUser: surroundings.user,
    localHostName: surroundings.hostName,
    home: surroundings.home,
    uid: surroundings.uid,
    hostKeyAlias: known.settings.HostKeyAlias,
    jumpHosts: known.settings.ProxyJump,
    sha1: surroundings.sha1,
  });
}
