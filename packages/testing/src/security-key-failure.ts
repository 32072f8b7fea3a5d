// How work with a security key failed, for tests of whoever asks one. That it failed as it did is the test's to
// judge.

import assert from 'node:assert/strict';
import { SecurityKeyError } from 'sallyport/helpers/security-keys';

/** Waits for the refusal, which must be there. */
export async function failureOf(work: Promise<unknown>): Promise<SecurityKeyError['failure']> {
  const error = await work.then(
    () => assert.fail('nothing was refused'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof SecurityKeyError, String(error));
  return error.failure;
}
