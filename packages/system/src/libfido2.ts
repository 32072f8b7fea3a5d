// Keys in FIDO authenticators through libfido2, which speaks CTAP to them: OpenSSH's provider `internal`
// (PROTOCOL.u2f). The library is somebody else's C code and reads what tokens say, so only ssh-sk-helper has it. It
// gives up after a minute and a half; a token that even then keeps it busy, which it cannot stop, ends the process.

import { DecodeError } from '@sallyport/protocol/wire/decode-error';
import { DerReader } from '@sallyport/protocol/wire/der';
import { call } from './libc.ts';
import { FidoError, Libfido2Calls } from './libfido2-calls.ts';
import { FidoDevices, type FidoTransport } from './libfido2-devices.ts';
import { cString, stringAt } from './memory.ts';
import type {
  EnrollCall,
  EnrolledKey,
  ProviderCall,
  ResidentKey,
  SecurityKeyAlgorithm,
  SecurityKeyProvider,
  SignCall,
  TokenSignature,
} from './security-key-provider.ts';
import { ProviderError, providerFailures, replaceKeyFlag } from './security-key-provider.ts';

const usualTimeoutMs = 90_000;
/** Of that time, until the process is ended. */
const limitFactor = 1.5;
const keyFlags = { userPresence: 0x01, userVerification: 0x04, resident: 0x20 } as const;
/** Of COSE (RFC 9053). */
const coseNumbers = { ecdsa: -7, ed25519: -8 } as const satisfies Record<SecurityKeyAlgorithm, number>;
const option = { no: 1, yes: 2 } as const;
/** credProtect: what a token tells of a key, and lets it do, without a PIN. */
const protection = { needsHandle: 2, needsUser: 3 } as const;
/** Users of keys are told apart by that many bytes; a shorter name is padded. */
const userIdBytes = 32;
const maximumResidentKeys = 1024;
const sshApplication = 'ssh:';
const userPresenceRequired = -8;

/** Numbers of fido/err.h for which a call fails otherwise than in general. */
const failureOfCode: Readonly<Record<number, keyof typeof providerFailures>> = {
  0x26: 'unsupported',
  0x2b: 'unsupported',
  0x2e: 'noDevice',
  0x27: 'pinRequired',
  0x31: 'pinRequired',
  0x33: 'pinRequired',
  0x36: 'pinRequired',
};

export interface Libfido2Options {
  /** Writes what it does to stderr. */
  readonly isVerbose?: boolean;
  /** For authenticators that are not on USB. */
  readonly transport?: FidoTransport;
  readonly timeoutMs?: number;
}

export class Libfido2 implements SecurityKeyProvider {
  readonly #calls: Libfido2Calls;
  readonly #devices: FidoDevices;
  readonly #limitSeconds: number;

  /** @throws ProviderError when the library is not on this machine */
  constructor({ isVerbose = false, transport, timeoutMs = usualTimeoutMs }: Libfido2Options = {}) {
    this.#calls = new Libfido2Calls({ isVerbose });
    this.#devices = new FidoDevices({ calls: this.#calls, timeoutMs, transport });
    this.#limitSeconds = Math.ceil((timeoutMs * limitFactor) / 1000);
  }

