// The monitor of one connection until it is handed over: answers the auth process' calls from what only root may
// know. It never parses a peer's packets; what it gets are fields of its own call table, each checked against phase
// and limits.

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import { formatPublicLine } from '@sallyport/protocol/keys/formats/public-line';
import {
  decodeOfferedKey,
  examineOffered,
  fitsAlgorithm,
  missingProof,
  type OfferedKey,
  plainKey,
  type TokenDemands,
} from '@sallyport/protocol/keys/offered-key';
import { visible } from '@sallyport/protocol/log/log';
import type { LogLine, PeerAddress, PeerName } from '@sallyport/protocol/log/stable-lines';
import { stableLines } from '@sallyport/protocol/log/stable-lines';
import { hostbasedSignedData } from '@sallyport/protocol/userauth/methods/hostbased';
import { publicKeySignedData } from '@sallyport/protocol/userauth/methods/publickey';
import { equalBytes } from '@sallyport/protocol/wire/bytes';
import type { AllowedKey, KeyGrant } from '../authentication/grant.ts';
import { strictest, unrestricted } from '../authentication/grant.ts';
import { keyDetail, previouslyUsed } from '../authentication/key-detail.ts';
import type { AccountRecord, PermitRootLogin } from '../authentication/login-policy.ts';
import { rootMay } from '../authentication/login-policy.ts';
import { MethodLists } from '../authentication/method-lists.ts';
import { ownLines } from '../own-lines.ts';
import type { AuthAnswerValue, AuthCallName, AuthCallValue } from './calls.ts';
import type { PermissionState } from './permissions.ts';
import { advance, initialPermissions, permit } from './permissions.ts';

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
  findKey(account: AccountRecord, key: OfferedKey): Promise<AllowedKey | undefined>;
  /** Whether a host with that key may vouch for its user. */
  findHost(account: AccountRecord, key: OfferedKey, claimed: ClaimedHost): Promise<AllowedKey | undefined>;
  checkPassword(account: AccountRecord, password: Uint8Array): Promise<boolean>;
  /** undefined when there is no such host key or it cannot sign with that algorithm. */
  sign(algorithm: string, hostKey: Uint8Array, data: Uint8Array): Promise<Uint8Array | undefined>;
  /** Resolves when a refused attempt of that user may be answered. */
  delay(user: string, startedMs: number): Promise<void>;
  now(): number;
  log(line: LogLine): void;
}

/** Who the client says that its user is, on which host. */
export interface ClaimedHost {
  readonly clientHost: string;
  readonly clientUser: string;
}

export interface MonitorSettings {
  readonly methods: readonly string[];
  /** Lists of which one must be passed whole; none: any method will do. */
  readonly authenticationMethods: readonly string[];
  readonly publicKeyAlgorithms: readonly string[];
  /** HostbasedAcceptedAlgorithms. */
  readonly hostAlgorithms: readonly string[];
  readonly permitRootLogin: PermitRootLogin;
  readonly permitEmptyPasswords: boolean;
  readonly maximumAttempts: number;
  readonly minimumRsaBits: number;
  /** PubkeyAuthOptions. */
  readonly tokenDemands: TokenDemands;
  readonly banner: string;
}

/** The outcome that the owner hands to the account process. */
export interface Login {
  /** The exchange hash that the monitor signed first: the transport that is handed over must have it. */
  readonly sessionId: Uint8Array;
  readonly account: AccountRecord;
  readonly method: string;
  readonly key: KeyGrant;
  /** The methods that were passed, with their keys: `publickey ssh-ed25519 AAAA…`. */
  readonly passed: readonly string[];
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
  authenticationMethods: [],
  publicKeyAlgorithms: [],
  hostAlgorithms: [],
  permitRootLogin: 'no',
  permitEmptyPasswords: false,
  maximumAttempts: 0,
  minimumRsaBits: 1024,
  tokenDemands: { touchRequired: true, verifyRequired: true },
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
  #lists = new MethodLists([], []);
  /** What the methods that were passed allow together. */
  #granted: KeyGrant = unrestricted;
  /** Blobs of the keys that were passed with: none counts twice. */
  readonly #usedKeys: Uint8Array[] = [];
  readonly #passedMethods: string[] = [];
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

