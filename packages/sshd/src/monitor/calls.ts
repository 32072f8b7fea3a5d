// The calls between the monitor and its unprivileged processes as one typed table: number, fields, size limit, the
// phases in which the auth process or the account process may make it. What is not here cannot be asked for.

import { boolean, byte, bytes, names, text, uint32 } from '@sallyport/protocol/codec/fields';
import type { FrameTableRow } from '@sallyport/protocol/codec/frame-table';
import type { ValueOf } from '@sallyport/protocol/codec/struct';
import { struct } from '@sallyport/protocol/codec/struct';

/** Of one connection before it is handed over, in order. */
export type Phase = 'key-exchange' | 'user-wanted' | 'authenticating' | 'authenticated' | 'handed-over';

interface RequestRow extends FrameTableRow {
  /** Phases of a connection in which the caller may make it. */
  readonly phases: readonly Phase[];
  /** Allowed once in a connection's life. */
  readonly once: boolean;
  /** An answer comes; calls of one caller are answered in order. */
  readonly answered: boolean;
}

const kibibyte = 1024;
const snapshotLimitBytes = 2048 * kibibyte;

/** From the auth process to the monitor. */
export const authCalls = {
  log: {
    number: 1,
    fields: struct({ level: byte, line: text }),
    limitBytes: 16 * kibibyte,
    phases: ['key-exchange', 'user-wanted', 'authenticating', 'authenticated'],
    once: false,
    answered: false,
  },
  /** Data is the exchange hash; the first one becomes the session id that the monitor remembers. */
  sign: {
    number: 2,
    fields: struct({ algorithm: text, hostKey: bytes, data: bytes }),
    limitBytes: 8 * kibibyte,
    phases: ['key-exchange'],
    once: true,
    answered: true,
  },
  lookUpUser: {
    number: 3,
    fields: struct({ user: text }),
    limitBytes: 4 * kibibyte,
    phases: ['user-wanted'],
    once: true,
    answered: true,
  },
  checkNone: {
    number: 4,
    fields: struct({}),
    limitBytes: 0,
    phases: ['authenticating'],
    once: false,
    answered: true,
  },
  /** Would this key do? */
  checkKey: {
    number: 5,
    fields: struct({ algorithm: text, key: bytes }),
    limitBytes: 64 * kibibyte,
    phases: ['authenticating'],
    once: false,
    answered: true,
  },
  /** The monitor builds the signed data itself, from the session id and the user that it knows. */
  verifyKey: {
    number: 6,
    fields: struct({ algorithm: text, key: bytes, hostBound: boolean, signature: bytes }),
    limitBytes: 64 * kibibyte,
    phases: ['authenticating'],
    once: false,
    answered: true,
  },
  checkPassword: {
    number: 7,
    fields: struct({ password: bytes }),
    limitBytes: 4 * kibibyte,
    phases: ['authenticating'],
    once: false,
    answered: true,
  },
  /** A host vouches for its user; as with verifyKey the monitor builds what is signed. */
  verifyHost: {
    number: 9,
    fields: struct({ algorithm: text, key: bytes, clientHost: text, clientUser: text, signature: bytes }),
    limitBytes: 64 * kibibyte,
    phases: ['authenticating'],
    once: false,
    answered: true,
  },
  handOver: {
    number: 8,
    fields: struct({ snapshot: bytes }),
    limitBytes: snapshotLimitBytes,
    phases: ['authenticated'],
    once: true,
    answered: false,
  },
} as const satisfies Readonly<Record<string, RequestRow>>;

/** Answers of the monitor to the auth process. */
export const authAnswers = {
  sign: { number: 65, fields: struct({ signature: bytes }), limitBytes: 8 * kibibyte },
  lookUpUser: {
    number: 66,
    fields: struct({ valid: boolean, methods: names, maximumAttempts: uint32, banner: text }),
    limitBytes: 2048 * kibibyte,
  },
  checkKey: { number: 67, fields: struct({ acceptable: boolean }), limitBytes: 16 },
  /** `remaining` is not empty when more methods are needed. */
  verdict: {
    number: 68,
    fields: struct({ accepted: boolean, counts: boolean, methods: names, remaining: names }),
    limitBytes: 4 * kibibyte,
  },
} as const satisfies Readonly<Record<string, FrameTableRow>>;

