import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { breakFields, ptyRequestFields, windowChangeFields } from '@sallyport/protocol/messages/channel-requests';
import { decodeTerminalModes, encodeTerminalModes } from '@sallyport/protocol/terminal/terminal-modes';
import { closeDescriptor } from '@sallyport/system/descriptors';
import { openPty, setWindowSize } from '@sallyport/system/pty';
import { modesOf, rawSettings, terminalSettings } from '@sallyport/system/terminal';
import { LocalTerminal } from './local-terminal.ts';
import type { RehearsalOptions } from './rehearsal.test.ts';
import { Rehearsal, whenStarted } from './rehearsal.test.ts';

const size = { columns: 132, rows: 43, widthPixels: 1320, heightPixels: 860 };
const pty = openPty(size);
const cooked = terminalSettings(pty.slaveFd);
after(() => {
  closeDescriptor(pty.masterFd);
  closeDescriptor(pty.slaveFd);
});

interface Options extends RehearsalOptions {
  readonly fd?: number;
  readonly isRequired?: boolean;
  readonly escapeByte?: number | undefined;
}

/** A session with the terminal of this test. */
function onTerminal({ fd = pty.slaveFd, isRequired = false, ...options }: Options = {}): Promise<Rehearsal> {
  const escapeByte = 'escapeByte' in options ? options.escapeByte : 0x7e;
  const terminal = { local: new LocalTerminal(fd), term: 'screen', isRequired, escapeByte };
  return Rehearsal.start({ ...options, session: { program: { type: 'shell' }, terminal, ...options.session } });
}

const isRaw = (): boolean => (terminalSettings(pty.slaveFd).local & 0o13) === 0;

test('a shell gets a terminal of the same kind, size and modes as ours (RFC 4254 section 6.2)', async () => {
  const rehearsal = await onTerminal({
    onServer: whenStarted((self) => {
      assert.equal(isRaw(), true);
      self.exit(0);
    }),
  });
  assert.deepEqual(await rehearsal.end, { status: 0 });
  assert.deepEqual(
    rehearsal.requests.map(({ name, wantReply }) => [name, wantReply]),
    [
      ['pty-req', true],
      ['shell', true],
    ],
  );
  const { modes, ...request } = ptyRequestFields.decode(rehearsal.requests[0]?.fields ?? new Uint8Array(0));
  assert.deepEqual(request, { term: 'screen', ...size });
  assert.deepEqual(decodeTerminalModes(modes), modesOf(cooked));
  assert.deepEqual(terminalSettings(pty.slaveFd), cooked);
  assert.equal(rehearsal.printed, 'Connection to example.org closed.\r\n');
});

test('without a local terminal the remote one has no size and no modes', async () => {
  const rehearsal = await onTerminal({ fd: 54_321, onServer: whenStarted((self) => self.exit(0)) });
  await rehearsal.end;
  const request = ptyRequestFields.decode(rehearsal.requests[0]?.fields ?? new Uint8Array(0));
  assert.deepEqual(
    { ...request, modes: [...request.modes] },
    {
      term: 'screen',
      columns: 0,
      rows: 0,
      widthPixels: 0,
      heightPixels: 0,
      modes: [...encodeTerminalModes([])],
    },
  );
});

test('a new size is told (RFC 4254 section 6.7)', async () => {
  const rehearsal = await onTerminal({
    onServer: (event, self) => {
      if (event.type !== 'channel-request-received') return false;
      if (event.request === 'shell') {
        setWindowSize(pty.masterFd, { ...size, columns: 99 });
        process.emit('SIGWINCH', 'SIGWINCH');
      }
      if (event.request === 'window-change') self.exit(0);
      return false;
    },
  });
  await rehearsal.end;
  const told = rehearsal.requests.find(({ name }) => name === 'window-change');
  assert.deepEqual(windowChangeFields.decode(told?.fields ?? new Uint8Array(0)), { ...size, columns: 99 });
  assert.equal(process.listenerCount('SIGWINCH'), 0);
});

const refusal = 'error: PTY allocation request failed on channel 0';

function refusingTerminal(): NonNullable<RehearsalOptions['onServer']> {
  return (event, self) => {
    if (event.type !== 'channel-request-received') return false;
    const success = event.request !== 'pty-req';
    self.perform({ type: 'reply-channel-request', channel: event.channel, success });
    // The client tells it when it has heard of it.
    const goOn = (): void => {
      if (!self.lines.includes(refusal)) return void setImmediate(goOn);
      self.say(`raw ${isRaw()}`);
      self.exit(0);
    };
    if (!success) setImmediate(goOn);
    return true;
  };
}

