// The command line of ssh (ssh(1)): a table of letters, each of which changes the draft of an invocation. Values are
// checked where OpenSSH checks them, in its order; what they mean for keywords is handed on as changes in order, since
// the first one wins there. Letters that nothing acts upon yet are noted, for main to refuse or to tell.

import { usableAlgorithms } from '@sallyport/protocol/config/algorithm-list';
import type { Destination } from '@sallyport/protocol/config/destination';
import { isSafeHostName, isSafeUserName, parseDestination } from '@sallyport/protocol/config/destination';
import type { Forward, ForwardKind, SocketEnd, TcpEnd } from '@sallyport/protocol/config/forward-spec';
import { parseForward, parseStdioForward } from '@sallyport/protocol/config/forward-spec';
import { OptionReader } from '@sallyport/protocol/config/getopt';
import { parseEscapeCharacter, parseJumpHosts, parseTunnelDevice } from '@sallyport/protocol/config/kinds-ssh';
import { ownAlgorithms } from '@sallyport/protocol/config/own-algorithms';
import { parsePort } from '@sallyport/protocol/config/quantities';
import type { SshSettings } from '@sallyport/protocol/config/ssh-keywords';
import type { OptionRow } from '../shared/option-table.ts';
import { flag, lettersOf, OptionError, readOptions, UsageError, valued } from '../shared/option-table.ts';
import { optionMessages } from './messages.ts';

/** What an option does to the keywords: `set` if nothing has before, `assign` in any case, or a line of -o. */
export type Change =
  | { readonly how: 'set' | 'assign'; readonly name: keyof SshSettings; readonly value: unknown }
  | { readonly how: 'line'; readonly text: string };

export interface Invocation {
  readonly action: 'connect' | 'print-configuration' | 'version' | 'query';
  /** Of -Q. */
  readonly query: string;
  readonly destination: Destination;
  /** Words of the remote command, joined; empty for a shell. */
  readonly command: string;
  readonly changes: readonly Change[];
  /** -F; 'none' reads nothing. */
  readonly configFile: string | undefined;
  readonly logFile: string | undefined;
  /** -v, -vv, -vvv. */
  readonly verbosity: number;
  readonly quiet: boolean;
  /** -W. */
  readonly stdioForward: TcpEnd | SocketEnd | undefined;
  /** Letters whose work is not done yet: without them ssh would do something else than was asked for. */
  readonly missing: readonly string[];
  /** Letters whose work is not done yet, and whose absence does no harm. */
  readonly passedOver: readonly string[];
}

type Draft = { -readonly [Name in keyof Invocation]: Invocation[Name] } & {
  readonly changes: Change[];
  readonly missing: string[];
  readonly passedOver: string[];
  terminalWishes: number;
  masterWishes: number;
};

function assign<Name extends keyof SshSettings>(draft: Draft, name: Name, value: SshSettings[Name]): void {
  draft.changes.push({ how: 'assign', name, value });
}

function set<Name extends keyof SshSettings>(draft: Draft, name: Name, value: SshSettings[Name]): void {
  draft.changes.push({ how: 'set', name, value });
}

const assigning = <Name extends keyof SshSettings>(
  letter: string,
  name: Name,
  value: SshSettings[Name],
): OptionRow<Draft> => flag(letter, (draft) => assign(draft, name, value));

/** The same, for a keyword that nothing acts upon yet. */
function later(row: OptionRow<Draft>, consequence: 'missing' | 'passedOver'): OptionRow<Draft> {
  return {
    ...row,
    apply: (draft, value) => {
      row.apply(draft, value);
      if (!draft[consequence].includes(`-${row.letter}`)) draft[consequence].push(`-${row.letter}`);
    },
  };
}

function forwarding(letter: string, kind: ForwardKind, bad: (spec: string) => string): OptionRow<Draft> {
  const name = ({ local: 'LocalForward', remote: 'RemoteForward', dynamic: 'DynamicForward' } as const)[kind];
  return valued(letter, (draft, spec) => {
    const forward = parseForward(spec, kind);
    if (forward === undefined) throw new OptionError(bad(spec));
    const value: readonly Forward[] = [forward];
    set(draft, name, value);
  });
}