  enroll(wanted: EnrollCall): EnrolledKey {
    const { pin, application, user, flags } = wanted;
    return this.#perform(pin, (secret) =>
      this.#devices.withChosen(wanted.device, (device) => {
        const userId = userIdOf(user);
        const isResident = (flags & keyFlags.resident) !== 0;
        if (isResident && (flags & replaceKeyFlag) === 0 && this.#keeps(device, { application, userId, secret })) {
          throw new ProviderError(providerFailures.exists, 'the token keeps a key of this application and user');
        }
        return this.#calls.using('cred', (cred) => {
          this.#describe(cred, wanted);
          this.#protect(device, cred, wanted);
          this.#calls.check('fido_dev_make_cred', device, cred, secret);
          return this.#enrolled(cred, { algorithm: wanted.algorithm, flags: flags & ~replaceKeyFlag });
        });
      }),
    );
  }

  sign({ algorithm, data, application, keyHandle, flags, pin, device: path }: SignCall): TokenSignature {
    const calls = this.#calls;
    const needsUser = (flags & keyFlags.userVerification) !== 0;
    const knows = (device: number): boolean => this.#knows(device, application, keyHandle);
    const use = (device: number, secret: Uint8Array | null): TokenSignature =>
      calls.using('assert', (assertion) => {
        calls.check('fido_assert_set_clientdata', assertion, data, data.length);
        calls.check('fido_assert_set_rp', assertion, cString(application));
        calls.check('fido_assert_allow_cred', assertion, keyHandle, keyHandle.length);
        const up = (flags & keyFlags.userPresence) === 0 ? option.no : option.yes;
        calls.check('fido_assert_set_up', assertion, up);
        if (needsUser && secret === null) {
          if (!calls.isTrue('fido_dev_has_uv', device)) throw pinRequired();
          calls.check('fido_assert_set_uv', assertion, option.yes);
        }
        calls.check('fido_dev_get_assert', device, assertion, secret);
        return this.#signature(assertion, algorithm);
      });
    return this.#perform(pin, (secret) => {
      // Without its PIN a token does not tell of keys that need it.
      const mayAsk = path === '' && secret === null && !needsUser;
      if (mayAsk) return this.#devices.withKnowing(knows, (device) => use(device, secret));
      return this.#devices.withChosen(path, (device) => use(device, secret));
    });
  }

  residentKeys({ pin, device: path }: ProviderCall): ResidentKey[] {
    const calls = this.#calls;
    return this.#perform(pin, (secret) => {
      if (secret === null) throw pinRequired();
      return this.#devices.withChosen(path, (device) => {
        const count = calls.using('credman_metadata', (metadata) => {
          calls.check('fido_credman_get_dev_metadata', device, metadata, secret);
          return calls.call('fido_credman_rk_existing', metadata);
        });
        if (count > maximumResidentKeys) throw new Error(`the token says that it keeps ${count} keys`);
        if (count === 0) return [];
        return this.#applications(device, secret).flatMap((application) =>
          this.#keysOf(device, application, secret).map((key) => ({ ...key, application })),
        );
      });
    });
  }

  /** With the PIN as a string of C, which is cleared, and a limit; errors of libfido2 become those of a provider. */
  #perform<T>(pin: string, work: (secret: Buffer | null) => T): T {
    const secret = pin === '' ? null : cString(pin);
    call('alarm', this.#limitSeconds);
    try {
      return work(secret);
    } catch (error) {
      if (!(error instanceof FidoError)) throw error;
      throw new ProviderError(providerFailures[failureOfCode[error.code] ?? 'general'], error.message);
    } finally {
      call('alarm', 0);
      secret?.fill(0);
    }
  }

  /** What is asked for, but for what depends on the token. */
  #describe(cred: number, { algorithm, challenge, application, user, flags }: EnrollCall): void {
    const calls = this.#calls;
    const [userId, name] = [userIdOf(user), cString('openssh')];
    calls.check('fido_cred_set_type', cred, coseNumbers[algorithm]);
    calls.check('fido_cred_set_clientdata', cred, challenge, challenge.length);
    if ((flags & keyFlags.resident) !== 0) calls.check('fido_cred_set_rk', cred, option.yes);
    calls.check('fido_cred_set_user', cred, userId, userId.length, name, name, null);
    calls.check('fido_cred_set_rp', cred, cString(application), null);
  }

  #protect(device: number, cred: number, { flags, pin }: EnrollCall): void {
    const calls = this.#calls;
    const needsUser = (flags & keyFlags.userVerification) !== 0;
    if (!needsUser && (flags & keyFlags.resident) === 0) return;
    if (!calls.isTrue('fido_dev_supports_cred_prot', device)) {
      throw new ProviderError(providerFailures.unsupported, 'the token cannot protect keys (credProtect)');
    }
    calls.check('fido_cred_set_prot', cred, needsUser ? protection.needsUser : protection.needsHandle);
    if (!needsUser || pin !== '') return;
    if (calls.isTrue('fido_dev_has_uv', device)) calls.check('fido_cred_set_uv', cred, option.yes);
    else if (calls.isTrue('fido_dev_has_pin', device)) throw pinRequired();
    else throw new ProviderError(providerFailures.unsupported, 'the token has neither a PIN nor knows a finger');
  }

  /** What the token made, once its attestation is right. */
  #enrolled(
    cred: number,
    { algorithm, flags }: { readonly algorithm: SecurityKeyAlgorithm; readonly flags: number },
  ): EnrolledKey {
    const calls = this.#calls;
    const field = (name: Parameters<Libfido2Calls['credField']>[0]): Uint8Array => calls.credField(name, cred);
    const attestationCertificate = field('cred_x5c');
    calls.check(attestationCertificate.length === 0 ? 'fido_cred_verify_self' : 'fido_cred_verify', cred);
    return {
      flags,
      publicKey: publicKeyOf(algorithm, field('cred_pubkey')),
      keyHandle: field('cred_id'),
      signature: field('cred_sig'),
      attestationCertificate,
      authenticatorData: field('cred_authdata'),
    };
  }

  #signature(assertion: number, algorithm: SecurityKeyAlgorithm): TokenSignature {
    const calls = this.#calls;
    if (calls.call('fido_assert_count', assertion) !== 1) throw new Error('the token made no signature');
    const raw = calls.assertField('assert_sig', assertion, 0);
    const [r, s] = algorithm === 'ed25519' ? [raw, new Uint8Array()] : numbersOfSequence(raw);
    const flags = calls.byte('fido_assert_flags', assertion, 0);
    return { flags, counter: calls.call('fido_assert_sigcount', assertion, 0), r, s };
  }

  /** Whether the token has the key, which it says without a touch. */
  #knows(device: number, application: string, keyHandle: Uint8Array): boolean {
    const calls = this.#calls;
    return calls.using('assert', (assertion) => {
      calls.check('fido_assert_set_clientdata', assertion, new Uint8Array(1), 1);
      calls.check('fido_assert_set_rp', assertion, cString(application));
      calls.check('fido_assert_allow_cred', assertion, keyHandle, keyHandle.length);
      calls.check('fido_assert_set_up', assertion, option.no);
      const code = calls.call('fido_dev_get_assert', device, assertion, null);
      // Tokens of U2F times say so in this way.
      return code === 0 || code === userPresenceRequired;
    });
  }

  /** Whether the token keeps a key of that user already, as far as it says so. */
  #keeps(
    device: number,
    of: { readonly application: string; readonly userId: Uint8Array; readonly secret: Buffer | null },
  ): boolean {
    const calls = this.#calls;
    return calls.using('assert', (assertion) => {
      calls.check('fido_assert_set_clientdata', assertion, new Uint8Array(1), 1);
      calls.check('fido_assert_set_rp', assertion, cString(of.application));
      calls.check('fido_assert_set_up', assertion, option.no);
      if (calls.call('fido_dev_get_assert', device, assertion, of.secret) !== 0) return false;
      const count = Math.min(calls.call('fido_assert_count', assertion), maximumResidentKeys);
      const userIds = Array.from({ length: count }, (_, index) =>
        calls.assertField('assert_user_id', assertion, index),
      );
      return userIds.some((found) => Buffer.compare(found, of.userId) === 0);
    });
  }

  /** For what the token keeps keys; only what is SSH's. */
  #applications(device: number, secret: Buffer): string[] {
    const calls = this.#calls;
    return calls.using('credman_rp', (list) => {
      calls.check('fido_credman_get_dev_rp', device, list, secret);
      const count = Math.min(calls.call('fido_credman_rp_count', list), maximumResidentKeys);
      return Array.from({ length: count }, (_, index) => {
        const id = calls.call('fido_credman_rp_id', list, index);
        return id === 0 ? '' : stringAt(id);
      }).filter((id) => id.startsWith(sshApplication));
    });
  }

  #keysOf(device: number, application: string, secret: Buffer): Omit<ResidentKey, 'application'>[] {
    const calls = this.#calls;
    return calls.using('credman_rk', (list) => {
      calls.check('fido_credman_get_dev_rk', device, cString(application), list, secret);
      const count = Math.min(calls.call('fido_credman_rk_count', list), maximumResidentKeys);
      return Array.from({ length: count }, (_, index) => calls.call('fido_credman_rk', list, index)).flatMap((cred) =>
        cred === 0 ? [] : this.#residentKey(device, cred),
      );
    });
  }

  #residentKey(device: number, cred: number): Omit<ResidentKey, 'application'>[] {
    const calls = this.#calls;
    const type = calls.call('fido_cred_type', cred);
    const algorithm = (Object.keys(coseNumbers) as SecurityKeyAlgorithm[]).find((name) => coseNumbers[name] === type);
    if (algorithm === undefined) return [];
    const needsUser = calls.call('fido_cred_prot', cred) === protection.needsUser;
    const asksForPin = needsUser && !calls.isTrue('fido_dev_has_uv', device);
    const flags = keyFlags.userPresence | keyFlags.resident | (asksForPin ? keyFlags.userVerification : 0);
    const none = new Uint8Array();
    const key = {
      flags,
      publicKey: publicKeyOf(algorithm, calls.credField('cred_pubkey', cred)),
      keyHandle: calls.credField('cred_id', cred),
      ...{ signature: none, attestationCertificate: none, authenticatorData: none },
    };
    return [{ algorithm, flags, userId: calls.credField('cred_user_id', cred), key }];
  }
}

