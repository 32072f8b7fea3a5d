// The monitor of one connection until it is handed over: answers the auth process' calls from what only root may
// know. It never parses a peer's packets; what it gets are fields of its own call table, each checked against phase
// and limits.

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import { signatureAlgorithm } from '@sallyport/protocol/algorithms/signatures';
import type { Certificate } from '@sallyport/protocol/keys/certificate';
import { decodeAnyKey, isCertificate } from '@sallyport/protocol/keys/certificate';
import { fingerprint } from '@sallyport/protocol/keys/fingerprint';
import type { PublicKey } from '@sallyport/protocol/keys/public-key';
import { keyTypeLabel, verifySignature } from '@sallyport/protocol/keys/public-key';
import type { LogLine, PeerAddress, PeerName } from '@sallyport/protocol/log/stable-lines';
import { certificateDetail, stableLines } from '@sallyport/protocol/log/stable-lines';
import { publicKeySignedData } from '@sallyport/protocol/userauth/methods/publickey';
import { DecodeError } from '@sallyport/protocol/wire/decode-error';
import { named } from '../authentication/certificate-login.ts';
import type { AllowedKey, KeyGrant } from '../authentication/grant.ts';
import { unrestricted } from '../authentication/grant.ts';
import type { AccountRecord, PermitRootLogin } from '../authentication/login-policy.ts';
import { rootMay } from '../authentication/login-policy.ts';
import type { AuthAnswerValue, AuthCallName, AuthCallValue } from './calls.ts';
import type { PermissionState } from './permissions.ts';
import { advance, initialPermissions, permit } from './permissions.ts';

/** What a user may log in with. */
type AnyKey = PublicKey | Certificate;
type Verdict = AuthAnswerValue<'verdict'>;

/** The call was not permitted or made no sense: the connection ends. */
export class MonitorRefusal extends Error {
  override readonly name = 'MonitorRefusal';
}

export interface FoundAccount {
  readonly account?: AccountRecord;
  /** The log line when the account exists and may not log in. */
  readonly refusal?: LogLine;
  readonly settings: MonitorSettings;
}

/** What the monitor asks of the system; each is done with the rights it needs. */
export interface MonitorPorts {
  /** The account if it exists and may log in, and what holds for this user whether or not. */
  findAccount(user: string): FoundAccount;
  findKey(account: AccountRecord, key: AnyKey): Promise<AllowedKey | undefined>;
  checkPassword(account: AccountRecord, password: Uint8Array): Promise<boolean>;
  /** undefined when there is no such host key or it cannot sign with that algorithm. */
  sign(algorithm: string, hostKey: Uint8Array, data: Uint8Array): Uint8Array | undefined;
  /** Resolves when a refused attempt of that user may be answered. */
  delay(user: string, startedMs: number): Promise<void>;
  now(): number;
  log(line: LogLine): void;
}

export interface MonitorSettings {
  readonly methods: readonly string[];
  readonly publicKeyAlgorithms: readonly string[];
  readonly permitRootLogin: PermitRootLogin;
  readonly permitEmptyPasswords: boolean;
  readonly maximumAttempts: number;
  readonly minimumRsaBits: number;
  readonly banner: string;
}

/** The outcome that the owner hands to the account process. */
export interface Login {
  /** The exchange hash that the monitor signed first: the transport that is handed over must have it. */
  readonly sessionId: Uint8Array;
  readonly account: AccountRecord;
  readonly method: string;
  readonly key: KeyGrant;
}

export interface MonitorOptions {
  readonly crypto: CryptoProvider;
  readonly ports: MonitorPorts;
  readonly peer: PeerAddress;
}

const maximumPasswordBytes = 1024;

/** Holds until the user is known. */
const nothingPermitted: MonitorSettings = {
  methods: [],
  publicKeyAlgorithms: [],
  permitRootLogin: 'no',
  permitEmptyPasswords: false,
  maximumAttempts: 0,
  minimumRsaBits: 1024,
  banner: '',
};

export class Monitor {
  readonly #options: MonitorOptions;
  #permissions: PermissionState = initialPermissions;
  #sessionId: Uint8Array = new Uint8Array(0);
  #hostKey: Uint8Array = new Uint8Array(0);
  /** As the client wrote it, which is what signatures are over. */
  #user = '';
  /** Without the style (`user:style`). */
  #name = '';
  #settings: MonitorSettings = nothingPermitted;
  #account: AccountRecord | undefined;
  #attempts = 0;
  #failures = 0;
  #login: Login | undefined;

