// A FIDO authenticator in memory, for tests: makes keys and signs (CTAP 2.1 section 6), with a PIN, keys that it keeps
// itself, and a user whose touches a test decides about. It trusts what it is asked; nothing but tests may use it.

import { createHash } from 'node:crypto';
import { type Cbor, type CborMap, decodeCbor, encodeCbor } from './cbor.ts';
import {
  authenticatorData,
  type Credential,
  coseAlgorithms,
  dataFlags,
  hashOf,
  makeCredential,
  protections,
  publicKeyOf,
  signWith,
} from './credentials.ts';
import { decryptFrom, encryptFor, PinProtocol, type PinProtocolNumber } from './pin-protocol.ts';

export const statuses = {
  ok: 0x00,
  invalidCommand: 0x01,
  missingParameter: 0x14,
  unsupportedAlgorithm: 0x26,
  keyStoreFull: 0x28,
  cancelled: 0x2d,
  noCredentials: 0x2e,
  touchTimeout: 0x2f,
  pinInvalid: 0x31,
  pinBlocked: 0x32,
  pinAuthInvalid: 0x33,
  pinNotSet: 0x35,
  pinRequired: 0x36,
} as const;

const mostRetries = 8;
const handleLimitBytes = 128;

export interface AuthenticatorOptions {
  /** Whether its user touches it when it asks; otherwise it waits for `touch()`. */
  readonly isTouched?: boolean;
  /** How long it waits for a touch; for ever unless told. */
  readonly patienceMs?: number;
  readonly pin?: string;
  /** CTAP 2.1: tokens of a PIN are for a purpose. */
  readonly hasPermissions?: boolean;
  /** How many keys it can keep. */
  readonly room?: number;
  /** What a request, by its first byte, is answered instead. */
  readonly answers?: Readonly<Record<number, Buffer>>;
  /** Without: it cannot protect keys by its user. */
  readonly canProtect?: boolean;
}

/** An answer that is none but a status. */
class StatusError extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`status ${status}`);
    this.status = status;
  }
}

type Fields = ReadonlyMap<number, Cbor>;

export class SoftwareAuthenticator {
  readonly credentials: Credential[] = [];
  /** How often it was touched. */
  touches = 0;
  /** Wrong PINs that are left. */
  retries = mostRetries;
  readonly #options: AuthenticatorOptions;
  readonly #pin = new PinProtocol();
  readonly #waiting = new Set<(status: number) => void>();
  readonly #watchers: (() => void)[] = [];
  #counter = 0;
  #isBlinking = false;
  #queued: (() => CborMap)[] = [];

  constructor(options: AuthenticatorOptions = {}) {
    this.#options = options;
  }

  /** The status and what follows it. */
  async answer(request: Buffer): Promise<Buffer> {
    const [command = 0] = request;
    const prepared = this.#options.answers?.[command];
    if (prepared !== undefined) return prepared;
    try {
      const { value } = request.length > 1 ? decodeCbor(request.subarray(1)) : { value: new Map() };
      const answer = await this.#perform(command, value as Fields);
      return Buffer.concat([Buffer.of(statuses.ok), answer.size === 0 ? Buffer.alloc(0) : encodeCbor(answer)]);
    } catch (error) {
      if (error instanceof StatusError) return Buffer.of(error.status);
      throw error;
    }
  }

  /** Its user touches it, if it waits for that. */
  touch(): void {
    this.#end(statuses.ok);
  }

  /** Resolves when it waits for a touch. */
  untilAsked(): Promise<void> {
    if (this.#waiting.size > 0) return Promise.resolve();
    return new Promise((resolve) => void this.#watchers.push(resolve));
  }

  /** What was asked for is not wanted any more. */
  cancel(): void {
    this.#end(statuses.cancelled);
  }

  #end(status: number): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve(status);
  }

  /** Whether it works on something that a touch ends; it says nothing while it is one of several that blink. */
  get isWaiting(): boolean {
    return this.#waiting.size > 0 && !this.#isBlinking;
  }

  async #perform(command: number, fields: Fields): Promise<CborMap> {
    switch (command) {
      case 0x01:
        return await this.#makeCredential(fields);
      case 0x02:
        return await this.#getAssertion(fields);
      case 0x04:
        return this.#information();
      case 0x06:
        return this.#clientPin(fields);
      case 0x08:
        return this.#next();
      case 0x0a:
      case 0x41:
        return this.#manage(fields);
      default:
        throw new StatusError(statuses.invalidCommand);
    }
  }

