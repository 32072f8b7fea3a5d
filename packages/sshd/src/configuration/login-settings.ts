// From the options that hold for one user (global ones and matching Match blocks) to what the monitor judges by and
// what the account process may grant.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { namesOfList } from '@sallyport/protocol/config/algorithm-list';
import { isProblem } from '@sallyport/protocol/config/config-error';
import { formatTarget } from '@sallyport/protocol/config/kinds-shared';
import { expand } from '@sallyport/protocol/config/percent';
import type { SshdOptions } from '@sallyport/protocol/config/sshd-keywords';
import type { PeerAddress } from '@sallyport/protocol/log/stable-lines';
import { matchPatternList } from '@sallyport/protocol/wire/patterns';
import { utf8Decode } from '@sallyport/protocol/wire/utf8';
import { ownWords } from '@sallyport/system/own-program';
import { quoteCommand } from 'sallyport/client/quote';
import type { Grant, KeyGrant } from '../authentication/grant.ts';
import type { AccountRecord } from '../authentication/login-policy.ts';
import type { Login, MonitorSettings } from '../monitor/monitor.ts';

/** What fits into one packet; a larger file is not sent. */
const maximumBannerBytes = 252 * 1024;
const keyFileTokens = 'hUu';

/** `canCheckPasswords`: the monitor may read the shadow file. */
export function monitorSettings(options: SshdOptions, canCheckPasswords: boolean): MonitorSettings {
  const methods: string[] = [];
  if (options.PubkeyAuthentication) methods.push('publickey');
  if (options.PasswordAuthentication && canCheckPasswords) methods.push('password');
  if (options.HostbasedAuthentication) methods.push('hostbased');
  return {
    methods,
    authenticationMethods: options.AuthenticationMethods,
    hostAlgorithms: namesOfList(options.HostbasedAcceptedAlgorithms),
    publicKeyAlgorithms: namesOfList(options.PubkeyAcceptedAlgorithms),
    permitRootLogin: options.PermitRootLogin,
    permitEmptyPasswords: options.PermitEmptyPasswords,
    maximumAttempts: options.MaxAuthTries,
    minimumRsaBits: options.RequiredRSASize,
    tokenDemands: {
      touchRequired: options.PubkeyAuthOptions.includes('touch-required'),
      verifyRequired: options.PubkeyAuthOptions.includes('verify-required'),
    },
    banner: bannerText(options.Banner),
  };
}

function bannerText(file: string): string {
  if (file === 'none') return '';
  try {
    const bytes = fs.readFileSync(file);
    return bytes.length > maximumBannerBytes ? '' : utf8Decode(bytes);
  } catch {
    return '';
  }
}

/** The account's AuthorizedKeysFile with tokens expanded, as absolute paths. */
export function authorizedKeysFiles(options: SshdOptions, account: AccountRecord): readonly string[] {
  const files = options.AuthorizedKeysFile.filter((file) => file !== 'none');
  return files.flatMap((file) => accountFile(file, account) ?? []);
}

/** The absolute path of a file of the account, tokens expanded; undefined when a token makes no sense. */
export function accountFile(file: string, account: AccountRecord): string | undefined {
  const values = { h: account.home, U: String(account.uid), u: account.name };
  const expanded = expand(file, { tokens: { letters: keyFileTokens, values } });
  if (isProblem(expanded)) return undefined;
  return path.isAbsolute(expanded) ? expanded : path.join(account.home, expanded);
}

/** Whether PermitUserEnvironment lets a key set a variable. */
export function permitsVariable(setting: SshdOptions['PermitUserEnvironment'], name: string): boolean {
  return typeof setting === 'boolean' ? setting : matchPatternList(name, setting) === 'match';
}

export function grantFor(
  options: SshdOptions,
  login: Login,
  ends: { readonly peer: PeerAddress; readonly local: PeerAddress },
): Grant {
  const { account, key, method } = login;
  const forwarding = !options.DisableForwarding && ['yes', 'local'].includes(options.AllowTcpForwarding);
  return {
    user: account.name,
    uid: account.uid,
    gid: account.gid,
    home: account.home,
    shell: account.shell === '' ? '/bin/sh' : account.shell,
    method,
    peer: ends.peer,
    local: ends.local,
    ...forcedCommand(options, key),
    environment: key.environment,
    setEnvironment: options.SetEnv,
    acceptEnvironment: options.AcceptEnv,
    permitPty: options.PermitTTY && key.permitPty,
    permitAgentForwarding: options.AllowAgentForwarding && !options.DisableForwarding && key.permitAgentForwarding,
    permitLocalForwarding: forwarding && key.permitPortForwarding,
    permitOpen: [...key.permitOpen, configuredTargets(options)].filter((patterns) => patterns !== undefined),
    ...(options.ExposeAuthInfo ? { passed: login.passed } : {}),
    maximumSessions: options.MaxSessions,
    subsystems: Object.fromEntries(options.Subsystem.map(({ name, command }) => [name, commandOf(command)])),
    printMotd: options.PrintMotd,
    printLastLog: options.PrintLastLog,
    clientAlive: { intervalMs: options.ClientAliveInterval * 1000, maximumCount: options.ClientAliveCountMax },
    logLevel: options.LogLevel,
  };
}

/** `sftp-server` without a path is the one that came with this sshd, wherever that was installed. */
function commandOf(command: string): string {
  const [name = '', ...rest] = command.split(' ');
  return name === 'sftp-server' ? [quoteCommand(ownWords(name)), ...rest].join(' ') : command;
}

/** ForceCommand of the configuration stands before the key's own. */
function forcedCommand(options: SshdOptions, key: KeyGrant): Pick<Grant, 'forcedCommand'> {
  const configured = options.ForceCommand;
  if (configured !== 'none') return { forcedCommand: { command: configured, source: 'config' } };
  return key.forcedCommand === undefined ? {} : { forcedCommand: { command: key.forcedCommand, source: 'key-option' } };
}

/** PermitOpen as patterns; undefined when anything may be reached. */
function configuredTargets({ PermitOpen }: SshdOptions): readonly string[] | undefined {
  if (PermitOpen === 'any') return undefined;
  return PermitOpen === 'none' ? [] : PermitOpen.map(formatTarget);
}
