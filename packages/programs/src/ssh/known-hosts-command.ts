// KnownHostsCommand (ssh_config(5)): a program that prints lines of known hosts. It is run without a shell; if it
// fails, nothing that it printed counts and the connection ends.

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import { isProblem } from '@sallyport/protocol/config/config-error';
import { expandValue, type OptionExpansion } from '@sallyport/protocol/config/ssh-tokens';
import { splitWords } from '@sallyport/protocol/config/words';
import { type Certificate, isCertificate } from '@sallyport/protocol/keys/certificate';
import { fingerprint } from '@sallyport/protocol/keys/fingerprint';
import { type KnownHostsLine, parseKnownHosts } from '@sallyport/protocol/keys/formats/known-hosts';
import type { PublicKey } from '@sallyport/protocol/keys/public-key';
import { base64Encode } from '@sallyport/protocol/wire/base64';
import { withoutRuntimeVariables } from '@sallyport/system/environment';
import { withStartingOpenFileLimit } from '@sallyport/system/open-file-limit';
import { writeError } from '../shared/standard-streams.ts';
import { hostKeyMessages } from './messages.ts';

export interface KnownHostsCommand {
  readonly command: string;
  readonly crypto: CryptoProvider;
  readonly expansion: OptionExpansion;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface KnownHostsQuestion {
  /** What the program is run for, before the key is known and after. */
  readonly purpose: 'ORDER' | 'HOSTNAME';
  /** The name that is looked up. */
  readonly name: string;
  readonly key?: PublicKey | Certificate;
}

/** Most that a program may print. */
const maximumOutputBytes = 4 * 1024 * 1024;

/** The lines that the program prints, or why there are none. */
export async function runKnownHostsCommand(
  given: KnownHostsCommand,
  question: KnownHostsQuestion,
): Promise<KnownHostsLine[] | string> {
  const words = splitWords(given.command);
  if (words === undefined) return hostKeyMessages.commandQuotes(given.command);
  const tokens = { ...given.expansion.tokens, ...tokensOf(given.crypto, question) };
  const parts = words.map((word) => expandValue('KnownHostsCommand', word, { ...given.expansion, tokens }));
  const argv: string[] = [];
  for (const part of parts) {
    if (isProblem(part)) return part.problem;
    argv.push(part);
  }
  const [program, ...argumentsOfProgram] = argv;
  if (program?.startsWith('/') !== true) return hostKeyMessages.commandNotAbsolute;
  const output = await outputOf(program, argumentsOfProgram, given.environment);
  return output === undefined ? hostKeyMessages.commandFailed : parseKnownHosts(output, hostKeyMessages.commandName);
}

function tokensOf(crypto: CryptoProvider, { purpose, name, key }: KnownHostsQuestion): Record<string, string> {
  if (key === undefined) return { I: purpose, H: name, f: 'NONE', K: 'NONE', t: 'NONE' };
  const plain = isCertificate(key) ? key.key : key;
  return { I: purpose, H: name, f: fingerprint(crypto, plain), K: base64Encode(key.blob), t: key.type };
}

function outputOf(
  program: string,
  argv: readonly string[],
  environment: KnownHostsCommand['environment'],
): Promise<string | undefined> {
  // Loaded here and not before: hardly anybody has such a program.
  const { execFile } = process.getBuiltinModule('node:child_process');
  const env = withoutRuntimeVariables(environment);
  return new Promise((resolve) => {
    const options = { env, encoding: 'utf8', maxBuffer: maximumOutputBytes } as const;
    const child = withStartingOpenFileLimit(() =>
      execFile(program, [...argv], options, (error, stdout, stderr) => {
        if (stderr !== '') writeError(stderr);
        resolve(error === null ? stdout : undefined);
      }),
    );
    child.stdin?.end();
  });
}