function algorithmList(
  letter: string,
  keyword: { readonly name: 'Ciphers' | 'MACs'; readonly family: 'ciphers' | 'macs' },
  bad: (spec: string) => string,
): OptionRow<Draft> {
  return valued(letter, (draft, spec) => {
    const usable = usableAlgorithms(spec, ownAlgorithms('client')[keyword.family]);
    if (usable.length === 0) throw new OptionError(bad(spec));
    assign(draft, keyword.name, spec);
  });
}

const multiplexCommands: readonly string[] = [
  'check',
  'conninfo',
  'channels',
  'forward',
  'cancel',
  'exit',
  'stop',
  'proxy',
];

const optionTable: readonly OptionRow<Draft>[] = [
  flag('1', () => {
    throw new OptionError(optionMessages.protocolOne);
  }),
  flag('2', () => undefined),
  assigning('4', 'AddressFamily', 'inet'),
  assigning('6', 'AddressFamily', 'inet6'),
  assigning('A', 'ForwardAgent', true),
  assigning('a', 'ForwardAgent', false),
  later(
    valued('B', (draft, name) => assign(draft, 'BindInterface', name)),
    'missing',
  ),
  valued('b', (draft, address) => assign(draft, 'BindAddress', address)),
  assigning('C', 'Compression', true),
  algorithmList('c', { name: 'Ciphers', family: 'ciphers' }, optionMessages.badCipher),
  later(forwarding('D', 'dynamic', optionMessages.badDynamicForward), 'missing'),
  valued('E', (draft, file) => {
    draft.logFile = file;
  }),
  valued('e', (draft, text) => {
    const character = parseEscapeCharacter(text);
    if (character === undefined) throw new OptionError(optionMessages.badEscape(text));
    assign(draft, 'EscapeChar', character);
  }),
  valued('F', (draft, file) => {
    draft.configFile = file;
  }),
  later(
    flag('f', (draft) => {
      assign(draft, 'ForkAfterAuthentication', true);
      assign(draft, 'StdinNull', true);
    }),
    'missing',
  ),
  flag('G', (draft) => {
    draft.action = 'print-configuration';
  }),
  assigning('g', 'GatewayPorts', true),
  valued('I', (draft, library) => assign(draft, 'PKCS11Provider', library)),
  valued('i', (draft, file) => set(draft, 'IdentityFile', [file])),
  valued('J', (draft, list) => {
    if (draft.changes.some((change) => change.how === 'set' && change.name === 'ProxyJump')) {
      throw new OptionError(optionMessages.jumpTwice);
    }
    if (draft.changes.some((change) => change.how === 'line' && /^\s*ProxyCommand\b/i.test(change.text))) {
      throw new OptionError(optionMessages.jumpAndCommand);
    }
    const hosts = parseJumpHosts(list, { checked: true });
    if (hosts === undefined) throw new OptionError(optionMessages.badJump);
    set(draft, 'ProxyJump', hosts);
  }),
  later(assigning('K', 'GSSAPIAuthentication', true), 'passedOver'),
  assigning('k', 'GSSAPIDelegateCredentials', false),
  forwarding('L', 'local', optionMessages.badLocalForward),
  valued('l', (draft, user) => set(draft, 'User', user)),
  later(
    flag('M', (draft) => assign(draft, 'ControlMaster', draft.masterWishes++ === 0 ? 'yes' : 'ask')),
    'missing',
  ),
  algorithmList('m', { name: 'MACs', family: 'macs' }, optionMessages.badMac),
  flag('N', (draft) => {
    assign(draft, 'SessionType', 'none');
    assign(draft, 'RequestTTY', 'no');
  }),
  assigning('n', 'StdinNull', true),
  later(
    valued('O', (_draft, command) => {
      if (!multiplexCommands.includes(command)) throw new OptionError(optionMessages.badMultiplexCommand);
    }),
    'missing',
  ),
  valued('o', (draft, text) => draft.changes.push({ how: 'line', text })),
  valued('P', (draft, tag) => set(draft, 'Tag', tag)),
  valued('p', (draft, text) => {
    const port = parsePort(text);
    if (port === undefined || port === 0) throw new OptionError(optionMessages.badPort(text));
    set(draft, 'Port', port);
  }),
  valued('Q', (draft, query) => {
    draft.action = 'query';
    draft.query = query;
  }),
  flag('q', (draft) => {
    draft.quiet = true;
  }),
  later(forwarding('R', 'remote', optionMessages.badRemoteForward), 'missing'),
  valued('S', (draft, path) => {
    assign(draft, 'ControlPath', path);
    if (path !== 'none') draft.missing.push('-S');
  }),
  assigning('s', 'SessionType', 'subsystem'),
  assigning('T', 'RequestTTY', 'no'),
  flag('t', (draft) => assign(draft, 'RequestTTY', draft.terminalWishes++ === 0 ? 'yes' : 'force')),
  flag('V', (draft) => {
    draft.action = 'version';
  }),
  flag('v', (draft) => {
    draft.verbosity = Math.min(draft.verbosity + 1, 3);
  }),
  valued('W', (draft, spec) => {
    if (draft.stdioForward !== undefined) throw new OptionError(optionMessages.stdioForwardTwice);
    const target = parseStdioForward(spec);
    if (target === undefined) throw new OptionError(optionMessages.badStdioForward(spec));
    draft.stdioForward = target;
    assign(draft, 'RequestTTY', 'no');
    assign(draft, 'SessionType', 'none');
  }),
  later(
    valued('w', (draft, spec) => {
      const device = parseTunnelDevice(spec);
      if (device === undefined) throw new OptionError(optionMessages.badTunnel(spec));
      assign(draft, 'Tunnel', 'point-to-point');
      assign(draft, 'TunnelDevice', device);
    }),
    'missing',
  ),
  later(assigning('X', 'ForwardX11', true), 'passedOver'),
  assigning('x', 'ForwardX11', false),
  later(
    flag('Y', (draft) => {
      assign(draft, 'ForwardX11', true);
      assign(draft, 'ForwardX11Trusted', true);
    }),
    'passedOver',
  ),
  later(
    flag('y', () => undefined),
    'missing',
  ),
  later(
    flag('Z', () => undefined),
    'missing',
  ),
];

