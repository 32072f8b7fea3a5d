// ssh-sk-helper: runs the middleware of FIDO authenticators, so that no program that holds keys or talks to
// strangers does. Requests on stdin, answers on stdout (security-key-messages.ts); a request takes as long as its
// user does. It ends when its input does (ssh-sk-helper(8)).

import { DecodeError } from '@sallyport/protocol/wire/decode-error';
import { forbidTracing } from '@sallyport/system/identity';
import type { MiddlewareAlgorithm } from '@sallyport/system/security-key-middleware';
import {
  MiddlewareError,
  middlewareAlgorithms,
  SecurityKeyMiddleware,
} from '@sallyport/system/security-key-middleware';
import * as messages from 'sallyport/helpers/security-key-messages';
import { serveRequests } from '../shared/serve-requests.ts';
import { writeError } from '../shared/standard-streams.ts';

const usage = 'usage: ssh-sk-helper [-v]\n';

/** Resolves when stdin has ended. */
export function main(argv: readonly string[]): Promise<number> {
  if (argv.some((word) => !/^-v+$/.test(word))) {
    writeError(usage);
    return Promise.resolve(1);
  }
  forbidTracing();
  return serveRequests(answerTo);
}

/** @throws DecodeError for what our side of the pipe never sends */
function answerTo(request: Uint8Array): Uint8Array {
  try {
    return perform(request);
  } catch (error) {
    if (error instanceof DecodeError) throw error;
    const code = error instanceof MiddlewareError ? -error.failure : 0;
    return messages.failed.encode({ code, reason: error instanceof Error ? error.message : String(error) });
  }
}

function perform(request: Uint8Array): Uint8Array {
  switch (request[0]) {
    case messages.enrollRequest.number: {
      const { provider, algorithm, ...call } = messages.enrollRequest.decode(request);
      const middleware = new SecurityKeyMiddleware(provider);
      return messages.enrolled.encode(middleware.enroll({ ...call, algorithm: algorithmOf(algorithm) }));
    }
    case messages.signRequest.number: {
      const { provider, algorithm, ...call } = messages.signRequest.decode(request);
      const middleware = new SecurityKeyMiddleware(provider);
      return messages.signed.encode(middleware.sign({ ...call, algorithm: algorithmOf(algorithm) }));
    }
    case messages.loadRequest.number: {
      const { provider, ...call } = messages.loadRequest.decode(request);
      const keys = new SecurityKeyMiddleware(provider).residentKeys(call).flatMap(({ algorithm, key, ...rest }) => {
        const { publicKey, keyHandle } = key;
        return algorithm === undefined ? [] : { algorithm, publicKey, keyHandle, ...rest };
      });
      return messages.loaded.encode({ keys });
    }
    default:
      throw new DecodeError('unknown request');
  }
}

function algorithmOf(name: string): MiddlewareAlgorithm {
  if (!(name in middlewareAlgorithms)) throw new DecodeError('unknown algorithm');
  return name as MiddlewareAlgorithm;
}
