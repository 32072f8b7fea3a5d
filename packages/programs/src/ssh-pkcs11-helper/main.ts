// ssh-pkcs11-helper: runs PKCS#11 modules, so that no program that holds keys or talks to strangers does. Messages on
// stdin and stdout (token-module-messages.ts): modules are added and removed, their keys listed by the answer, and data
// signed (ssh-pkcs11-helper (8)). Programs of OpenSSH before 10.1 sign hashes. It ends when its input does.

import { createCryptoProvider } from '@sallyport/crypto';
import * as messages from '@sallyport/protocol/agent/messages';
import { Writer } from '@sallyport/protocol/wire/writer';
import { forbidTracing } from '@sallyport/system/identity';
import { decodeTokenSigning } from 'sallyport/helpers/token-module-messages';
import { serveRequests } from '../shared/serve-requests.ts';
import { writeError } from '../shared/standard-streams.ts';
import type { TokenKey } from './token-keys.ts';
import { Tokens } from './tokens.ts';

const usage = 'usage: ssh-pkcs11-helper [-v]\n';

/** Resolves when stdin has ended. */
export function main(argv: readonly string[]): Promise<number> {
  const isVerbose = argv.length > 0 && argv.every((word) => /^-v+$/.test(word));
  if (argv.length > 0 && !isVerbose) {
    writeError(usage);
    return Promise.resolve(1);
  }
  forbidTracing();
  const log = {
    error: (text: string) => writeError(`${text}\r\n`),
    debug: (text: string) => isVerbose && writeError(`debug1: ${text}\r\n`),
  };
  return serve(new Tokens(createCryptoProvider(), log));
}

async function serve(tokens: Tokens): Promise<number> {
  const status = await serveRequests((request) => answerTo(tokens, request));
  tokens.removeAll();
  return status;
}

/** @throws DecodeError for what no program sends */
function answerTo(tokens: Tokens, request: Uint8Array): Uint8Array {
  switch (request[0]) {
    case messages.addTokenKeys.number: {
      const { provider, pin } = messages.addTokenKeys.decode(request);
      const keys = tokens.add(provider, pin);
      return keys === undefined ? messages.agentFailure.encode({}) : listOf(keys);
    }
    case messages.removeTokenKeys.number: {
      const isGone = tokens.remove(messages.removeTokenKeys.decode(request).provider);
      return isGone ? messages.agentSuccess.encode({}) : messages.agentFailure.encode({});
    }
    case messages.signRequest.number: {
      const { key, data, algorithm } = decodeTokenSigning(request);
      const signature = algorithm === undefined ? tokens.signHashed(key, data) : tokens.sign(key, data, algorithm);
      return signature === undefined ? messages.agentFailure.encode({}) : messages.signResponse.encode({ signature });
    }
    default:
      return messages.agentFailure.encode({});
  }
}

function listOf(keys: readonly TokenKey[]): Uint8Array {
  const writer = new Writer();
  for (const { key, label } of keys) messages.identity.write(writer, { key: key.blob, comment: Buffer.from(label) });
  return messages.identitiesAnswer.encode({ count: keys.length, identities: writer.bytes() });
}
