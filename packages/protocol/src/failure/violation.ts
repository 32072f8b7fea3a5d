// A failure on its way out of the code that found it: thrown where a payload is taken apart, caught where the engine
// dispatches it, never seen by an owner. Decoders throw DecodeError, which becomes `message-malformed` here.

import { DecodeError } from '../wire/decode-error.ts';
import type { FailureCode } from './catalogue.ts';
import type { Failure } from './failure.ts';
import { failure } from './failure.ts';

export class Violation extends Error {
  override readonly name = 'Violation';
  readonly failure: Failure;

  constructor(code: FailureCode, description?: string) {
    const value = failure(code, description);
    super(value.description);
    this.failure = value;
  }
}

/** The failure behind an exception of the dispatch; throws again what is neither a Violation nor a DecodeError. */
export function failureOfThrown(thrown: unknown): Failure {
  if (thrown instanceof Violation) return thrown.failure;
  if (thrown instanceof DecodeError) return failure('message-malformed', thrown.message);
  throw thrown;
}
