import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { formatKnownHostsLine } from '@sallyport/protocol/keys/formats/known-hosts';
import { PrivateKey } from '@sallyport/protocol/keys/private-key';
import { utf8Encode } from '@sallyport/protocol/wire/utf8';
import { Writer } from '@sallyport/protocol/wire/writer';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import type { HostKeyUpdateOptions } from './host-key-update.ts';
import { updateHostKeys } from './host-key-update.ts';

const crypto = createCryptoProvider();
const sessionId = utf8Encode('a session');
const newKey = (): PrivateKey => new PrivateKey(crypto.generateKey('ed25519'));
const [known, added, old] = [newKey(), newKey(), newKey()];
const ecdsa = new PrivateKey(crypto.generateKey('ecdsa', { curve: 'nistp256' }));
const line = (hosts: string, key: PrivateKey): string => `${formatKnownHostsLine(hosts, key.publicKey)}\n`;

interface Trial {
  readonly text: string;
  readonly said: readonly string[];
  /** Requests that the server got. */
  readonly asked: number;
}

interface TrialOptions extends Partial<HostKeyUpdateOptions> {
  readonly announced?: readonly PrivateKey[];
  readonly sign?: (key: PrivateKey, data: Uint8Array) => Uint8Array;
  readonly fields?: Uint8Array;
}

/** The file after a server that has some keys announced them. */
async function update(before: string, options: TrialOptions = {}): Promise<Trial> {
  const { announced = [known, added], sign = (key, data) => key.sign(crypto, nameOf(key), data), ...changes } = options;
  await using folder = await TemporaryFolder.create();
  const path = await folder.write('known_hosts', before);
  const said: string[] = [];
  let asked = 0;
  const strings = (items: readonly Uint8Array[]): Uint8Array => {
    const writer = new Writer();
    for (const item of items) writer.string(item);
    return writer.bytes();
  };
  const port = {
    askGlobal: (request: string, fields: Uint8Array) => {
      assert.equal(request, 'hostkeys-prove-00@openssh.com');
      asked++;
      const wanted = announced.filter((key) => Buffer.from(fields).includes(Buffer.from(key.publicKey.blob)));
      const signatures = wanted.map((key) => {
        return sign(key, new Writer().string(request).string(sessionId).string(key.publicKey.blob).bytes());
      });
      return Promise.resolve({ success: true, fields: strings(signatures) });
    },
  };
  await updateHostKeys(port, options.fields ?? strings(announced.map((key) => key.publicKey.blob)), {
    crypto,
    log: (level, text) => said.push(`${level}: ${text}`),
    sessionId,
    name: 'host',
    files: [path, folder.file('missing')],
    algorithms: ['ssh-ed25519', 'ecdsa-sha2-nistp256'],
    hashNames: false,
    confirm: undefined,
    ...changes,
  });
  return { text: readFileSync(path, 'utf8'), said, asked };
}

const nameOf = (key: PrivateKey): string => key.publicKey.type;

test('new keys are recorded after proof, and old ones removed (PROTOCOL section 2.5)', async () => {
  const others = `# a comment\n\n${line('other', newKey())}`;
  const { text, said } = await update(`${others}${line('host', known)}${line('host', old)}`, {
    announced: [known, added, ecdsa],
  });
  assert.equal(text, others + line('host', known) + line('host', added) + line('host', ecdsa));
  assert.deepEqual(
    said.map((entry) => entry.replace(/ SHA256:.*/, '')),
    [
      'verbose: The server has updated its host keys.',
      "verbose: These changes were verified by the server's existing trusted key.",
      'verbose: Learned new hostkey: ED25519',
      'verbose: Learned new hostkey: ECDSA',
      'verbose: Deprecating obsolete hostkey: ED25519',
    ],
  );
});

test('a key that takes the place of another is recorded, too', async () => {
  const { text } = await update(line('host', known) + line('host', old), { announced: [known, added] });
  assert.equal(text, line('host', known) + line('host', added));
  const fewer = await update(line('host', known) + line('host', old), { announced: [known] });
  assert.deepEqual([fewer.text, fewer.asked], [line('host', known), 0]);
});

test('nothing is asked and nothing written when all is as it was', async () => {
  const before = line('host', known);
  const { text, said, asked } = await update(before, { announced: [known] });
  assert.deepEqual([text, said, asked], [before, [], 0]);
});

test('a wrong proof, too few signatures or bytes behind them change nothing', async () => {
  const before = line('host', known) + line('host', old);
  const wrong = [
    () => new Uint8Array(3),
    (key: PrivateKey) => key.sign(crypto, 'ssh-ed25519', utf8Encode('something else')),
    (_: PrivateKey, data: Uint8Array) => known.sign(crypto, 'ssh-ed25519', data),
  ];
  for (const sign of wrong) {
    const { text, said } = await update(before, { sign });
    assert.equal(text, before);
    assert.deepEqual(said, ['error: Server failed to confirm ownership of private host keys']);
  }
});

test('lines with markers, patterns or lists, and keys that other hosts have, stop it', async () => {
  for (const hand of ['host,*', 'h?st', 'a,b,host']) {
    const before = line('host', known) + line(hand, old);
    const { text, said } = await update(before);
    assert.equal(text, before);
    assert.match(said.join(), /wildcard host pattern found, skipping/);
  }
  for (const marker of ['@cert-authority', '@revoked']) {
    const before = `${line('host', known)}${marker} ${line('host', old)}`;
    assert.equal((await update(before)).text, before);
  }
  for (const elsewhere of [known, added, old]) {
    const before = line('host', known) + line('host', old) + line('elsewhere', elsewhere);
    const { text, said } = await update(before);
    assert.equal(text, before);
    assert.match(said.join(), /matching a different name/);
  }
});

test('keys that may not be used, certificates and unknown types are passed over; a repeated key ends it', async () => {
  const before = line('host', known);
  const only = await update(before, { announced: [known, ecdsa], algorithms: ['ssh-ed25519'] });
  assert.deepEqual([only.text, only.asked], [before, 0]);
  const odd = new Writer().string(known.publicKey.blob).string(new Writer().string('ssh-new').bytes()).bytes();
  assert.equal((await update(before, { fields: odd })).text, before);
  const twice = await update(before, { announced: [known, added, added] });
  assert.deepEqual([twice.text, twice.asked], [before, 0]);
  for (const fields of [new Uint8Array(0), Uint8Array.of(0, 0, 0, 9)]) {
    assert.equal((await update(before, { fields })).text, before);
  }
});

test('the user may refuse, and hashed names stay hashed', async () => {
  const before = line('host', known);
  const refused = await update(before, { confirm: () => Promise.resolve(false) });
  assert.equal(refused.text, before);
  assert.match(refused.said[0] ?? '', /^info: /);
  const hashed = await update(before, { confirm: () => Promise.resolve(true), hashNames: true });
  assert.match(hashed.text, /^host ssh-ed25519 \S+\n\|1\|\S+ ssh-ed25519 /);
});