  #information(): CborMap {
    const { pin, hasPermissions = true, canProtect = true } = this.#options;
    const options: [string, boolean][] = [
      ['rk', true],
      ['up', true],
      ['plat', false],
      ['clientPin', pin !== undefined],
      ['credentialMgmtPreview', true],
    ];
    if (hasPermissions) options.push(['credMgmt', true], ['pinUvAuthToken', true]);
    return new Map<number, Cbor>([
      [1, hasPermissions ? ['FIDO_2_0', 'FIDO_2_1'] : ['FIDO_2_0', 'FIDO_2_1_PRE']],
      [2, canProtect ? ['credProtect'] : []],
      [3, Buffer.alloc(16)],
      [4, new Map(options)],
      [5, 1200],
      [6, hasPermissions ? [2, 1] : [1]],
      [8, handleLimitBytes],
    ]);
  }

  async #makeCredential(fields: Fields): Promise<CborMap> {
    const hash = bytesIn(fields, 1);
    const tag = fields.get(8) as Uint8Array | undefined;
    if (tag?.length === 0) {
      // Which of several authenticators is meant is asked for in this way.
      this.#isBlinking = true;
      await this.#askTouch().finally(() => {
        this.#isBlinking = false;
      });
      throw new StatusError(this.#options.pin === undefined ? statuses.pinNotSet : statuses.pinInvalid);
    }
    const isVerified = this.#isVerified({ message: hash, tag, version: fields.get(9) });
    if (this.#options.pin !== undefined && !isVerified) throw new StatusError(statuses.pinRequired);
    const wanted = (fields.get(4) as CborMap[]).map((row) => row.get('alg') as number);
    const algorithm = wanted.find((number) => Object.values<number>(coseAlgorithms).includes(number));
    if (algorithm === undefined) throw new StatusError(statuses.unsupportedAlgorithm);
    await this.#askTouch();
    const application = (fields.get(2) as CborMap).get('id') as string;
    const isResident = (fields.get(7) as CborMap | undefined)?.get('rk') === true;
    const protection = (fields.get(6) as CborMap | undefined)?.get('credProtect') as number | undefined;
    const made = makeCredential({
      ...{ application, algorithm, isResident, user: fields.get(3) as CborMap },
      protection: protection ?? protections.none,
    });
    this.#keep(made);
    const flags = dataFlags.userPresent | (isVerified ? dataFlags.userVerified : 0);
    const data = authenticatorData({ application, flags, counter: this.#counter, attested: made });
    const signature = signWith(made, Buffer.concat([data, hash]));
    const statement = new Map<string, Cbor>([
      ['alg', algorithm],
      ['sig', signature],
    ]);
    return new Map<number, Cbor>([
      [1, 'packed'],
      [2, data],
      [3, statement],
    ]);
  }

  /** In the place of one for the same user, if it is kept. */
  #keep(made: Credential): void {
    const { room = 25 } = this.#options;
    const userId = made.user.get('id') as Uint8Array;
    const isSame = ({ isResident, application, user }: Credential): boolean =>
      isResident && application === made.application && Buffer.compare(user.get('id') as Uint8Array, userId) === 0;
    const at = made.isResident ? this.credentials.findIndex(isSame) : -1;
    if (at >= 0) this.credentials.splice(at, 1);
    if (made.isResident && this.#resident().length >= room) throw new StatusError(statuses.keyStoreFull);
    this.credentials.push(made);
  }

  async #getAssertion(fields: Fields): Promise<CborMap> {
    const application = fields.get(1) as string;
    const hash = bytesIn(fields, 2);
    const tag = fields.get(6) as Uint8Array | undefined;
    const isVerified = this.#isVerified({ message: hash, tag, version: fields.get(7) });
    const handles = ((fields.get(3) ?? []) as CborMap[]).map((row) => row.get('id') as Uint8Array);
    const found = this.credentials.filter((credential) => {
      const isNamed = handles.some((handle) => Buffer.compare(handle, credential.id) === 0);
      if (credential.application !== application || (handles.length > 0 ? !isNamed : !credential.isResident)) {
        return false;
      }
      if (isVerified) return true;
      return credential.protection < (handles.length > 0 ? protections.needsUser : protections.needsHandle);
    });
    const [first, ...others] = found;
    if (first === undefined) throw new StatusError(statuses.noCredentials);
    const isTouched = (fields.get(5) as CborMap | undefined)?.get('up') !== false;
    if (isTouched) await this.#askTouch();
    const flags = (isTouched ? dataFlags.userPresent : 0) | (isVerified ? dataFlags.userVerified : 0);
    const assertion = (credential: Credential): Map<number, Cbor> => {
      const data = authenticatorData({ application, flags, counter: ++this.#counter });
      const answer = new Map<number, Cbor>([
        [1, descriptorOf(credential)],
        [2, data],
        [3, signWith(credential, Buffer.concat([data, hash]))],
      ]);
      if (credential.isResident) answer.set(4, new Map([['id', credential.user.get('id') as Cbor]]));
      return answer;
    };
    this.#queued = others.map((credential) => () => assertion(credential));
    const answer = assertion(first);
    return handles.length === 0 && found.length > 1 ? answer.set(5, found.length) : answer;
  }

  #next(): CborMap {
    const next = this.#queued.shift();
    if (next === undefined) throw new StatusError(statuses.invalidCommand);
    return next();
  }

  #clientPin(fields: Fields): CborMap {
    const { pin } = this.#options;
    const version = fields.get(1) as PinProtocolNumber;
    switch (fields.get(2)) {
      case 1:
        return new Map([[3, this.retries]]);
      case 2:
        return new Map([[1, this.#pin.keyAgreement]]);
      case 5:
      case 9: {
        if (pin === undefined) throw new StatusError(statuses.pinNotSet);
        if (this.retries === 0) throw new StatusError(statuses.pinBlocked);
        const secret = this.#pin.agree(version, fields.get(3) as CborMap);
        const given = decryptFrom(secret, bytesIn(fields, 6));
        const expected = createHash('sha256').update(pin).digest().subarray(0, 16);
        if (Buffer.compare(given, expected) !== 0) {
          this.retries--;
          throw new StatusError(this.retries === 0 ? statuses.pinBlocked : statuses.pinInvalid);
        }
        this.retries = mostRetries;
        return new Map([[2, encryptFor(secret, this.#pin.token)]]);
      }
      default:
        throw new StatusError(statuses.invalidCommand);
    }
  }

  /** Management of the keys that it keeps: how many, for what, which. */
  #manage(fields: Fields): CborMap {
    const command = fields.get(1) as number;
    const parameters = fields.get(2) as CborMap | undefined;
    if (command === 3 || command === 5) return this.#next();
    const message = Buffer.concat([
      Buffer.of(command),
      parameters === undefined ? Buffer.alloc(0) : encodeCbor(parameters),
    ]);
    const tag = fields.get(4) as Uint8Array | undefined;
    if (!this.#isVerified({ message, tag, version: fields.get(3) })) {
      throw new StatusError(statuses.pinRequired);
    }
    const kept = this.#resident();
    if (command === 1) {
      return new Map([
        [1, kept.length],
        [2, 25 - kept.length],
      ]);
    }
    if (command === 2) return this.#listApplications(kept);
    const wanted = Buffer.from(parameters?.get(1) as Uint8Array);
    return this.#listKeys(kept.filter(({ application }) => hashOf(application).equals(wanted)));
  }

  #listApplications(kept: readonly Credential[]): CborMap {
    const names = [...new Set(kept.map(({ application }) => application))];
    const rows = names.map((name) => () => {
      const row: [number, Cbor][] = [
        [3, new Map([['id', name]])],
        [4, hashOf(name)],
      ];
      return new Map(row);
    });
    return this.#firstOf(rows, 5);
  }

  #listKeys(found: readonly Credential[]): CborMap {
    const rows = found.map((credential) => () => {
      const row: [number, Cbor][] = [
        [6, credential.user],
        [7, descriptorOf(credential)],
        [8, publicKeyOf(credential)],
        [10, credential.protection],
      ];
      return new Map(row);
    });
    return this.#firstOf(rows, 9);
  }

  #firstOf(rows: readonly (() => Map<number, Cbor>)[], countField: number): CborMap {
    const [first, ...others] = rows;
    if (first === undefined) throw new StatusError(statuses.noCredentials);
    this.#queued = [...others];
    return first().set(countField, rows.length);
  }

  #resident(): Credential[] {
    return this.credentials.filter(({ isResident }) => isResident);
  }

  #isVerified(given: {
    readonly message: Uint8Array;
    readonly tag: Uint8Array | undefined;
    readonly version: Cbor | undefined;
  }): boolean {
    if (given.tag === undefined) return false;
    if (this.#pin.isAuthentic(given.version as PinProtocolNumber, given.message, given.tag)) return true;
    throw new StatusError(statuses.pinAuthInvalid);
  }

  async #askTouch(): Promise<void> {
    const { isTouched = true, patienceMs } = this.#options;
    if (!isTouched) {
      const patience =
        patienceMs === undefined ? undefined : setTimeout(() => this.#end(statuses.touchTimeout), patienceMs);
      const status = await new Promise<number>((resolve) => {
        this.#waiting.add(resolve);
        for (const watch of this.#watchers.splice(0)) watch();
      });
      clearTimeout(patience);
      if (status !== statuses.ok) throw new StatusError(status);
    }
    this.touches++;
  }
}

function bytesIn(fields: Fields, key: number): Buffer {
  const value = fields.get(key);
  if (!(value instanceof Uint8Array)) throw new StatusError(statuses.missingParameter);
  return Buffer.from(value);
}

function descriptorOf({ id }: Credential): CborMap {
  return new Map<string, Cbor>([
    ['id', id],
    ['type', 'public-key'],
  ]);
}
