// Signs a file, and verifies who signed it, as ssh-keygen -Y does:
//   node docs/examples/sign-file.mjs sign ~/.ssh/id_ed25519 release.tar
//   node docs/examples/sign-file.mjs verify allowed_signers me@example.com release.tar

import { createReadStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { AllowedSigners, fingerprint, readPrivateKey, signMessage, verifyMessage } from 'sallyport/keys';

const namespace = 'file';
const [action, ...args] = process.argv.slice(2);

async function sign(keyPath, path) {
  const key = await readPrivateKey(keyPath, process.env.PASSPHRASE);
  // The file is read piece by piece, whatever its size.
  await writeFile(`${path}.sig`, await signMessage(key, createReadStream(path), { namespace }));
  process.stdout.write(`${path}.sig: signed with ${fingerprint(key)}\n`);
}

async function verify(signersPath, principal, path) {
  const signers = new AllowedSigners(await readFile(signersPath, 'utf8'));
  const signature = await readFile(`${path}.sig`, 'utf8');
  // What is not good rejects: there is no answer that could be taken for a yes.
  const key = await verifyMessage(createReadStream(path), signature, { namespace, signers, principal });
  process.stdout.write(`good signature of ${principal}, ${fingerprint(key)}\n`);
}

try {
  await (action === 'sign' ? sign(...args) : verify(...args));
} catch (error) {
  process.stderr.write(`${error.code}: ${error.message}\n`);
  process.exitCode = 1;
}
