import assert from 'node:assert/strict';
import { test } from 'node:test';
import { envFields, execFields, subsystemFields } from '@sallyport/protocol/messages/channel-requests';
import { utf8Decode } from '@sallyport/protocol/wire/utf8';
import { Rehearsal, readAll, whenStarted } from './rehearsal.test.ts';

const mebibyte = 1024 * 1024;

test('a command gets its variables first, and its output, errors and status reach the user (RFC 4254 section 6.5)', async () => {
  const environment = [
    { name: 'LANG', value: 'C' },
    { name: 'EMPTY', value: '' },
  ];
  const rehearsal = await Rehearsal.start({
    session: { environment },
    onServer: whenStarted((self) => {
      self.say('out');
      self.say('err', 1);
      self.say('put');
      self.exit(44);
    }),
  });
  const [output, errors] = await Promise.all([readAll(rehearsal.output), readAll(rehearsal.errorOutput)]);
  assert.deepEqual(await rehearsal.end, { status: 44 });
  assert.equal(output.toString(), 'output');
  assert.equal(errors.toString(), 'err');
  const [lang, empty, exec, ...rest] = rehearsal.requests;
  const variables = [lang, empty].map((request) => envFields.decode(request?.fields ?? new Uint8Array(0)));
  assert.deepEqual(
    variables.map(({ name, value }) => [utf8Decode(name), utf8Decode(value)]),
    [
      ['LANG', 'C'],
      ['EMPTY', ''],
    ],
  );
  assert.equal(lang?.wantReply, false);
  assert.equal(exec?.name, 'exec');
  assert.equal(utf8Decode(execFields.decode(exec?.fields ?? new Uint8Array(0)).command), 'prog');
  assert.deepEqual(rest, []);
  for (const line of [
    'Entering interactive session.',
    'Sending environment.',
    'Sending command: prog',
    'Exit status 44',
  ]) {
    assert.ok(rehearsal.lines.includes(`debug1: ${line}`), line);
  }
  assert.equal(rehearsal.printed, '');
});

test('input reaches the program byte for byte, and its end as EOF (RFC 4254 section 5.3)', async () => {
  const received: Uint8Array[] = [];
  const rehearsal = await Rehearsal.start({
    onServer: (event, self) => {
      if (event.type === 'data-received') {
        received.push(event.data.slice());
        self.perform({ type: 'consume', channel: event.channel, bytes: event.data.length });
      }
      if (event.type === 'eof-received') self.exit(0);
      return false;
    },
  });
  const all = Uint8Array.from({ length: 256 }, (_, index) => index);
  const large = new Uint8Array(3 * mebibyte).map((_, index) => index * 7);
  rehearsal.input.write([all, Buffer.from('~.\n~.'), large]);
  rehearsal.input.end();
  assert.deepEqual(await rehearsal.end, { status: 0 });
  assert.ok(Buffer.concat(received).equals(Buffer.concat([all, Buffer.from('~.\n~.'), large])));
});

test('without input the program sees its end at once', async () => {
  const rehearsal = await Rehearsal.start({
    session: { input: undefined },
    onServer: (event, self) => {
      if (event.type === 'eof-received') self.exit(0);
      return false;
    },
  });
  assert.deepEqual(await rehearsal.end, { status: 0 });
});

test('input is not read faster than the server takes it', async () => {
  const rehearsal = await Rehearsal.start();
  let writtenBytes = 0;
  let isFull = false;
  while (!isFull && writtenBytes < 64 * mebibyte) {
    isFull = !rehearsal.input.write([new Uint8Array(64 * 1024)]);
    writtenBytes += 64 * 1024;
    if (!isFull) continue;
    for (let turn = 0; turn < 20 && rehearsal.input.bufferedBytes > 0; turn++) await soon();
    isFull = rehearsal.input.bufferedBytes > 0;
  }
  // The window of 2 MiB, what may wait in the channel, and what the two streams hold.
  assert.ok(writtenBytes < 4 * mebibyte, `${writtenBytes} bytes`);
  rehearsal.close();
  assert.deepEqual(await rehearsal.end, { status: 255 });
});

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('the server gets no more window while nobody reads the output (RFC 4254 section 5.2)', async () => {
  const sent = { bytes: 0 };
  const rehearsal = await Rehearsal.start({
    onServer: whenStarted((self) => {
      for (let count = 0; count < 8; count++) self.say(new Uint8Array(mebibyte));
      self.exit(0);
    }),
  });
  for (let turn = 0; turn < 200; turn++) await soon();
  sent.bytes = rehearsal.port.receivedBytes;
  assert.ok(sent.bytes > 2 * mebibyte && sent.bytes < 3 * mebibyte, `${sent.bytes} bytes`);
  assert.equal((await readAll(rehearsal.output)).length, 8 * mebibyte);
  assert.deepEqual(await rehearsal.end, { status: 0 });
});

test('when the reader of the output has gone the server is told, and its status still counts', async () => {
  const rehearsal = await Rehearsal.start({
    server: { identification: 'SSH-2.0-OpenSSH_9.9' },
    onServer: (event, self) => {
      if (event.type === 'channel-request-received' && event.request === 'exec') self.say('is there anybody?');
      if (event.type !== 'channel-request-received' || event.request !== 'eow@openssh.com') return false;
      self.say(new Uint8Array(4 * mebibyte));
      self.exit(141);
      return false;
    },
  });
  rehearsal.output.destroy();
  rehearsal.output.onClose = () => undefined;
  assert.deepEqual(await rehearsal.end, { status: 141 });
});

