// Which message may come when, for every number from 0 to 255: one table of number ranges and situations
// (RFC 4253 sections 7.1, 11 and 12, RFC 4250 section 4.1, PROTOCOL sections 1.9 and 1.10). Pure; the transport acts.

/** What the transport is at when a packet comes. */
export type Situation =
  /** The peer's first KEXINIT has not come; whether the exchange will be strict is unknown. */
  | 'before-kex-init'
  | 'first-exchange'
  | 'strict-first-exchange'
  /** Keys are in force and the peer has sent KEXINIT again, but not yet NEWKEYS. */
  | 're-exchange'
  /** Keys are in force; we may have sent KEXINIT, which the peer need not have seen. */
  | 'open';

export type Ruling =
  /** To the service. */
  | 'deliver'
  /** A message of the key exchange; the exchange knows whether it is the one it expects. */
  | 'exchange'
  | 'disconnect'
  | 'ignore'
  | 'debug'
  | 'extension-info'
  | 'ping'
  | 'pong'
  /** UNIMPLEMENTED is sent (RFC 4253 section 11.4). */
  | 'unimplemented'
  /** The connection ends. */
  | 'unexpected'
  | 'strict-violation';

type Row = readonly [from: number, to: number, rulings: Readonly<Record<Situation, Ruling>>];

/** One ruling for each situation in the order of the type. */
function rulings(...each: readonly [Ruling, Ruling, Ruling, Ruling, Ruling]): Readonly<Record<Situation, Ruling>> {
  const [beforeKexInit, firstExchange, strictFirstExchange, reExchange, open] = each;
  return {
    'before-kex-init': beforeKexInit,
    'first-exchange': firstExchange,
    'strict-first-exchange': strictFirstExchange,
    're-exchange': reExchange,
    open,
  };
}

const strict = 'strict-violation';
const ignored = rulings('ignore', 'ignore', strict, 'ignore', 'ignore');
const unassigned = rulings('unimplemented', 'unimplemented', strict, 'unimplemented', 'unimplemented');
const service = rulings('unexpected', 'unexpected', strict, 'unexpected', 'deliver');
const foreign = rulings('unexpected', 'unexpected', strict, 'unexpected', 'unimplemented');

const rows: readonly Row[] = [
  [0, 0, rulings('unexpected', 'unexpected', strict, 'unexpected', 'unexpected')],
  [1, 1, rulings('disconnect', 'disconnect', 'disconnect', 'disconnect', 'disconnect')],
  [2, 3, ignored], // IGNORE, UNIMPLEMENTED
  [4, 4, rulings('ignore', 'ignore', strict, 'debug', 'debug')],
  [5, 6, service], // SERVICE_REQUEST, SERVICE_ACCEPT
  [7, 7, rulings('unexpected', 'unexpected', strict, 'unexpected', 'extension-info')],
  [8, 19, unassigned],
  [20, 20, rulings('exchange', 'unexpected', strict, 'unexpected', 'exchange')],
  [21, 21, rulings('unexpected', 'exchange', 'exchange', 'exchange', 'unexpected')],
  [22, 29, unassigned],
  [30, 49, rulings('unexpected', 'exchange', 'exchange', 'exchange', 'unexpected')],
  [50, 127, service],
  [128, 191, foreign],
  [192, 192, rulings('unexpected', 'unexpected', strict, 'unexpected', 'ping')],
  [193, 193, rulings('unexpected', 'unexpected', strict, 'unexpected', 'pong')],
  [194, 255, foreign],
];

const byNumber: readonly Readonly<Record<Situation, Ruling>>[] = rows.flatMap(([from, to, row]) =>
  Array.from({ length: to - from + 1 }, () => row),
);

export function rule(messageNumber: number, situation: Situation): Ruling {
  return byNumber[messageNumber]?.[situation] ?? 'unexpected';
}
