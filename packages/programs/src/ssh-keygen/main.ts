// ssh-keygen: makes, shows and changes keys and files of keys. Chooses the mode and turns what goes wrong into
// OpenSSH's exit statuses: 1 for wrong use and refusals, 255 for what it cannot do.

import { createCryptoProvider } from '@sallyport/crypto';
import { UsageError } from '../shared/option-table.ts';
import { ProgramExit } from '../shared/program-exit.ts';
import { writeError } from '../shared/standard-streams.ts';
import { changeComment, changePassphrase } from './change.ts';
import { type KeygenContext, logLine } from './context.ts';
import { printFingerprints } from './fingerprints.ts';
import { generate } from './generate.ts';
import { findHost, hashHosts, removeHost } from './known-hosts.ts';
import { usage } from './messages.ts';
import { type ModeName, parseOptions } from './options.ts';
import { printPublic } from './print-public.ts';

const modes: Readonly<Record<ModeName, (context: KeygenContext) => Promise<number> | number>> = {
  generate,
  fingerprint: printFingerprints,
  'print-public': printPublic,
  'change-passphrase': changePassphrase,
  'change-comment': changeComment,
  'find-host': findHost,
  'remove-host': removeHost,
  'hash-hosts': hashHosts,
  export: async (context) => (await import('./export-key.ts')).exportKey(context),
  import: async (context) => (await import('./import-key.ts')).importKey(context),
  'dns-records': async (context) => (await import('./dns-records.ts')).printRecords(context),
  'host-keys': async (context) => (await import('./host-keys.ts')).makeHostKeys(context),
  certify: async (context) => (await import('./certify.ts')).certify(context),
  'token-keys': async (context) => (await import('./token.ts')).printTokenKeys(context),
  signature: async (context) => (await import('./signatures.ts')).workOnSignatures(context),
  'resident-keys': async (context) => (await import('./security-key.ts')).fetchResidentKeys(context),
  'make-krl': async (context) => (await import('./make-krl.ts')).makeKrl(context),
  'query-krl': async (context) => (await import('./query-krl.ts')).queryKrl(context),
  'generate-moduli': async (context) => (await import('./moduli/generate.ts')).generateModuli(context),
  'screen-moduli': async (context) => (await import('./moduli/screen.ts')).screenModuli(context),
  'show-certificate': async (context) => (await import('./show-certificate.ts')).showCertificates(context),
};

/** Runs the program; the arguments are those after its name. */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(argv);
    return await modes[options.mode]({ options, crypto: createCryptoProvider() });
  } catch (error) {
    if (error instanceof UsageError) {
      writeError(`${error.message}\n${usage}`);
      return 1;
    }
    if (!(error instanceof ProgramExit)) throw error;
    if (error.message !== '') logLine(error.message);
    return error.status;
  }
}