test('input that the program does not want any more is not read (PROTOCOL section 2.1)', async () => {
  const rehearsal = await Rehearsal.start({ onServer: whenStarted((self) => self.request('eow@openssh.com')) });
  for (let turn = 0; turn < 20; turn++) await soon();
  rehearsal.input.write([new Uint8Array(mebibyte)]);
  for (let turn = 0; turn < 20; turn++) await soon();
  assert.ok(rehearsal.input.bufferedBytes > mebibyte / 2);
  rehearsal.exit(0);
  assert.deepEqual(await rehearsal.end, { status: 0 });
  rehearsal.input.destroy();
});

test('a program that a signal ended, or that tells no status, makes the status 255 (RFC 4254 section 6.10)', async () => {
  const killed = await Rehearsal.start({
    onServer: whenStarted((self) => {
      self.request('exit-signal', Buffer.from('\0\0\0\u0004TERM\0\0\0\0\0\0\0\0\0'));
      self.close();
    }),
  });
  assert.deepEqual(await killed.end, { status: 255 });
  assert.ok(killed.lines.includes('debug1: client_input_channel_req: channel 0 rtype exit-signal reply 0'));
  assert.ok(killed.lines.includes('debug1: Exit status -1'));
  const malformed = await Rehearsal.start({
    onServer: whenStarted((self) => {
      self.request('exit-status', Buffer.from([0, 0]));
      self.close();
    }),
  });
  assert.deepEqual(await malformed.end, { status: 255 });
});

test('questions of the server are answered: unknown ones and keepalive with failure (RFC 4254 section 6)', async () => {
  const answers: string[] = [];
  const rehearsal = await Rehearsal.start({
    onServer: (event, self) => {
      if (event.type === 'channel-request-received') {
        self.request('keepalive@openssh.com', undefined, 1);
        self.request('do-a-trick', undefined, 2);
        self.perform({
          type: 'request-global',
          request: 'hostkeys-00@openssh.com',
          fields: new Uint8Array(0),
          token: 3,
        });
        const fields = Buffer.from('\0\0\0\u0001x');
        const channel = self.server.reserveChannel();
        self.perform({ type: 'open-channel', channel, channelType: 'forwarded-tcpip', fields });
      }
      if (event.type === 'channel-request-answered' || event.type === 'global-request-answered') {
        answers.push(`${event.token} ${event.success}`);
      }
      if (event.type === 'channel-refused') {
        answers.push(`${event.reason} ${event.description}`);
        self.exit(0);
      }
      return false;
    },
  });
  assert.deepEqual(await rehearsal.end, { status: 0 });
  assert.deepEqual(answers.sort(), ['1 false', '1 open failed', '2 false', '3 false']);
});

test('a request that the server refuses ends the session with its line', async () => {
  for (const [program, what] of [
    [{ type: 'shell' }, 'shell'],
    [{ type: 'exec', command: 'x' }, 'exec'],
    [{ type: 'subsystem', name: 'sftp' }, 'subsystem'],
  ] as const) {
    const rehearsal = await Rehearsal.start({
      session: { program },
      onServer: (event, self) => {
        if (event.type !== 'channel-request-received') return false;
        if (event.request === 'subsystem') assert.equal(subsystemFields.decode(event.fields).name, 'sftp');
        self.perform({ type: 'reply-channel-request', channel: event.channel, success: false });
        return true;
      },
    });
    assert.deepEqual(await rehearsal.end, { status: 255 });
    assert.ok(rehearsal.lines.includes(`error: ${what} request failed on channel 0`));
  }
});

test('a session that the server does not open is told with its reason (RFC 4254 section 5.1)', async () => {
  const rehearsal = await Rehearsal.start({
    onServer: (event, self) => {
      if (event.type !== 'channel-requested') return false;
      const reason = 1;
      self.perform({ type: 'refuse-channel', channel: event.channel, reason, description: 'no\u0007' });
      return true;
    },
  });
  assert.deepEqual(await rehearsal.end, { status: 255 });
  assert.ok(rehearsal.lines.includes('info: channel 0: open failed: administratively prohibited: no\\007'));
});

test('only OpenSSH and we are promised that no more sessions follow (PROTOCOL section 2.2)', async () => {
  for (const [identification, expected] of [
    ['SSH-2.0-OpenSSH_8.0', 1],
    ['SSH-2.0-Sallyport_server', 1],
    ['SSH-2.0-dropbear_2022.83', 0],
  ] as const) {
    const globals: string[] = [];
    const rehearsal = await Rehearsal.start({
      session: { isOnlySession: true },
      server: { identification },
      onServer: (event, self) => {
        if (event.type === 'global-request-received') globals.push(event.request);
        return whenStarted((one) => one.exit(0))(event, self);
      },
    });
    await rehearsal.end;
    assert.deepEqual(globals, expected === 1 ? ['no-more-sessions@openssh.com'] : [], identification);
  }
});
