// Keys that live in tokens (RFC 9987 section 4.2.5, PROTOCOL.agent section 3, PROTOCOL.u2f): the agent's owner speaks
// to the token, the agent says who may ask for what. A connection that belongs to another host may not have libraries
// loaded, and keys of authenticators do not sign what could be a login of a web site.

import { decodeCertificate } from '../keys/certificate.ts';
import { equalBytes } from '../wire/bytes.ts';
import { DecodeError } from '../wire/decode-error.ts';
import { matchPatternList } from '../wire/patterns.ts';
import { Reader } from '../wire/reader.ts';
import { utf8Encode } from '../wire/utf8.ts';
import type { AgentState } from './agent-state.ts';
import { type AgentConstraints, type AssociatedCertificates, decodeConstraints } from './constraints.ts';
import type { StoredIdentity } from './identity-store.ts';
import * as messages from './messages.ts';
import { type Outcome, outcomeOf, type TokenKey } from './outcome.ts';
import type { SessionBindings } from './session-bindings.ts';
import { readLoginRequest } from './signed-data.ts';

interface TokenContext {
  readonly state: AgentState;
  readonly bindings: SessionBindings;
}

/** The only library of a FIDO key that needs no permission: the agent's own support. */
const internalProvider = 'internal';
const defaultWebsafe = 'ssh:*';

/** @throws DecodeError when the connection belongs to another host */
export function checkMayLoad({ state, bindings }: TokenContext): void {
  if (bindings.isRemote && state.allowsRemoteTokens !== true) {
    throw new DecodeError('libraries of tokens are not loaded for other hosts');
  }
}

/** What an identity takes over of the constraints. */
export function constrained(
  state: AgentState,
  constraints: AgentConstraints,
): Pick<StoredIdentity, 'confirm' | 'expiresAt' | 'destinations'> {
  const lifetimeSeconds = constraints.lifetimeSeconds ?? (state.lifetimeSeconds || undefined);
  return {
    confirm: constraints.confirm === true,
    expiresAt: lifetimeSeconds === undefined ? undefined : state.now + lifetimeSeconds * 1000,
    destinations: constraints.destinations,
  };
}

/** Every key of the token, and every certificate, gets every constraint. */
export function addTokenKeys(context: TokenContext, message: Uint8Array): Outcome {
  const { provider: named, pin: given, constraints } = decodeAdding(message);
  if (constraints.securityKeyProvider !== undefined) throw new DecodeError('a PKCS#11 module is no FIDO library');
  checkMayLoad(context);
  const pin = given.slice();
  return {
    type: 'delegate',
    task: { type: 'list-keys', provider: named, pin },
    proceed: ({ provider, keys = [] }) => {
      pin.fill(0);
      if (provider === undefined) return outcomeOf(false);
      const added = keys.filter((key) => addTokenKey(context.state, key, { provider, constraints }));
      return outcomeOf(added.length > 0);
    },
  };
}

function decodeAdding(message: Uint8Array): {
  readonly provider: string;
  readonly pin: Uint8Array;
  readonly constraints: AgentConstraints;
} {
  if (message[0] === messages.addTokenKeys.number) return { ...messages.addTokenKeys.decode(message), constraints: {} };
  const { provider, pin, constraints } = messages.addTokenKeysConstrained.decode(message);
  return { provider, pin, constraints: decodeConstraints(constraints) };
}

function addTokenKey(
  state: AgentState,
  { publicKey, label }: TokenKey,
  { provider, constraints }: { readonly provider: string; readonly constraints: AgentConstraints },
): boolean {
  const common = { publicKey, key: undefined, provider, ...constrained(state, constraints) };
  const comment = utf8Encode(label === '' ? provider : label);
  const { certificates } = constraints;
  let isAdded = false;
  for (const certificate of certificatesFor(publicKey.blob, certificates)) {
    if (state.store.put({ ...common, certificate, blob: certificate.blob, comment })) isAdded = true;
  }
  if (certificates?.certificatesOnly === true) return isAdded;
  return state.store.put({ ...common, certificate: undefined, blob: publicKey.blob, comment }) || isAdded;
}

function certificatesFor(
  blob: Uint8Array,
  certificates: AssociatedCertificates | undefined,
): ReturnType<typeof decodeCertificate>[] {
  return (certificates?.blobs ?? []).map(decodeCertificate).filter(({ key }) => equalBytes(key.blob, blob));
}

export function removeTokenKeys({ state }: TokenContext, message: Uint8Array): Outcome {
  const { provider: named } = messages.removeTokenKeys.decode(message);
  return {
    type: 'delegate',
    task: { type: 'forget', provider: named },
    proceed: ({ provider }) => {
      if (provider === undefined) return outcomeOf(false);
      return outcomeOf(
        state.store.remove((identity) => identity.key === undefined && identity.provider === provider) > 0,
      );
    },
  };
}

/** What must be asked before a FIDO key is taken; undefined when nothing must. @throws DecodeError */
export function providerToCheck(
  context: TokenContext,
  isSecurityKey: boolean,
  provider: string | undefined,
): string | undefined {
  if (isSecurityKey !== (provider !== undefined)) throw new DecodeError('a FIDO key needs a library, and no other key');
  if (provider === undefined || provider === internalProvider) return undefined;
  checkMayLoad(context);
  return provider;
}

/**
 * Whether a key of that application may sign the data: what a browser could have asked for is signed only by keys that
 * are meant for SSH.
 */
export function isWebsafe(
  state: AgentState,
  application: string,
  signed: { blob: Uint8Array; data: Uint8Array },
): boolean {
  const { websafeApplications = defaultWebsafe } = state;
  if (matchPatternList(application, websafeApplications) === 'match') return true;
  return readLoginRequest(signed.data, signed.blob) !== undefined || isFileSignature(signed.data);
}

/** What `ssh-keygen -Y sign` signs (PROTOCOL.sshsig section 3). */
function isFileSignature(data: Uint8Array): boolean {
  const magic = utf8Encode('SSHSIG');
  if (!equalBytes(data.subarray(0, magic.length), magic)) return false;
  try {
    const reader = new Reader(data.subarray(magic.length));
    for (let field = 0; field < 4; field++) reader.string();
    reader.end();
    return true;
  } catch (error) {
    if (error instanceof DecodeError) return false;
    throw error;
  }
}