function userIdOf(user: string): Uint8Array {
  const userId = new Uint8Array(userIdBytes);
  const name = Buffer.from(user, 'utf8');
  if (name.length >= userIdBytes) {
    throw new ProviderError(providerFailures.general, `the name of a user has less than ${userIdBytes} bytes`);
  }
  userId.set(name);
  return userId;
}

/** As keys of SSH have it: Ed25519 as it is, ECDSA as an uncompressed point. */
function publicKeyOf(algorithm: SecurityKeyAlgorithm, given: Uint8Array): Uint8Array {
  return algorithm === 'ed25519' ? given : Uint8Array.of(4, ...given);
}

/** The two numbers of an ECDSA signature in DER. */
function numbersOfSequence(der: Uint8Array): [r: Uint8Array, s: Uint8Array] {
  try {
    const outer = new DerReader(der);
    const sequence = outer.sequence();
    const numbers: [Uint8Array, Uint8Array] = [sequence.integer(), sequence.integer()];
    sequence.end();
    outer.end();
    return numbers;
  } catch (error) {
    if (error instanceof DecodeError)
      throw new Error(`the signature of the token is malformed: ${error.message}`, { cause: error });
    throw error;
  }
}

function pinRequired(): ProviderError {
  return new ProviderError(providerFailures.pinRequired, 'the token wants its PIN');
}
