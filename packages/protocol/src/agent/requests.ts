// What an agent answers to each request (RFC 9987 section 4), one row a message number. A request that is malformed,
// unknown or not allowed gets a failure, which does not say why; the log does.

import { fingerprint } from '../keys/fingerprint.ts';
import { visible } from '../log/log.ts';
import { DecodeError } from '../wire/decode-error.ts';
import { Reader } from '../wire/reader.ts';
import { utf8Decode } from '../wire/utf8.ts';
import { Writer } from '../wire/writer.ts';
import type { AgentState } from './agent-state.ts';
import { decodeConstraints } from './constraints.ts';
import { readIdentityKey } from './identity-key.ts';
import type { StoredIdentity } from './identity-store.ts';
import * as messages from './messages.ts';
import { answered, type ConfirmationQuestion, type Outcome, outcomeOf } from './outcome.ts';
import type { Passage, SessionBindings } from './session-bindings.ts';
import { type LoginRequest, readLoginRequest } from './signed-data.ts';
import { addTokenKeys, constrained, isWebsafe, providerToCheck, removeTokenKeys } from './token-requests.ts';

export interface RequestContext {
  readonly state: AgentState;
  readonly bindings: SessionBindings;
}

type Handler = (context: RequestContext, message: Uint8Array) => Outcome;

const handlers: ReadonlyMap<number, Handler> = new Map<number, Handler>([
  [messages.requestIdentities.number, listIdentities],
  [messages.signRequest.number, sign],
  [messages.addIdentity.number, (context, message) => add(context, message.subarray(1), false)],
  [messages.addIdentityConstrained.number, (context, message) => add(context, message.subarray(1), true)],
  [messages.removeIdentity.number, remove],
  [messages.removeAllIdentities.number, removeAll],
  [messages.addTokenKeys.number, addTokenKeys],
  [messages.addTokenKeysConstrained.number, addTokenKeys],
  [messages.removeTokenKeys.number, removeTokenKeys],
  [messages.lockAgent.number, lock],
  [messages.unlockAgent.number, unlock],
  [messages.agentExtension.number, extend],
]);

/** While the agent is locked only these are looked at; every other request fails, and the list of keys is empty. */
const handledWhileLocked: readonly number[] = [
  messages.unlockAgent.number,
  messages.lockAgent.number,
  messages.agentExtension.number,
];

/** The message is a view; nothing of it is kept. */
export function answerRequest(context: RequestContext, message: Uint8Array): Outcome {
  const { lock: locked, log } = context.state;
  const number = message[0] as number;
  const handler = handlers.get(number);
  if (handler === undefined) {
    log('debug1', `request ${number} is not supported`);
    return outcomeOf(false);
  }
  if (locked.isLocked && !handledWhileLocked.includes(number)) {
    const isList = number === messages.requestIdentities.number;
    return isList ? answered(encodeList([])) : outcomeOf(false);
  }
  try {
    return handler(context, message);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    log('error', `request ${number} is malformed or refused: ${error.message}`);
    return outcomeOf(false);
  }
}

function encodeList(identities: readonly StoredIdentity[]): Uint8Array {
  const writer = new Writer();
  for (const { blob, comment } of identities) messages.identity.write(writer, { key: blob, comment });
  return messages.identitiesAnswer.encode({ count: identities.length, identities: writer.bytes() });
}

function listIdentities({ state, bindings }: RequestContext, message: Uint8Array): Outcome {
  messages.requestIdentities.decode(message);
  return answered(encodeList(state.store.all.filter(({ destinations }) => bindings.permitsListing(destinations))));
}

function sign(context: RequestContext, message: Uint8Array): Outcome {
  const { state, bindings } = context;
  const { key: blob, data, flags } = messages.signRequest.decode(message);
  const identity = state.store.find(blob);
  if (identity === undefined) return refuse(context, 'the key is not here');
  const algorithm = messages.algorithmToSign(identity.publicKey.type, flags);
  if (algorithm === undefined) return refuse(context, `no algorithm for the flags ${flags}`);
  const login = identity.destinations === undefined ? undefined : readLoginRequest(data, blob);
  const verdict = bindings.permitsSigning(identity.destinations, login);
  if (!verdict.allowed) return refuse(context, verdict.reason);
  const application = identity.key?.securityKey?.application;
  if (application !== undefined && !isWebsafe(state, application, { blob, data })) {
    return refuse(context, 'the data could be a login of a web site');
  }
  if (!identity.confirm) return signNow(context, identity, { algorithm, data });
  const kept = data.slice();
  return {
    type: 'ask',
    question: questionOf(context, identity, { login, passage: verdict.passage }),
    proceed: (allowed) => {
      // Meanwhile the key may have gone or the agent been locked.
      const isHere = !state.lock.isLocked && state.store.all.includes(identity);
      return allowed && isHere ? signNow(context, identity, { algorithm, data: kept }) : outcomeOf(false);
    },
  };
}

