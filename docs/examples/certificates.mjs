// Two authorities in memory: one vouches for hosts, one for users. The server has no list of keys, the client no
// known_hosts; a stolen certificate is taken back by its number.
//   node docs/examples/certificates.mjs

import { connect, createServer, generatePrivateKey } from 'sallyport';
import { createCertificate, createRevocationList, formatPublicKey, parseRevocationList } from 'sallyport/keys';

// A real authority is read by readPrivateKey(), or stays in an agent: agentIdentities(path).
const hostAuthority = generatePrivateKey();
const userAuthority = generatePrivateKey();
const inAnHour = new Date(Date.now() + 3_600_000);

const hostKey = generatePrivateKey();
const hostCertificate = await createCertificate(hostAuthority, {
  kind: 'host',
  key: hostKey,
  keyId: 'server',
  principals: ['127.0.0.1'],
  validBefore: inAnHour,
});

let revoked = parseRevocationList(createRevocationList({}));

const server = createServer({
  hostKeys: [hostKey],
  hostCertificates: [hostCertificate],
  login: {
    userAuthorities: [formatPublicKey(userAuthority)],
    // Only certificates that hold for the user come here; without this function they let in.
    certificate: ({ certificate }) => ({ allow: true, identity: certificate.keyId }),
    revokedKeys: { revokes: (key) => revoked.revokes(key) },
    onCertificateRefused: ({ user }, reason) => process.stdout.write(`refused ${user}: ${reason}\n`),
  },
  async session({ program, peer, stdout }) {
    const words = program.kind === 'exec' ? program.command : program.kind;
    await stdout.write(`${peer.login[0].identity} runs: ${words}\n`);
  },
});
await server.listen({ port: 0 });

/** Logs in as `deploy` with a new key and such a certificate, and says what a command gave. */
async function logIn(request) {
  const key = generatePrivateKey();
  const certificate = await createCertificate(userAuthority, {
    kind: 'user',
    key,
    keyId: 'alice@example.com',
    principals: ['deploy'],
    validBefore: inAnHour,
    ...request,
  });
  const client = await connect(`deploy@127.0.0.1:${server.port}`, {
    hostAuthorities: [formatPublicKey(hostAuthority)],
    knownHosts: [],
    identities: [{ key, certificate }],
    agent: false,
  });
  const { stdout } = await client.run('uptime');
  await client.end();
  return stdout;
}

async function attempt(request) {
  try {
    process.stdout.write(await logIn(request));
  } catch (error) {
    process.stdout.write(`${error.code}\n`);
  }
}

await attempt({ serial: 1 });
await attempt({ serial: 2, rights: { forceCommand: 'backup', permissions: { pty: false } } });
await attempt({ serial: 3, principals: ['root'] });
await attempt({ serial: 4, rights: { sourceAddresses: ['192.0.2.0/24'] } });
revoked = parseRevocationList(createRevocationList({ certificates: [{ authority: userAuthority, serials: [5] }] }));
await attempt({ serial: 5 });
await server.close();