/** Reads the arguments after the program's name. @throws UsageError @throws OptionError */
export function parseArguments(argv: readonly string[]): Invocation {
  const draft: Draft = {
    action: 'connect',
    query: '',
    destination: { host: '' },
    command: '',
    changes: [],
    configFile: undefined,
    logFile: undefined,
    verbosity: 0,
    quiet: false,
    stdioForward: undefined,
    missing: [],
    passedOver: [],
    terminalWishes: 0,
    masterWishes: 0,
  };
  const reader = new OptionReader(argv, lettersOf(optionTable));
  readOptions(reader, optionTable, { draft, isEnough });
  if (isEnough(draft)) return draft;
  const typed = reader.takeOperand();
  if (typed === undefined) throw new UsageError();
  takeDestination(draft, typed);
  // Options may follow the destination, unless `--` came before it.
  if (!reader.ended) readOptions(reader, optionTable, { draft, isEnough });
  draft.command = reader.remaining().join(' ');
  return draft;
}

/** Nothing after it matters. */
function isEnough({ action }: Draft): boolean {
  return action === 'version' || action === 'query';
}

function takeDestination(draft: Draft, typed: string): void {
  const destination = parseDestination(typed);
  if (destination === undefined) throw new UsageError();
  draft.destination = destination;
  if (destination.user !== undefined) set(draft, 'User', destination.user);
  if (destination.port !== undefined) set(draft, 'Port', destination.port);
}

/** Refuses names that hold what a shell or a terminal could take for something else. @throws OptionError */
export function checkNames(host: string, user: string | undefined): void {
  if (!isSafeHostName(host)) throw new OptionError(optionMessages.hostCharacters);
  if (user !== undefined && !isSafeUserName(user)) throw new OptionError(optionMessages.userCharacters);
}
