// Keys of PKCS#11 tokens in ssh-keygen: -D lists them, and with -s one of them is the authority. The module runs in
// ssh-pkcs11-helper.

import { formatPublicLine } from '@sallyport/protocol/keys/formats/public-line';
import type { PublicKey } from '@sallyport/protocol/keys/public-key';
import { equalBytes } from '@sallyport/protocol/wire/bytes';
import { type TokenIdentity, TokenModules } from 'sallyport/helpers/token-modules';
import { escapeControls } from '../shared/printable.ts';
import { ProgramExit } from '../shared/program-exit.ts';
import { writeOut } from '../shared/standard-streams.ts';
import { askPassphrase, type KeygenContext } from './context.ts';
import { describe } from './fingerprints.ts';
import { agentReasons, messages, prompts } from './messages.ts';
import type { Signer } from './signer.ts';

export async function printTokenKeys(context: KeygenContext): Promise<number> {
  const { fingerprintOfToken: printsFingerprints, tokenModule = '' } = context.options;
  const helper = new TokenModules(process.env);
  const keys = await tokenKeys(helper, tokenModule, new Uint8Array());
  helper.end();
  const lines = keys.map(({ key, label }) =>
    printsFingerprints
      ? describe(context, { key, comment: label })
      : `${formatPublicLine(key, escapeControls(label))}\n`,
  );
  writeOut(lines.join(''));
  return 0;
}

/** The key of a token, which must hold it; its PIN is asked for. @throws ProgramExit */
export async function tokenSigner(module: string, publicKey: PublicKey): Promise<Signer> {
  const helper = new TokenModules(process.env);
  const keys = await tokenKeys(helper, module, new Uint8Array());
  const found = keys.find(({ key }) => equalBytes(key.blob, publicKey.blob));
  if (found === undefined) throw new ProgramExit(messages.authorityNotOnToken);
  const pin = await askPassphrase(prompts.pinFor(escapeControls(found.label)));
  await tokenKeys(helper, module, pin);
  pin.fill(0);
  return {
    atOnce: 1,
    publicKey,
    sign: async (algorithm, data) => {
      const signature = await helper.sign(publicKey.blob, { algorithm, data });
      if (signature === undefined) throw new Error(agentReasons.refused);
      return signature;
    },
    wipe: () => helper.end(),
  };
}

/** @throws ProgramExit when there are none */
async function tokenKeys(helper: TokenModules, module: string, pin: Uint8Array): Promise<readonly TokenIdentity[]> {
  const found = await helper.add(module, pin).catch(() => undefined);
  if (found !== undefined && found.length > 0) return found;
  helper.end();
  throw new ProgramExit(messages.cannotReadToken);
}
