// How a channel ends (RFC 4254 section 5.3): EOF and CLOSE of both sides as one total transition table. It knows
// nothing of queues: the channel sends EOF or CLOSE when what is queued has left.

/** What has been sent and received so far; `closed` is the end, after which the number may be used again. */
export type ClosingState = 'open' | 'eof-sent' | 'eof-received' | 'eof-both' | 'close-sent' | 'closed';

export type ClosingInput =
  | 'send-data'
  | 'send-eof'
  | 'send-close'
  | 'receive-data'
  | 'receive-request'
  | 'receive-eof'
  | 'receive-close';

/** `proceed`: do or deliver it; `ignore`: drop it silently; `refuse`: whoever did it broke the rules. */
export type ClosingVerdict = 'proceed' | 'ignore' | 'refuse';

export interface ClosingStep {
  readonly verdict: ClosingVerdict;
  readonly next: ClosingState;
}

const proceed = (next: ClosingState): ClosingStep => ({ verdict: 'proceed', next });
const ignore = (next: ClosingState): ClosingStep => ({ verdict: 'ignore', next });
const refuse = (next: ClosingState): ClosingStep => ({ verdict: 'refuse', next });

export const channelClosing: Readonly<Record<ClosingState, Readonly<Record<ClosingInput, ClosingStep>>>> = {
  open: {
    'send-data': proceed('open'),
    'send-eof': proceed('eof-sent'),
    'send-close': proceed('close-sent'),
    'receive-data': proceed('open'),
    'receive-request': proceed('open'),
    'receive-eof': proceed('eof-received'),
    'receive-close': proceed('closed'),
  },
  'eof-sent': {
    'send-data': refuse('eof-sent'),
    'send-eof': ignore('eof-sent'),
    'send-close': proceed('close-sent'),
    'receive-data': proceed('eof-sent'),
    'receive-request': proceed('eof-sent'),
    'receive-eof': proceed('eof-both'),
    'receive-close': proceed('closed'),
  },
  'eof-received': {
    'send-data': proceed('eof-received'),
    'send-eof': proceed('eof-both'),
    'send-close': proceed('close-sent'),
    'receive-data': refuse('eof-received'),
    'receive-request': proceed('eof-received'),
    'receive-eof': ignore('eof-received'),
    'receive-close': proceed('closed'),
  },
  'eof-both': {
    'send-data': refuse('eof-both'),
    'send-eof': ignore('eof-both'),
    'send-close': proceed('close-sent'),
    'receive-data': refuse('eof-both'),
    'receive-request': proceed('eof-both'),
    'receive-eof': ignore('eof-both'),
    'receive-close': proceed('closed'),
  },
  // The peer may not have seen our CLOSE yet: what it sends is dropped until its own comes.
  'close-sent': {
    'send-data': refuse('close-sent'),
    'send-eof': ignore('close-sent'),
    'send-close': ignore('close-sent'),
    'receive-data': ignore('close-sent'),
    'receive-request': ignore('close-sent'),
    'receive-eof': ignore('close-sent'),
    'receive-close': proceed('closed'),
  },
  closed: {
    'send-data': refuse('closed'),
    'send-eof': ignore('closed'),
    'send-close': ignore('closed'),
    'receive-data': refuse('closed'),
    'receive-request': refuse('closed'),
    'receive-eof': refuse('closed'),
    'receive-close': refuse('closed'),
  },
};