function signNow(
  { state }: RequestContext,
  { key, publicKey, provider }: StoredIdentity,
  { algorithm, data }: { readonly algorithm: string; readonly data: Uint8Array },
): Outcome {
  if (provider === undefined) return signHere(state, key, { algorithm, data });
  const kept = data.slice();
  return {
    type: 'delegate',
    task:
      key === undefined
        ? { type: 'sign', provider, publicKey, algorithm, data: kept }
        : { type: 'sign-security-key', provider, key, data: kept },
    proceed: ({ signature }) =>
      signature === undefined ? outcomeOf(false) : answered(messages.signResponse.encode({ signature })),
  };
}

/** A key that the crypto library fails with must not take the others along. */
function signHere(
  { crypto, log }: RequestContext['state'],
  key: StoredIdentity['key'],
  { algorithm, data }: { readonly algorithm: string; readonly data: Uint8Array },
): Outcome {
  try {
    const signature = key?.sign(crypto, algorithm, data);
    return signature === undefined ? outcomeOf(false) : answered(messages.signResponse.encode({ signature }));
  } catch (error) {
    log('error', `signing failed: ${error instanceof Error ? visible(error.message) : 'unknown error'}`);
    return outcomeOf(false);
  }
}

function questionOf(
  { state }: RequestContext,
  { publicKey, comment }: StoredIdentity,
  to: { readonly login: LoginRequest | undefined; readonly passage: Passage | undefined },
): ConfirmationQuestion {
  const { login, passage } = to;
  return {
    fingerprint: fingerprint(state.crypto, publicKey, state.fingerprintDigest),
    comment: visible(utf8Decode(comment)),
    ...(login === undefined || passage === undefined ? {} : { login: { user: visible(login.user), ...passage } }),
  };
}

function refuse({ state }: RequestContext, reason: string): Outcome {
  state.log('error', `refused to sign: ${reason}`);
  return outcomeOf(false);
}

function add(context: RequestContext, contents: Uint8Array, isConstrained: boolean): Outcome {
  const { state, bindings } = context;
  const reader = new Reader(contents);
  const identity = readIdentityKey(reader, state.crypto);
  const { key, certificate } = identity;
  try {
    const constraints = isConstrained ? decodeConstraints(reader.rest()) : {};
    reader.end();
    if (constraints.certificates !== undefined) throw new DecodeError('certificates belong to the keys of a token');
    const { blob } = certificate ?? key.publicKey;
    const known = state.store.find(blob);
    if (known !== undefined && !bindings.permitsListing(known.destinations)) {
      throw new DecodeError('a key that is hidden here is not replaced');
    }
    const named = constraints.securityKeyProvider;
    const store = (provider: string | undefined): Outcome => {
      const { comment } = identity;
      const common = { key, publicKey: key.publicKey, certificate, blob, comment, provider };
      const isStored = state.store.put({ ...common, ...constrained(state, constraints) });
      if (!isStored) state.log('error', 'no room for another key');
      return outcomeOf(isStored);
    };
    const toCheck = providerToCheck(context, key.securityKey !== undefined, named);
    if (toCheck === undefined) return store(named);
    return {
      type: 'delegate',
      task: { type: 'check-provider', provider: toCheck },
      proceed: ({ provider }) => (provider === undefined ? outcomeOf(false) : store(provider)),
    };
  } catch (error) {
    key.wipe();
    throw error;
  }
}

function remove({ state, bindings }: RequestContext, message: Uint8Array): Outcome {
  const { key } = messages.removeIdentity.decode(message);
  const identity = state.store.find(key);
  if (identity === undefined || !bindings.permitsListing(identity.destinations)) return outcomeOf(false);
  return outcomeOf(state.store.remove((one) => one === identity) === 1);
}

function removeAll({ state }: RequestContext, message: Uint8Array): Outcome {
  messages.removeAllIdentities.decode(message);
  state.store.remove(() => true);
  return outcomeOf(true);
}

function lock({ state }: RequestContext, message: Uint8Array): Outcome {
  return outcomeOf(state.lock.lock(messages.lockAgent.decode(message).passphrase));
}

function unlock({ state }: RequestContext, message: Uint8Array): Outcome {
  const { lock: held, now } = state;
  if (held.isLocked && held.busyUntil > now) return { type: 'wait', until: held.busyUntil };
  const { passphrase } = messages.unlockAgent.decode(message);
  if (held.unlock(passphrase, now)) return outcomeOf(true);
  return held.busyUntil > now
    ? { type: 'wait', until: held.busyUntil, answer: messages.agentFailure.encode({}) }
    : outcomeOf(false);
}

function extend({ state, bindings }: RequestContext, message: Uint8Array): Outcome {
  const { name, contents } = messages.agentExtension.decode(message);
  const { query, sessionBind } = messages.extensionNames;
  if (name === query && !state.lock.isLocked) return answered(messages.encodeQueryAnswer([query, sessionBind]));
  if (name !== sessionBind) return outcomeOf(false);
  const problem = bindingProblem(bindings, contents);
  if (problem === undefined) return outcomeOf(true);
  state.log('error', `session-bind refused: ${problem}`);
  return answered(messages.extensionFailure.encode({}));
}

function bindingProblem(bindings: SessionBindings, contents: Uint8Array): string | undefined {
  try {
    return bindings.bind(contents);
  } catch (error) {
    if (error instanceof DecodeError) return error.message;
    throw error;
  }
}
