// One key question while it is answered: what the parts of the answer share. Files of the account are read with its own
// rights, those of the configuration with sshd's.

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import type { Certificate } from '@sallyport/protocol/keys/certificate';
import { decodeAnyKey } from '@sallyport/protocol/keys/certificate';
import type { PublicKey } from '@sallyport/protocol/keys/public-key';
import { visible } from '@sallyport/protocol/log/log';
import type { LogLine } from '@sallyport/protocol/log/stable-lines';
import { base64Decode } from '@sallyport/protocol/wire/base64';
import { asAccount } from '@sallyport/system/identity';
import type { OwnProgram } from '@sallyport/system/own-program';
import { readAccountFile } from '../authentication/account-file.ts';
import type { CertificateAttempt } from '../authentication/certificate-login.ts';
import { permitsVariable } from '../configuration/login-settings.ts';
import { commandArguments } from './listing-command.ts';
import type { KeyQuestion, ListingCommand } from './question.ts';
import { runCommand } from './run-command.ts';

export interface KeyTools {
  readonly crypto: CryptoProvider;
  readonly program: OwnProgram;
}

export class Inquiry {
  readonly question: KeyQuestion;
  readonly key: PublicKey | Certificate;
  readonly attempt: CertificateAttempt;
  readonly #program: OwnProgram;

  constructor({ crypto, program }: KeyTools, question: KeyQuestion, log: (line: LogLine) => void) {
    const { account, peer, permitUserEnvironment, authorityAlgorithms } = question;
    this.question = question;
    this.key = decodeAnyKey(base64Decode(question.key));
    this.#program = program;
    this.attempt = {
      crypto,
      account,
      peer,
      authorityAlgorithms,
      permitsVariable: (name) => permitsVariable(permitUserEnvironment, name),
      log,
    };
  }

  /** As root with the account's rights; otherwise we are the account. */
  asAccount<T>(work: () => T): T {
    return process.getuid?.() === 0 ? asAccount(this.question.account, work) : work();
  }

  read(path: string, how: { readonly what: string; readonly strictModes: boolean }): string | undefined {
    return readAccountFile({ path, ...how, account: this.question.account, log: this.attempt.log });
  }

  /** What a command of the configuration lists; undefined when it does not count. */
  async list(what: string, command: ListingCommand): Promise<string | undefined> {
    const { crypto, log } = this.attempt;
    const { words, runAs, user } = command;
    if (runAs === undefined) {
      log({ level: 'error', text: `${what}User "${visible(user)}" not found` });
      return undefined;
    }
    const argv = commandArguments(words, this.question, { crypto, key: this.key });
    return argv === undefined ? undefined : runCommand({ what, argv, runAs }, { program: this.#program, log });
  }
}