  async sign(value: AuthCallValue<'sign'>): Promise<AuthAnswerValue<'sign'>> {
    const { algorithm, hostKey, data } = value;
    if (data.length < 20 || data.length > 64) throw new MonitorRefusal('what is to be signed is no exchange hash');
    const signature = await this.#options.ports.sign(algorithm, hostKey, data);
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
    const { methods, authenticationMethods, maximumAttempts, banner } = settings;
    this.#lists = new MethodLists(authenticationMethods, methods);
    if (this.#lists.allowed.length === 0) ports.log(ownLines.noMethods);
    return { valid: this.#account !== undefined, methods: [...this.#lists.allowed], maximumAttempts, banner };
  }

  async checkNone(): Promise<Verdict> {
    const { ports } = this.#options;
    const started = ports.now();
    const account = this.#account;
    const may = this.#settings.permitEmptyPasswords && this.#lists.isAny && this.#mayTry('password');
    const allowed = may && account !== undefined;
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
    this.#logFailure('publickey', this.#detailOf(decodeOfferedKey(value.key)));
    this.#failures += 1;
    await ports.delay(this.#name, started);
    return { acceptable };
  }

  async verifyKey(value: AuthCallValue<'verifyKey'>): Promise<Verdict> {
    const { crypto, ports } = this.#options;
    const started = ports.now();
    const key = decodeOfferedKey(value.key);
    const found = await this.#findKey(value);
    if (key === undefined) return this.#conclude('publickey', { accepted: false, started });
    const detail = this.#detailOf(key);
    const context = { sessionId: this.#sessionId, user: this.#user, service: 'ssh-connection', hostKey: this.#hostKey };
    const data = publicKeySignedData(value, context);
    const { algorithm, signature } = value;
    const facts = examineOffered(crypto, key, { algorithm, data, signature });
    const missing = facts && found && missingProof(facts, this.#settings.tokenDemands, found.grant);
    if (missing !== undefined)
      ports.log(stableLines.tokenRefused(this.#detailOf(plainKey(key)) ?? '', this.peerName, missing));
    const accepted = facts !== undefined && missing === undefined && found !== undefined;
    return this.#conclude('publickey', {
      accepted,
      started,
      ...(detail === undefined ? {} : { detail }),
      ...(found === undefined ? {} : { grant: found.grant, key: plainKey(key), offered: key }),
    });
  }

  async verifyHost(value: AuthCallValue<'verifyHost'>): Promise<Verdict> {
    const { crypto, ports } = this.#options;
    const started = ports.now();
    const { algorithm, signature, clientHost, clientUser } = value;
    const key = decodeOfferedKey(value.key);
    const { hostAlgorithms, minimumRsaBits } = this.#settings;
    const account = this.#account;
    const may = this.#mayTry('hostbased') && hostAlgorithms.includes(algorithm) && account !== undefined;
    if (!may || key === undefined || !fitsAlgorithm(key, algorithm, minimumRsaBits))
      return this.#conclude('hostbased', { accepted: false, started });
    const found = await ports.findHost(account, key, { clientHost, clientUser });
    const context = { sessionId: this.#sessionId, user: this.#user, service: 'ssh-connection' };
    const data = hostbasedSignedData(value, context);
    const facts = examineOffered(crypto, key, { algorithm, data, signature });
    const who = `client user "${visible(clientUser)}", client host "${visible(clientHost)}"`;
    const accepted = found !== undefined && facts !== undefined && missingProof(facts, unrestricted) === undefined;
    return this.#conclude('hostbased', { accepted, started, detail: `${this.#detailOf(key)}, ${who}` });
  }

  async checkPassword(value: AuthCallValue<'checkPassword'>): Promise<Verdict> {
    const { ports } = this.#options;
    const settings = this.#settings;
    const started = ports.now();
    const account = this.#account;
    const { password } = value;
    const fits = password.length <= maximumPasswordBytes && (password.length > 0 || settings.permitEmptyPasswords);
    const may = this.#mayTry('password') && fits;
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

  #mayTry(method: string): boolean {
    return this.#lists.allowed.includes(method);
  }

  async #findKey(value: { readonly algorithm: string; readonly key: Uint8Array }): Promise<AllowedKey | undefined> {
    const { ports } = this.#options;
    const settings = this.#settings;
    if (!this.#mayTry('publickey') || !settings.publicKeyAlgorithms.includes(value.algorithm)) return undefined;
    const key = decodeOfferedKey(value.key);
    if (key === undefined || this.#account === undefined) return undefined;
    if (!fitsAlgorithm(key, value.algorithm, settings.minimumRsaBits)) return undefined;
    if (this.#usedKeys.some((blob) => equalBytes(blob, plainKey(key).blob))) {
      ports.log(previouslyUsed(key));
      return undefined;
    }
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
    const granted = result.accepted ? strictest(this.#granted, key) : undefined;
    if (result.accepted && granted === undefined) ports.log(ownLines.inconsistentOptions);
    if (rootOkay && granted !== undefined) {
      this.#granted = granted;
      if (result.key !== undefined) this.#usedKeys.push(result.key.blob);
      return this.#passed(method, account, result);
    }
    const counts = result.counts ?? true;
    if (method !== 'none' || settings.permitEmptyPasswords) this.#logFailure(method, result.detail);
    if (rootRefused !== undefined) ports.log(beforeLogin(rootRefused));
    if (counts) this.#failures += 1;
    // What is refused unseen takes no time that could tell anything.
    if (method !== 'none' || settings.permitEmptyPasswords) await ports.delay(this.#name, result.started);
    return { accepted: false, counts, methods: [...this.#lists.allowed], remaining: [] };
  }

  /** A method was passed: that is a login, or more is wanted (RFC 4252 section 5.1, partial success). */
  #passed(method: string, account: AccountRecord, { detail, offered }: Result): Verdict {
    const { ports } = this.#options;
    this.#passedMethods.push(offered === undefined ? method : `${method} ${formatPublicLine(offered)}`);
    if (!this.#lists.pass(method)) {
      ports.log(stableLines.partial(method, this.peerName, detail));
      const remaining = [...this.#lists.allowed];
      return { accepted: true, counts: false, methods: remaining, remaining };
    }
    this.#login = { account, method, key: this.#granted, passed: this.#passedMethods, sessionId: this.#sessionId };
    this.#permissions = advance(this.#permissions, 'accepted');
    ports.log(stableLines.accepted(method, this.peerName, detail));
    return { accepted: true, counts: false, methods: [], remaining: [] };
  }

  #detailOf(key: OfferedKey | undefined): string | undefined {
    return key && keyDetail(this.#options.crypto, key);
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
  /** Whose signature it was, without its certificate. */
  readonly key?: Pick<OfferedKey, 'blob'>;
  readonly offered?: OfferedKey;
  readonly detail?: string;
}

/** A line that OpenSSH's unprivileged process writes. */
function beforeLogin({ level, text }: LogLine): LogLine {
  return { level, text: `${text} [preauth]` };
}

function nameOf(user: string): string {
  const at = user.indexOf(':');
  return at < 0 ? user : user.slice(0, at);
}
