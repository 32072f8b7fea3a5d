// User certificates, revoked keys, and commands that list keys and principals: the stock ssh with certificates of the
// stock ssh-keygen logs in to our sshd, or must not, and the log says why (sshd_config(5), PROTOCOL.certkeys).

import assert from 'node:assert/strict';
import { chmod, copyFile, mkdtemp, rm } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import type { StockKey } from '@sallyport/testing';
import { programPath, runProgram, skipUnless, TemporaryFolder } from '@sallyport/testing';
import type { RunningAs } from './sshd-fixture.ts';
import { SshdFixture, waysToRun } from './sshd-fixture.ts';

const fixture = await SshdFixture.create();
after(() => fixture[Symbol.asyncDispose]());
const { folder } = fixture.openssh;
const { name: user } = fixture.account;

async function keygen(args: readonly string[]): Promise<void> {
  const { code, stderr } = await runProgram(programPath('ssh-keygen'), ['-q', ...args]);
  assert.equal(code, 0, stderr);
}

/** Certifies copies of one key, numbering the certificates. */
class Issuer {
  /** Of the last certificate. */
  serial = 0;

  /** A copy of the certified key with a certificate of its own beside it; returns the private key's path. */
  async certificate(options: readonly string[], signer: StockKey = authority): Promise<string> {
    this.serial += 1;
    const path = folder.file(`certified-${this.serial}`);
    await copyFile(certified.path, path);
    await chmod(path, 0o600);
    await copyFile(`${certified.path}.pub`, `${path}.pub`);
    const numbers = ['-I', `id ${this.serial}`, '-z', String(this.serial)];
    await keygen(['-s', signer.path, ...numbers, ...options, `${path}.pub`]);
    return path;
  }
}

const authority = await fixture.openssh.key('ed25519', 'authority');
const certified = await fixture.openssh.key('ed25519', 'certified');
const issuer = new Issuer();
const certificate = issuer.certificate.bind(issuer);

interface Attempt {
  readonly status: number | undefined;
  readonly said: string;
  readonly log: string;
}

async function attempt(
  as: RunningAs,
  identity: string,
  how: { readonly config?: readonly string[]; readonly keys?: readonly string[]; readonly command?: string } = {},
): Promise<Attempt> {
  await using server = await fixture.start(as, { config: how.config ?? [], authorizedKeys: how.keys ?? [] });
  // The fixture's own key would do, too: ours are the only ones here.
  const config = ['IdentityFile=none', `IdentityFile=${identity}`];
  const client = fixture.openssh.clientArguments(server, config).map((word) => {
    return word === `IdentityFile=${fixture.openssh.userKey.path}` ? `IdentityFile=${identity}` : word;
  });
  const args = [...client, how.command ?? 'echo in'];
  const { code, stdout } = await runProgram(programPath('ssh'), args, { env: { HOME: folder.path } });
  return { status: code, said: stdout.toString(), log: await server.logOfConnections() };
}

