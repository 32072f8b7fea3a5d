// The shape of an authentication method: a client half and a server half. A half is functions of one step: it builds
// and reads the method's messages; whose turn it is, counting and the common answers are the engines'.

import type {
  UserauthAttempt,
  UserauthClientCommand,
  UserauthClientEvent,
  UserauthServerCommand,
  UserauthServerRequest,
} from '../events.ts';

/** What every request of a client carries or signs. */
export interface ClientContext {
  readonly user: string;
  readonly service: string;
  readonly sessionId: Uint8Array;
  readonly hostKey: Uint8Array;
}

export type ClientQuestion = Extract<
  UserauthClientEvent,
  { readonly type: 'signature-wanted' | 'responses-wanted' | 'password-change-wanted' }
>;

/** `methodNumber` is the message of the method that may come instead of success or failure. */
export type ClientStep =
  | { readonly type: 'send'; readonly payload: Uint8Array; readonly methodNumber?: number }
  | { readonly type: 'ask'; readonly question: ClientQuestion };

export interface ClientMethod<Attempt extends UserauthAttempt = UserauthAttempt> {
  begin(attempt: Attempt, context: ClientContext): ClientStep;
  /** The message announced by `methodNumber`. @throws DecodeError, Violation */
  receive?(attempt: Attempt, payload: Uint8Array, context: ClientContext): ClientStep;
  /** The owner's answer to the method's question; undefined when the command is none. */
  answer?(turn: AnsweredTurn<Attempt>, context: ClientContext): ClientStep | undefined;
}

export interface AnsweredTurn<Attempt extends UserauthAttempt> {
  readonly attempt: Attempt;
  readonly question: ClientQuestion;
  readonly command: UserauthClientCommand;
}

/** A USERAUTH_REQUEST as the server's half sees it. */
export interface ReceivedRequest {
  /** The method's name on the wire. */
  readonly method: string;
  readonly fields: Uint8Array;
  /** The whole message, of which `fields` is the end. */
  readonly payload: Uint8Array;
  readonly sessionId: Uint8Array;
  readonly hostKey: Uint8Array;
}

/** `responses` is how many a following USERAUTH_INFO_RESPONSE must hold. */
export interface ServerAnswer {
  readonly payload: Uint8Array;
  readonly responses?: number;
}

export interface ServerMethod {
  /** @throws DecodeError, Violation */
  read(request: ReceivedRequest): UserauthServerRequest;
  /** What the owner may answer besides accept and refuse; undefined when the command is no answer to the request. */
  answer?(request: UserauthServerRequest, command: UserauthServerCommand): ServerAnswer | undefined;
  /** USERAUTH_INFO_RESPONSE with as many responses as were asked for. @throws DecodeError, Violation */
  readResponses?(payload: Uint8Array, responses: number): UserauthServerRequest;
  /** Whether its messages hold secrets, which are wiped once judged. */
  readonly secret: boolean;
}

export interface UserauthMethod<Name extends UserauthAttempt['method'] = UserauthAttempt['method']> {
  readonly name: Name;
  /** The names on the wire when there are others than `name`. */
  readonly wireNames?: readonly string[];
  readonly client: ClientMethod<Extract<UserauthAttempt, { readonly method: Name }>>;
  readonly server: ServerMethod;
}