test('a terminal that the server refuses ends the session only where it is required', async () => {
  const going = await onTerminal({ onServer: refusingTerminal() });
  const said = new Promise<string>((resolve) => {
    going.output.onData = (chunk) => resolve(Buffer.from(chunk).toString());
    going.output.resume();
  });
  assert.deepEqual(await going.end, { status: 0 });
  assert.equal(await said, 'raw false');
  const required = await onTerminal({ isRequired: true, onServer: refusingTerminal() });
  assert.deepEqual(await required.end, { status: 255 });
  assert.ok(required.lines.includes(refusal));
  assert.deepEqual(terminalSettings(pty.slaveFd), cooked);
});

/** Types text once the shell runs; what comes of it is the rehearsal's. */
async function type(text: string, options: Options = {}): Promise<Rehearsal> {
  const rehearsal = await onTerminal({
    ...options,
    onServer: (event, self) => {
      if (event.type === 'data-received' && event.data.includes(4)) self.exit(0);
      return options.onServer?.(event, self) ?? false;
    },
  });
  rehearsal.input.write([Buffer.from(text)]);
  return rehearsal;
}

const endOfInput = '\r\u0004';

test('~. disconnects at the beginning of a line, and the terminal is as it was', async () => {
  const rehearsal = await type('ls\r~.');
  assert.deepEqual(await rehearsal.end, { status: 255 });
  assert.equal(rehearsal.printed, '~.\r\nConnection to example.org closed.\r\n');
  assert.deepEqual(terminalSettings(pty.slaveFd), cooked);
});

test('the other escapes say and do what they are for, and are not sent', async () => {
  const received: Uint8Array[] = [];
  let rekeys = 0;
  const rehearsal = await type(`~?a\r~#\r~B\r~V\r~v\r~C\r~&\r~I\r~R\r~~b${endOfInput}`, {
    onServer: (event, self) => {
      if (event.type === 'data-received') received.push(event.data.slice());
      return self.channel < 0;
    },
    onTransport: (event) => {
      if (event.type === 'keys-changed' && !event.first) rekeys++;
    },
  });
  assert.deepEqual(await rehearsal.end, { status: 0 });
  assert.equal(Buffer.concat(received).toString(), 'a\r\r\r\r\r\r\r\r\r~b\r\u0004');
  assert.equal(rekeys, 1);
  const request = rehearsal.requests.find(({ name }) => name === 'break');
  assert.deepEqual(breakFields.decode(request?.fields ?? new Uint8Array(0)), { lengthMs: 1000 });
  const said = rehearsal.printed.split('\r\n');
  assert.ok(said.includes('Supported escape sequences:'));
  assert.ok(said.includes(' ~.   - terminate connection (and any multiplexed sessions)'));
  assert.deepEqual(said.slice(said.indexOf('~#')), [
    '~#',
    'The following connections are open:',
    '  #0',
    '~B',
    '~V [LogLevel INFO]',
    '~v [LogLevel DEBUG1]',
    'commandline disabled',
    '~& [not supported]',
    '~I [not supported]',
    'Connection to example.org closed.',
    '',
  ]);
});

test('another escape character is shown as it is typed, and none means none', async () => {
  const control = await type('\u001d.', { escapeByte: 0x1d });
  assert.deepEqual(await control.end, { status: 255 });
  assert.ok(control.printed.startsWith('^].\r\n'));
  const none = await type(`~.${endOfInput}`, { escapeByte: undefined });
  assert.deepEqual(await none.end, { status: 0 });
});

test('a quiet ssh does not say that the connection is closed', async () => {
  const rehearsal = await onTerminal({
    session: { isQuiet: () => true },
    onServer: whenStarted((self) => self.exit(0)),
  });
  await rehearsal.end;
  assert.equal(rehearsal.printed, '');
});

test('LocalTerminal is raw between enterRaw and leaveRaw, and put back when the process exits', () => {
  const terminal = new LocalTerminal(pty.slaveFd);
  const before = process.listeners('exit');
  terminal.enterRaw();
  terminal.enterRaw();
  assert.deepEqual(terminalSettings(pty.slaveFd), rawSettings(cooked));
  const [leave, ...others] = process.listeners('exit').filter((listener) => !before.includes(listener));
  assert.equal(others.length, 0);
  leave?.call(process, 0);
  assert.deepEqual(terminalSettings(pty.slaveFd), cooked);
  assert.deepEqual(process.listeners('exit'), before);
  terminal.leaveRaw();
  assert.deepEqual(terminal.modes, modesOf(cooked));
});