for (const { as, needs } of waysToRun) {
  describe(`certificates and sshd as ${as}`, needs, () => {
    let trusting: readonly string[];
    before(async () => {
      const file = await folder.write('authorities', `# ours\n${authority.publicLine} comment\n`, 0o644);
      trusting = [`TrustedUserCAKeys ${file}`];
    });

    test('a certificate of a trusted authority logs its principal in, with both fingerprints in the log', async () => {
      const { said, log } = await attempt(as, await certificate(['-n', `other,${user}`]), { config: trusting });
      assert.equal(said, 'in\n');
      assert.match(
        log,
        /Accepted certificate ID "id \d+" \(serial \d+\) signed by ED25519 CA SHA256:\S+ via \S+authorities/,
      );
      assert.match(
        log,
        /Accepted publickey for \S+ .* ssh2: ED25519-CERT SHA256:\S+ ID id \d+ \(serial \d+\) CA ED25519 SHA256:/,
      );
    });

    const principalNames = ['-n', user];
    const refusals: readonly (readonly [string, readonly string[], RegExp])[] = [
      ['of another name', ['-n', 'other'], /name is not a listed principal/],
      ['without principals', [], /Certificate lacks principal list/],
      ['that is over', [...principalNames, '-V', '20200101:20200102'], /Certificate invalid: expired/],
      ['that is not yet valid', [...principalNames, '-V', '20990101:20990102'], /Certificate invalid: not yet valid/],
      ['of a host', [...principalNames, '-h'], /Failed publickey for/],
      [
        'for elsewhere',
        [...principalNames, '-O', 'source-address=192.0.2.0/24'],
        /not from a permitted source address/,
      ],
      [
        'with an option that nobody knows',
        [...principalNames, '-O', 'critical:strange=x'],
        /option "strange" is not supported/,
      ],
    ];
    for (const [what, options, why] of refusals) {
      test(`a certificate ${what} is refused, and the log says why`, async () => {
        const { status, log } = await attempt(as, await certificate(options), { config: trusting });
        assert.equal(status, 255);
        assert.match(log, why);
        assert.doesNotMatch(log, /Accepted publickey/);
      });
    }

    test('a certificate of an authority that nobody trusts is refused, as is its plain key', async () => {
      const stranger = await fixture.openssh.key('ed25519', 'stranger');
      assert.equal((await attempt(as, await certificate(principalNames, stranger), { config: trusting })).status, 255);
      assert.equal((await attempt(as, await certificate(principalNames))).status, 255);
      const listed = { keys: [authority.publicLine] };
      assert.equal((await attempt(as, await certificate(principalNames), listed)).status, 255);
    });

    test('a certificate signed with an algorithm that CASignatureAlgorithms does not name is refused', async () => {
      const config = [...trusting, 'CASignatureAlgorithms rsa-sha2-512'];
      const { status, log } = await attempt(as, await certificate(principalNames), { config });
      assert.equal(status, 255);
      assert.match(log, /Certificate signed with disallowed algorithm/);
    });

    test('cert-authority and principals= in authorized_keys vouch for those principals only', async () => {
      const line = (options: string): { readonly keys: readonly string[] } => ({
        keys: [`cert-authority${options} ${authority.publicLine}`],
      });
      assert.equal((await attempt(as, await certificate(principalNames), line(''))).said, 'in\n');
      const byName = await certificate(['-n', 'crew']);
      assert.equal((await attempt(as, byName, line(''))).status, 255);
      assert.equal((await attempt(as, byName, line(',principals="cook,crew"'))).said, 'in\n');
      const refused = await attempt(as, byName, line(',principals="cook"'));
      assert.match(
        refused.log,
        /signed by ED25519 CA \S+ via \S+:2: Certificate does not contain an authorized principal/,
      );
      assert.equal((await attempt(as, byName, line(',principals=""'))).status, 255);
    });

    test('the forced commands of line and certificate must be the same, and the stricter permission holds', async () => {
      const forcing = await certificate([...principalNames, '-O', 'force-command=echo forced']);
      assert.equal((await attempt(as, forcing, { config: trusting })).said, 'forced\n');
      const line = (options: string): { readonly keys: readonly string[] } => ({
        keys: [`cert-authority,${options} ${authority.publicLine}`],
      });
      assert.equal((await attempt(as, forcing, line('command="echo forced"'))).said, 'forced\n');
      const other = await attempt(as, forcing, line('command="echo other"'));
      assert.equal(other.status, 255);
      assert.match(other.log, /forced command options do not match/);
      const closed = await certificate([...principalNames, '-O', 'clear', '-O', 'permit-port-forwarding']);
      const terminal = { config: trusting, command: 'test -t 0; echo $?' };
      assert.equal((await attempt(as, closed, terminal)).said, '1\n');
    });

    test('AuthorizedPrincipalsFile maps principals to the account, with options', async () => {
      const file = await folder.write('principals', '# crew\ncook\ncommand="echo mapped" crew\n', 0o644);
      const config = [...trusting, `AuthorizedPrincipalsFile ${file}`];
      assert.equal((await attempt(as, await certificate(['-n', 'crew']), { config })).said, 'mapped\n');
      assert.equal((await attempt(as, await certificate(['-n', 'cook']), { config })).said, 'in\n');
      const byName = await attempt(as, await certificate(principalNames), { config });
      assert.match(byName.log, /Certificate does not contain an authorized principal/);
      const missing = [...trusting, 'AuthorizedPrincipalsFile /nonexistent'];
      assert.equal((await attempt(as, await certificate(principalNames), { config: missing })).status, 255);
    });

    test('RevokedKeys refuses keys, certificates and authorities, by list and by KRL', async () => {
      const krl = folder.file('revoked.krl');
      const serial = await certificate(principalNames);
      await keygen(['-k', '-f', krl, '-s', authority.path, await folder.write('spec', `serial: ${issuer.serial}\n`)]);
      const byKey = await folder.write('revoked', `${certified.publicLine}\n`, 0o644);
      const byAuthority = await folder.write('revoked-authority', `${authority.publicLine}\n`, 0o644);
      for (const list of [krl, byKey, byAuthority]) {
        const { status, log } = await attempt(as, serial, { config: [...trusting, `RevokedKeys ${list}`] });
        assert.equal(status, 255, list);
        assert.match(log, /Authentication key ED25519(?:-CERT)? SHA256:\S+ revoked by file/);
      }
      const fine = await certificate(principalNames);
      assert.equal((await attempt(as, fine, { config: [...trusting, `RevokedKeys ${krl}`] })).said, 'in\n');
      const plain = { config: [`RevokedKeys ${byKey}`], keys: [certified.publicLine] };
      assert.equal((await attempt(as, certified.path, plain)).status, 255);
    });

    test('a list of revoked keys that is missing, empty or damaged refuses every key', async () => {
      const keys = [certified.publicLine];
      const empty = await folder.write('empty-list', '', 0o644);
      const damaged = await folder.write('damaged-list', 'SSHKRL\n\0\0\0\0\u0001', 0o644);
      const text = await folder.write('text-list', 'this is no key\n', 0o644);
      for (const list of ['/nonexistent/list', empty, damaged, text]) {
        const { status, log } = await attempt(as, certified.path, { config: [`RevokedKeys ${list}`], keys });
        assert.equal(status, 255, list);
        assert.match(log, /Error checking authentication key ED25519 SHA256:\S+ in revoked keys file/);
      }
    });
  });
}