/** From the monitor to an account process. */
export const accountCommands = {
  /** The connection's descriptor waits on the descriptor socket when this arrives. */
  adopt: {
    number: 96,
    fields: struct({ connection: uint32, sessionId: bytes, snapshot: bytes, grant: text }),
    limitBytes: snapshotLimitBytes + 512 * kibibyte,
  },
  signature: { number: 97, fields: struct({ connection: uint32, signature: bytes }), limitBytes: 8 * kibibyte },
  /** The monitor will not sign. */
  signingFailed: { number: 99, fields: struct({ connection: uint32 }), limitBytes: 16 },
  /** The answer to `prove`; empty when there is no proof. */
  proof: { number: 100, fields: struct({ connection: uint32, signature: bytes }), limitBytes: 8 * kibibyte },
  stop: { number: 98, fields: struct({}), limitBytes: 0 },
} as const satisfies Readonly<Record<string, FrameTableRow>>;

/** From an account process to the monitor. */
export const accountCalls = {
  log: { number: 32, fields: struct({ connection: uint32, level: byte, line: text }), limitBytes: 16 * kibibyte },
  /** A line of internal-sftp, which has a level of its own, and names its facility of syslog. */
  serviceLog: {
    number: 36,
    fields: struct({ connection: uint32, level: byte, facility: text, line: text }),
    limitBytes: 16 * kibibyte,
  },
  /** A re-key of a connection that this account process holds. */
  sign: {
    number: 33,
    fields: struct({ connection: uint32, algorithm: text, hostKey: bytes, data: bytes }),
    limitBytes: 8 * kibibyte,
  },
  /** Whether we have a host key, for the client; the monitor makes the data of the session that it knows. */
  prove: { number: 35, fields: struct({ connection: uint32, hostKey: bytes }), limitBytes: 32 * kibibyte },
  /** A connection is over and its descriptors are closed. */
  ended: { number: 34, fields: struct({ connection: uint32 }), limitBytes: 16 },
} as const satisfies Readonly<Record<string, FrameTableRow>>;

/** From the template of the auth processes to the monitor. */
export const templateReports = {
  /** The first report: the template goes on as a copy of the process that was started, which ends. */
  moved: { number: 20, fields: struct({ pid: uint32 }), limitBytes: 4 },
  /** It has made a copy that rehearses. */
  tried: { number: 16, fields: struct({ pid: uint32 }), limitBytes: 4 },
  /** From that copy: it has rehearsed a login, so the template takes connections. */
  ready: { number: 18, fields: struct({}), limitBytes: 0 },
  /** From a copy, before it meets its peer; `copy` is the number that came with the connection. */
  copied: { number: 17, fields: struct({ copy: uint32, pid: uint32 }), limitBytes: 8 },
  /** The system had no room for it. */
  notCopied: { number: 19, fields: struct({ copy: uint32 }), limitBytes: 4 },
} as const satisfies Readonly<Record<string, FrameTableRow>>;

export type AuthCallName = keyof typeof authCalls;
export type AuthCallValue<Name extends AuthCallName> = ValueOf<(typeof authCalls)[Name]['fields']>;
export type AuthAnswerName = keyof typeof authAnswers;
export type AuthAnswerValue<Name extends AuthAnswerName> = ValueOf<(typeof authAnswers)[Name]['fields']>;

/** Which answer a call gets. */
export const answerOf = {
  sign: 'sign',
  lookUpUser: 'lookUpUser',
  checkNone: 'verdict',
  checkKey: 'checkKey',
  verifyKey: 'verdict',
  verifyHost: 'verdict',
  checkPassword: 'verdict',
} as const satisfies Readonly<Partial<Record<AuthCallName, AuthAnswerName>>>;
