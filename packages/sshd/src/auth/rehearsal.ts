// A login in memory, with keys made for it, so that the runtime has compiled the code of a login before the first copy
// of the template needs it. Everything else is as the settings say; what they prefer is rehearsed more often.

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import { PrivateKey } from '@sallyport/protocol/keys/private-key';
import { ClientStack } from '@sallyport/protocol/stack/client-stack';
import type { ClientStackCommand, ClientStackEvent } from '@sallyport/protocol/stack/events';
import type { AlgorithmPreferences } from '@sallyport/protocol/transport/options';
import { AuthConnection } from './auth-connection.ts';
import type { MonitorPort } from './monitor-client.ts';
import type { AuthEquipment } from './serve-peer.ts';
import type { StackSettings } from './stack-settings.ts';

const algorithm = 'ssh-ed25519';
const user = 'rehearsal';
const peer = { address: '127.0.0.1', port: 1 };
/** What clients agree on most often, of the algorithms that cost little to rehearse. */
const keyExchanges = ['mlkem768x25519-sha256', 'curve25519-sha256', 'ecdh-sha2-nistp256'];
const ciphers = ['chacha20-poly1305@openssh.com', 'aes128-gcm@openssh.com', 'aes256-ctr', 'aes256-gcm@openssh.com'];

const mostTurns = 1000;

export class Rehearsal {
  readonly #crypto: CryptoProvider;
  readonly #settings: StackSettings;
  readonly #hostKey: PrivateKey;
  readonly #userKey: PrivateKey;
  #count = 0;

  constructor({ settings, crypto }: AuthEquipment) {
    this.#crypto = crypto;
    this.#hostKey = new PrivateKey(crypto.generateKey('ed25519'));
    this.#userKey = new PrivateKey(crypto.generateKey('ed25519'));
    const hostKeys = [{ algorithms: [algorithm], blob: this.#hostKey.publicKey.blob }];
    const preferences = { ...settings.preferences, hostKeyAlgorithms: [algorithm] };
    this.#settings = { ...settings, preferences, hostKeys, publicKeyAlgorithms: [algorithm] };
  }

  /** One login; each is of other algorithms than the one before. */
  perform(): void {
    const crypto = this.#crypto;
    const settings = this.#settings;
    const client = new ClientStack({
      user,
      transport: { crypto, identification: settings.identification, preferences: this.#clientPreferences(), now: 0 },
    });
    const server = new AuthConnection({ settings, peer, crypto, monitor: this.#monitor(), now: 0 });
    for (let turn = 0; server.state === 'running'; turn++) {
      if (turn === mostTurns) throw new Error('a rehearsal did not come to its end');
      for (const chunk of client.takeOutput()) server.receive(chunk);
      for (const chunk of server.takeOutput()) client.receive(chunk);
      for (let event = client.nextEvent(); event !== undefined; event = client.nextEvent()) {
        const answer = this.#answer(event);
        if (answer !== undefined) client.perform(answer);
      }
    }
    if (server.state === 'authenticated') server.handOver();
    this.#count += 1;
  }

  #clientPreferences(): AlgorithmPreferences {
    const { preferences } = this.#settings;
    return {
      ...preferences,
      keyExchanges: firstOf(keyExchanges, preferences.keyExchanges, this.#count),
      ciphers: firstOf(ciphers, preferences.ciphers, this.#count),
    };
  }

  #answer(event: ClientStackEvent): ClientStackCommand | undefined {
    const key = this.#userKey.publicKey.blob;
    switch (event.type) {
      case 'host-key-offered':
        return { protocol: 'transport', type: 'accept-host-key' };
      case 'attempt-wanted': {
        if (event.failed === undefined) return { protocol: 'userauth', type: 'attempt', attempt: { method: 'none' } };
        const attempt = { method: 'publickey', algorithm, key, probe: true, hostBound: false } as const;
        return { protocol: 'userauth', type: 'attempt', attempt };
      }
      case 'signature-wanted': {
        const signature = this.#userKey.sign(this.#crypto, algorithm, event.data);
        return { protocol: 'userauth', type: 'provide-signature', signature };
      }
      default:
        return undefined;
    }
  }

  #monitor(): MonitorPort {
    const methods = ['publickey'];
    const answers: Readonly<Record<string, object>> = {
      lookUpUser: { valid: true, methods, maximumAttempts: 6, banner: '' },
      checkNone: { accepted: false, counts: false, methods, remaining: [] },
      checkKey: { acceptable: true },
      verifyKey: { accepted: true, counts: false, methods: [], remaining: [] },
      checkPassword: { accepted: false, counts: true, methods, remaining: [] },
    };
    return {
      call: (name, value) => {
        if (name !== 'sign') return answers[name] as never;
        const { data } = value as { readonly data: Uint8Array };
        return { signature: this.#hostKey.sign(this.#crypto, algorithm, data) } as never;
      },
      send: () => undefined,
    };
  }
}

/** The preferred ones that are wanted, begun at another one each time; else all that are preferred. */
function firstOf(wanted: readonly string[], preferred: readonly string[], turn: number): readonly string[] {
  const common = wanted.filter((name) => preferred.includes(name));
  const first = common[turn % Math.max(1, common.length)];
  return first === undefined ? preferred : [first];
}