  constructor(options: MonitorOptions) {
    this.#options = options;
  }

  /** Set once the user is authenticated. */
  get login(): Login | undefined {
    return this.#login;
  }

  /** Who the peer is, as far as it is known, for log lines. */
  get peerName(): PeerName {
    const { peer } = this.#options;
    if (this.#user === '') return peer;
    return { ...peer, user: this.#name, standing: this.#account === undefined ? 'invalid' : 'authenticating' };
  }

  /** Notes that a call is made. @throws MonitorRefusal when it is not permitted now */
  begin(call: AuthCallName): void {
    const { phase } = this.#permissions;
    const next = permit(this.#permissions, call);
    if (next === undefined) throw new MonitorRefusal(`call ${call} in phase ${phase}`);
    const isAttempt = phase === 'authenticating' && call !== 'log';
    if (isAttempt && this.#failures >= this.#settings.maximumAttempts)
      throw new MonitorRefusal('more attempts than MaxAuthTries');
    if (isAttempt) this.#attempts += 1;
    this.#permissions = next;
  }

  sign(value: AuthCallValue<'sign'>): AuthAnswerValue<'sign'> {
    const { algorithm, hostKey, data } = value;
    if (data.length < 20 || data.length > 64) throw new MonitorRefusal('what is to be signed is no exchange hash');
    const signature = this.#options.ports.sign(algorithm, hostKey, data);
    if (signature === undefined) throw new MonitorRefusal('no such host key');
    this.#sessionId = data.slice();
    this.#hostKey = hostKey.slice();
    this.#permissions = advance(this.#permissions, 'signed');
    return { signature };
  }

  lookUpUser(value: AuthCallValue<'lookUpUser'>): AuthAnswerValue<'lookUpUser'> {
    const { ports, peer } = this.#options;
    this.#user = value.user;
    this.#name = nameOf(value.user);
    const found = ports.findAccount(this.#name);
    const { settings } = found;
    this.#settings = settings;
    this.#account = found.refusal === undefined ? found.account : undefined;
    if (found.refusal !== undefined) ports.log(found.refusal);
    if (this.#account === undefined) ports.log(stableLines.invalidUser({ ...peer, user: this.#name }));
    this.#permissions = advance(this.#permissions, 'user-looked-up');
    const { maximumAttempts, banner } = settings;
    return { valid: this.#account !== undefined, methods: [...settings.methods], maximumAttempts, banner };
  }

  async checkNone(): Promise<Verdict> {
    const { ports } = this.#options;
    const settings = this.#settings;
    const started = ports.now();
    const account = this.#account;
    const allowed = settings.permitEmptyPasswords && settings.methods.includes('password') && account !== undefined;
    const accepted = allowed && (await ports.checkPassword(account, new Uint8Array(0)));
    return this.#conclude('none', { accepted, started, counts: this.#attempts > 1 });
  }

  async checkKey(value: AuthCallValue<'checkKey'>): Promise<AuthAnswerValue<'checkKey'>> {
    const { ports } = this.#options;
    const started = ports.now();
    const acceptable = (await this.#findKey(value)) !== undefined;
    if (acceptable) {
      ports.log(beforeLogin(stableLines.postponed('publickey', this.peerName)));
      return { acceptable };
    }
    this.#logFailure('publickey', this.#detailOf(decodeKey(value.key)));
    this.#failures += 1;
    await ports.delay(this.#name, started);
    return { acceptable };
  }

  async verifyKey(value: AuthCallValue<'verifyKey'>): Promise<Verdict> {
    const { crypto, ports } = this.#options;
    const started = ports.now();
    const key = decodeKey(value.key);
    const found = await this.#findKey(value);
    if (key === undefined) return this.#conclude('publickey', { accepted: false, started });
    const detail = this.#detailOf(key);
    const context = { sessionId: this.#sessionId, user: this.#user, service: 'ssh-connection', hostKey: this.#hostKey };
    const data = publicKeySignedData(value, context);
    const algorithm = signatureAlgorithm(value.algorithm)?.signatureName;
    const signed = verifySignature(crypto, { key: plainKey(key), algorithm, data, signature: value.signature });
    const accepted = signed && found !== undefined;
    return this.#conclude('publickey', {
      accepted,
      started,
      ...(detail === undefined ? {} : { detail }),
      ...(found === undefined ? {} : { grant: found.grant }),
    });
  }

  async checkPassword(value: AuthCallValue<'checkPassword'>): Promise<Verdict> {
    const { ports } = this.#options;
    const settings = this.#settings;
    const started = ports.now();
    const account = this.#account;
    const { password } = value;
    const fits = password.length <= maximumPasswordBytes && (password.length > 0 || settings.permitEmptyPasswords);
    const may = settings.methods.includes('password') && fits;
    const accepted = may && account !== undefined && (await ports.checkPassword(account, password));
    password.fill(0);
    return this.#conclude('password', { accepted, started });
  }

  /** The auth process has given the transport away. */
  handOver(): Login {
    this.#permissions = advance(this.#permissions, 'handed-over');
    if (this.#login === undefined) throw new MonitorRefusal('nobody is authenticated');
    return this.#login;
  }

  async #findKey(value: { readonly algorithm: string; readonly key: Uint8Array }): Promise<AllowedKey | undefined> {
    const { ports } = this.#options;
    const settings = this.#settings;
    if (!settings.methods.includes('publickey') || !settings.publicKeyAlgorithms.includes(value.algorithm))
      return undefined;
    const key = decodeKey(value.key);
    if (key === undefined || this.#account === undefined) return undefined;
    if (signatureAlgorithm(value.algorithm)?.keyType !== key.type) return undefined;
    if (isTooShort(plainKey(key), settings.minimumRsaBits)) return undefined;
    if (isCertificate(key) && isTooShort(key.authority, settings.minimumRsaBits)) return undefined;
    return ports.findKey(this.#account, key);
  }

  async #conclude(method: string, result: Result): Promise<Verdict> {
    const { ports } = this.#options;
    const settings = this.#settings;
    const account = this.#account;
    const key = result.grant ?? unrestricted;
    const forcedCommand = key.forcedCommand !== undefined;
    const rootOkay = account !== undefined && rootMay(settings.permitRootLogin, account.uid, { method, forcedCommand });
    const rootRefused = result.accepted && !rootOkay ? stableLines.rootRefused(this.#options.peer) : undefined;
    if (rootRefused !== undefined) ports.log(rootRefused);
    if (result.accepted && rootOkay) {
      this.#login = { account, method, key, sessionId: this.#sessionId };
      this.#permissions = advance(this.#permissions, 'accepted');
      ports.log(stableLines.accepted(method, this.peerName, result.detail));
      return { accepted: true, counts: false, methods: [], remaining: [] };
    }
    const counts = result.counts ?? true;
    if (method !== 'none' || settings.permitEmptyPasswords) this.#logFailure(method, result.detail);
    if (rootRefused !== undefined) ports.log(beforeLogin(rootRefused));
    if (counts) this.#failures += 1;
    await ports.delay(this.#name, result.started);
    return { accepted: false, counts, methods: [...settings.methods], remaining: [] };
  }

  #detailOf(key: AnyKey | undefined): string | undefined {
    const { crypto } = this.#options;
    if (key === undefined) return undefined;
    const label = keyTypeLabel(key.type);
    const printed = fingerprint(crypto, plainKey(key));
    return isCertificate(key) ? certificateDetail(label, printed, named(key, crypto)) : `${label} ${printed}`;
  }

  /** OpenSSH does not ask about keys of users who do not exist, and so says nothing of them. */
  #logFailure(method: string, detail?: string): void {
    if (method === 'publickey' && this.#account === undefined) return;
    const loud = method === 'password' || this.#failures >= Math.floor(this.#settings.maximumAttempts / 2);
    const options = detail === undefined ? { loud } : { loud, detail };
    this.#options.ports.log(stableLines.failed(method, this.peerName, options));
  }
}

interface Result {
  readonly accepted: boolean;
  readonly started: number;
  readonly counts?: boolean;
  readonly grant?: KeyGrant;
  readonly detail?: string;
}

function plainKey(key: AnyKey): PublicKey {
  return isCertificate(key) ? key.key : key;
}

function isTooShort({ type, bits }: PublicKey, minimumRsaBits: number): boolean {
  return type === 'ssh-rsa' && bits < minimumRsaBits;
}

function decodeKey(blob: Uint8Array): AnyKey | undefined {
  try {
    return decodeAnyKey(blob);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** A line that OpenSSH's unprivileged process writes. */
function beforeLogin({ level, text }: LogLine): LogLine {
  return { level, text: `${text} [preauth]` };
}

function nameOf(user: string): string {
  const at = user.indexOf(':');
  return at < 0 ? user : user.slice(0, at);
}