describe('commands that list keys and principals', skipUnless('root', 'openssh-client'), () => {
  // Root's, and nobody else may write there: /tmp is no such place.
  let safe: string;
  before(async () => {
    safe = await mkdtemp('/run/sallyport-test-');
    await chmod(safe, 0o755);
  });
  after(() => rm(safe, { recursive: true }));

  async function script(name: string, text: string, mode = 0o755): Promise<string> {
    const made = await folder.write(name, `#!/bin/sh\n${text}\n`, mode);
    await runProgram('/bin/cp', ['-p', made, `${safe}/${name}`]);
    return `${safe}/${name}`;
  }

  const asUser = `AuthorizedKeysCommandUser ${user}`;

  test('AuthorizedKeysCommand runs as its user, gets its tokens, and its lines count', async () => {
    const told = folder.file('told');
    await runProgram('/bin/sh', ['-c', `: > ${told}; chmod 666 ${told}`]);
    const file = await script('keys', `id -un > ${told}; echo "$@" >> ${told}; env | sort >> ${told}; echo "$2 $3"`);
    const config = [`AuthorizedKeysCommand ${file} %u %t %k %f %U %h`, asUser];
    const { said, log } = await attempt('root', certified.path, { config });
    assert.equal(said, 'in\n');
    assert.match(log, new RegExp(`Accepted key ED25519 \\S+ found at ${file}:1`));
    const { stdout } = await runProgram('/bin/cat', [told]);
    const [who = '', words = '', ...variables] = stdout.toString().trim().split('\n');
    const { uid, home } = fixture.account;
    assert.equal(who, user);
    assert.match(
      words,
      new RegExp(`^${user} ${certified.publicLine.replaceAll('+', '\\+')} SHA256:\\S+ ${uid} ${home}$`),
    );
    const names = variables.map((line) => line.split('=')[0]).filter((name) => name !== 'PWD' && name !== '_');
    assert.deepEqual(names, ['HOME', 'LOGNAME', 'PATH', 'USER']);
  });

  test('lines of a command that fails, says too much, hangs on or is not safe do not count', async () => {
    const fails = await script('fails', `echo '${certified.publicLine}'; exit 1`);
    const floods = await script('floods', `echo '${certified.publicLine}'; head -c 20000000 /dev/zero`);
    const writable = await script('writable', `echo '${certified.publicLine}'`, 0o777);
    const elsewhere = await folder.write('elsewhere', `#!/bin/sh\necho '${certified.publicLine}'\n`, 0o755);
    for (const [file, why] of [
      [fails, /AuthorizedKeysCommand \S+fails failed, status 1/],
      [floods, /AuthorizedKeysCommand \S+floods (?:said too much|exited on signal)/],
      [writable, /Unsafe AuthorizedKeysCommand "\S+writable": bad ownership or modes for file/],
      [elsewhere, /Unsafe AuthorizedKeysCommand "\S+elsewhere": bad ownership or modes for directory/],
      [`${safe}/none`, /Could not stat AuthorizedKeysCommand "\S+none": No such file or directory/],
    ] as const) {
      const { status, log } = await attempt('root', certified.path, {
        config: [`AuthorizedKeysCommand ${file}`, asUser],
      });
      assert.equal(status, 255, file);
      assert.match(log, why);
    }
  });

  test('a command for an account that does not exist is not run', async () => {
    const file = await script('never', `echo '${certified.publicLine}'`);
    const config = [`AuthorizedKeysCommand ${file}`, 'AuthorizedKeysCommandUser no-such-account'];
    const { status, log } = await attempt('root', certified.path, { config });
    assert.equal(status, 255);
    assert.match(log, /AuthorizedKeysCommandUser "no-such-account" not found/);
  });

  test('AuthorizedPrincipalsCommand lists the principals that count', async () => {
    const list = await folder.write('command-authorities', `${authority.publicLine}\n`, 0o644);
    const file = await script('principals', 'test "$1" = 77 && echo crew');
    const trusted = [`TrustedUserCAKeys ${list}`, `AuthorizedPrincipalsCommandUser ${user}`];
    const command = `AuthorizedPrincipalsCommand ${file} %s %i %T %F`;
    issuer.serial = 76;
    const identity = await certificate(['-n', 'crew']);
    assert.equal((await attempt('root', identity, { config: [...trusted, command] })).said, 'in\n');
    const other = await certificate(['-n', 'crew']);
    assert.equal((await attempt('root', other, { config: [...trusted, command] })).status, 255);
  });

  test('a command without its user is refused before sshd starts', async () => {
    await using own = await TemporaryFolder.create();
    const config = await own.write('config', `HostKey ${certified.path}\nAuthorizedKeysCommand /bin/true\n`);
    const { code, stderr } = await runProgram('/proc/self/cwd/dist/bin/sshd', ['-t', '-f', config], {
      cwd: new URL('../../../', import.meta.url).pathname,
    });
    assert.equal(code, 255);
    assert.match(stderr, /AuthorizedKeysCommand set without AuthorizedKeysCommandUser/);
  });
});
