import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as messages from '../messages/connection.ts';
import { utf8Encode } from '../wire/utf8.ts';
import { Connection } from './connection.ts';

const nothing = new Uint8Array(0);
const data = utf8Encode('data');
const window = { windowBytes: 1000, maximumPacketBytes: 1000 };
const recipient = 0;

/** A well-formed message of that number for channel 0. */
function sample(number: number): Uint8Array {
  switch (number) {
    case 80:
      return messages.globalRequest.encode({ type: 'x@example.org', wantReply: true, fields: nothing });
    case 81:
      return messages.requestSuccess.encode({ fields: nothing });
    case 90:
      return messages.channelOpen.encode({ type: 'session', sender: 5, ...window, fields: nothing });
    case 91:
      return messages.channelOpenConfirmation.encode({ recipient, sender: 5, ...window, fields: nothing });
    case 92:
      return messages.channelOpenFailure.encode({ recipient, reason: 1, description: '', language: '' });
    case 93:
      return messages.channelWindowAdjust.encode({ recipient, bytes: 1 });
    case 94:
      return messages.channelData.encode({ recipient, data });
    case 95:
      return messages.channelExtendedData.encode({ recipient, type: 1, data });
    case 96:
      return messages.channelEof.encode({ recipient });
    case 97:
      return messages.channelClose.encode({ recipient });
    case 98:
      return messages.channelRequest.encode({ recipient, type: 'shell', wantReply: true, fields: nothing });
    case 99:
      return messages.channelSuccess.encode({ recipient });
    case 100:
      return messages.channelFailure.encode({ recipient });
    default:
      return Uint8Array.of(number);
  }
}

/** What a message does: the type of its event, `nothing`, or the code of the failure. */
type Outcomes = Readonly<Record<number, string>>;

const openOurs = (connection: Connection): void => {
  const channel = connection.reserveChannel();
  connection.perform({ type: 'open-channel', channel, channelType: 'session', fields: nothing });
};
const open = (connection: Connection): void => {
  openOurs(connection);
  connection.receivePayload(sample(91));
};
const opened =
  (...numbers: readonly number[]) =>
  (connection: Connection): void => {
    open(connection);
    for (const number of numbers) connection.receivePayload(sample(number));
  };
const onOpen =
  (type: 'send-eof' | 'close-channel') =>
  (connection: Connection): void => {
    open(connection);
    connection.perform({ type, channel: 0 });
    connection.takePayloads();
  };

const anyState: Outcomes = { 80: 'global-request-received', 81: 'nothing', 82: 'nothing', 90: 'channel-requested' };
const numbersFrom = (first: number, last: number, outcome: string): Outcomes =>
  Object.fromEntries(Array.from({ length: last - first + 1 }, (_, i) => [first + i, outcome]));

const unknownChannel: Outcomes = {
  ...anyState,
  ...numbersFrom(91, 98, 'channel-unknown'),
  93: 'nothing',
  99: 'nothing',
  100: 'nothing',
};
const openChannel: Outcomes = {
  ...anyState,
  93: 'nothing',
  94: 'data-received',
  95: 'data-received',
  96: 'eof-received',
  97: 'channel-closed',
  98: 'channel-request-received',
  99: 'nothing',
  100: 'nothing',
};

const states: readonly (readonly [string, (connection: Connection) => void, Outcomes])[] = [
  ['without a channel', () => undefined, unknownChannel],
  ['with a channel that the peer has asked for', (connection) => connection.receivePayload(sample(90)), anyState],
  ['with a channel that we have asked for', openOurs, { ...anyState, 91: 'channel-opened', 92: 'channel-refused' }],
  [
    'with an open that its owner gave up',
    (connection) => {
      openOurs(connection);
      connection.perform({ type: 'close-channel', channel: 0 });
    },
    { ...anyState, 91: 'nothing', 92: 'channel-closed' },
  ],
  ['with an open channel', open, openChannel],
  ['after EOF of ours', onOpen('send-eof'), openChannel],
  [
    'after EOF of the peer',
    opened(96),
    { ...openChannel, 94: 'message-unexpected', 95: 'message-unexpected', 96: 'nothing' },
  ],
  [
    'after CLOSE of ours',
    onOpen('close-channel'),
    { ...openChannel, 94: 'nothing', 95: 'nothing', 96: 'nothing', 98: 'nothing' },
  ],
  ['after CLOSE of the peer', opened(97), unknownChannel],
  [
    'with a refused open',
    (connection) => [openOurs(connection), connection.receivePayload(sample(92))],
    unknownChannel,
  ],
  ['after a failure', opened(0), numbersFrom(0, 255, 'nothing')],
];

for (const [state, prepare, outcomes] of states) {
  test(`Connection ${state} does with each number 0 to 255 what its table says (RFC 4254 section 5)`, () => {
    for (let number = 0; number <= 255; number++) {
      const connection = new Connection();
      prepare(connection);
      while (connection.nextEvent() !== undefined);
      connection.receivePayload(sample(number));
      const event = connection.nextEvent();
      const outcome = event?.type === 'failed' ? event.failure.code : (event?.type ?? 'nothing');
      assert.equal(outcome, outcomes[number] ?? 'message-unexpected', `${number}`);
      assert.equal(connection.nextEvent(), undefined, `${number}`);
    }
  });
}

test('an empty payload ends the connection', () => {
  const connection = new Connection();
  connection.receivePayload(nothing);
  assert.equal(connection.nextEvent()?.type, 'failed');
});
