import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClosingInput, ClosingState, ClosingStep } from './channel-closing.ts';
import { channelClosing } from './channel-closing.ts';

/** What RFC 4254 section 5.3 says, as four flags instead of a table: who has sent what. */
interface Flags {
  readonly eofSent: boolean;
  readonly eofReceived: boolean;
  readonly closeSent: boolean;
  readonly closeReceived: boolean;
}

const fresh: Flags = { eofSent: false, eofReceived: false, closeSent: false, closeReceived: false };

function stateOf({ eofSent, eofReceived, closeSent, closeReceived }: Flags): ClosingState {
  if (closeReceived) return 'closed';
  if (closeSent) return 'close-sent';
  if (eofSent && eofReceived) return 'eof-both';
  if (eofSent) return 'eof-sent';
  return eofReceived ? 'eof-received' : 'open';
}

function after(flags: Flags, input: ClosingInput): Flags {
  if (flags.closeReceived) return flags;
  switch (input) {
    case 'send-eof':
      return flags.closeSent ? flags : { ...flags, eofSent: true };
    case 'receive-eof':
      return flags.closeSent ? flags : { ...flags, eofReceived: true };
    case 'send-close':
      return { ...flags, closeSent: true };
    case 'receive-close':
      return { ...flags, closeReceived: true };
    default:
      return flags;
  }
}

const inputs = Object.keys(channelClosing.open) as ClosingInput[];

/** All sequences of inputs up to a length. */
function* sequences(length: number): Generator<ClosingInput[]> {
  yield [];
  if (length === 0) return;
  for (const start of sequences(length - 1)) for (const input of inputs) yield [...start, input];
}

test('the table of closing reaches the state that the flags of RFC 4254 section 5.3 say, for every sequence', () => {
  for (const sequence of sequences(5)) {
    let state: ClosingState = 'open';
    let flags = fresh;
    for (const input of sequence) {
      state = channelClosing[state][input].next;
      flags = after(flags, input);
    }
    assert.equal(state, stateOf(flags), sequence.join(' '));
  }
});

test('no data is delivered after the EOF of its sender, and nothing after our CLOSE but the answer to it', () => {
  for (const [state, row] of Object.entries(channelClosing)) {
    const eofReceived = ['eof-received', 'eof-both', 'close-sent', 'closed'].includes(state);
    const eofSent = ['eof-sent', 'eof-both', 'close-sent', 'closed'].includes(state);
    assert.equal(row['receive-data'].verdict === 'proceed', !eofReceived, state);
    assert.equal(row['send-data'].verdict === 'proceed', !eofSent, state);
    if (state !== 'close-sent') continue;
    for (const input of inputs) assert.equal(row[input].verdict === 'proceed', input === 'receive-close', input);
  }
});

test('EOF and CLOSE are sent once each in every sequence', () => {
  for (const sequence of sequences(5)) {
    let state: ClosingState = 'open';
    const sent: ClosingInput[] = [];
    for (const input of sequence) {
      const step: ClosingStep = channelClosing[state][input];
      state = step.next;
      if (step.verdict === 'proceed' && (input === 'send-eof' || input === 'send-close')) sent.push(input);
    }
    assert.equal(new Set(sent).size, sent.length, sequence.join(' '));
    assert.notDeepEqual(sent, ['send-close', 'send-eof']);
  }
});
