// ssh-keygen -s: an authority signs certificates for the keys in any number of files, each into NAME-cert.pub beside
// the key. A certificate file is whole before it has its name.

import { signatureAlgorithm } from '@sallyport/protocol/algorithms/signatures';
import {
  buildCertificate,
  type Certificate,
  isCertificate,
  maximumPrincipals,
} from '@sallyport/protocol/keys/certificate';
import { formatPublicLine } from '@sallyport/protocol/keys/formats/public-line';
import { keyTypeLabel, type PublicKey } from '@sallyport/protocol/keys/public-key';
import { certificateValidity } from '../shared/certificate-words.ts';
import { reasonOf } from '../shared/failure-reason.ts';
import { KeyFileError } from '../shared/private-key-file.ts';
import { ProgramExit } from '../shared/program-exit.ts';
import { type AnyPublicLine, loadPublicKey } from '../shared/public-key-file.ts';
import { replaceFile } from '../shared/replace-file.ts';
import { certificateSettings } from './certificate-settings.ts';
import { type KeygenContext, logLine } from './context.ts';
import { messages } from './messages.ts';
import { agentSigner, fileSigner, type Signer } from './signer.ts';

export async function certify(context: KeygenContext): Promise<number> {
  const { options } = context;
  if (options.identity === undefined) throw new ProgramExit(messages.needsIdentity);
  const settings = certificateSettings(options.kind, options.settings);
  const path = options.signingFile ?? '';
  const signer = await authority(context, path);
  const algorithm = chooseAlgorithm(signer.publicKey, options.type);
  const { after: validAfter, before: validBefore } = options.validity;
  const principals = splitPrincipals(options.names);
  const signing: Signing[] = [];
  let { first: serial } = options.serial;
  try {
    for (const file of options.operands) {
      const { key, comment } = loadSubject(file);
      if (isCertificate(key)) throw new ProgramExit(messages.cannotBeCertified(file, keyTypeLabel(key.type)));
      const { identity: keyId, kind } = options;
      const content = { key, kind, serial, keyId, principals, validAfter, validBefore, ...settings };
      if (signing.length >= signer.atOnce) await saveFirst(context, signing);
      const certificate = settled(buildCertificate(context.crypto, content, { signer, algorithm }));
      signing.push({ file, comment, certificate });
      if (options.serial.counts) serial = BigInt.asUintN(64, serial + 1n);
    }
  } finally {
    // In the order of the files, also when a later one ends it: what was begun before it is not lost.
    while (signing.length > 0) await saveFirst(context, signing);
  }
  signer.wipe();
  return 0;
}

/** A certificate on its way. */
interface Signing {
  readonly file: string;
  readonly comment: string;
  readonly certificate: Promise<Certificate | Error>;
}

/** Nobody may be listening yet when it fails. */
function settled(certificate: Promise<Certificate>): Promise<Certificate | Error> {
  return certificate.catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
}

/** Saves the certificate that was begun first; when that fails, those behind it are forgotten. */
async function saveFirst(context: KeygenContext, signing: Signing[]): Promise<void> {
  const [first, ...others] = signing.splice(0);
  if (first === undefined) return;
  await save(context, first);
  signing.push(...others);
}

async function save({ options }: KeygenContext, { file, comment, certificate: made }: Signing): Promise<void> {
  const certificate = await made;
  if (certificate instanceof Error) {
    const say = options.usesAgent ? messages.cannotCertifyByAgent : messages.cannotCertify;
    throw new ProgramExit(say(file, certificate.message));
  }
  const path = `${file.replace(/\.pub$/, '')}-cert.pub`;
  try {
    replaceFile(path, `${formatPublicLine(certificate, comment)}\n`, { mode: 0o644, mustEndure: false });
  } catch (error) {
    throw new ProgramExit(messages.savingPublicFailed(path, reasonOf(error)));
  }
  if (options.quiet) return;
  const { kind, keyId: identity, serial } = certificate;
  const validity = certificateValidity(certificate);
  logLine(messages.signedCertificate({ kind, path, identity, serial, names: options.names, validity }));
}

function loadSubject(path: string): AnyPublicLine {
  try {
    return loadPublicKey(path);
  } catch (error) {
    if (error instanceof KeyFileError) throw new ProgramExit(messages.cannotLoadPublic(path, error.message));
    throw error;
  }
}

async function authority(context: KeygenContext, path: string): Promise<Signer> {
  const { tokenModule, usesAgent } = context.options;
  if (tokenModule !== undefined) {
    const { tokenSigner } = await import('./token.ts');
    return await tokenSigner(tokenModule, publicAuthority(path));
  }
  return usesAgent ? await agentAuthority(path) : await fileSigner(context, path);
}

/** The public half of the authority, where the private one is elsewhere. */
function publicAuthority(path: string): PublicKey {
  let found: AnyPublicLine['key'];
  try {
    found = loadPublicKey(path).key;
  } catch (error) {
    if (error instanceof KeyFileError) throw new ProgramExit(messages.cannotLoadAuthority(path, error.message));
    throw error;
  }
  return isCertificate(found) ? found.key : found;
}

async function agentAuthority(path: string): Promise<Signer> {
  return await agentSigner(publicAuthority(path), {
    noAgent: messages.noAgentForAuthority,
    noList: messages.noAgentKeys,
    notFound: messages.authorityNotInAgent(path),
  });
}

function splitPrincipals(names: string | undefined): readonly string[] {
  if (names === undefined) return [];
  const principals = names.split(',');
  if (principals.includes('')) throw new ProgramExit(messages.emptyPrincipal);
  if (principals.length > maximumPrincipals) throw new ProgramExit(messages.tooManyPrincipals);
  return principals;
}

/** The algorithm of -t, which must be one of the authority's; a mere type name leaves the choice to us. */
function chooseAlgorithm({ type }: PublicKey, wanted: string | undefined): string | undefined {
  if (wanted === undefined || wanted.toLowerCase() === keyTypeLabel(type).toLowerCase()) return undefined;
  const row = signatureAlgorithm(wanted);
  if (row?.keyType !== type) throw new ProgramExit(messages.authorityTypeDiffers(type, wanted));
  return wanted;
}
