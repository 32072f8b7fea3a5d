// The errors of sallyport/keys, as assert.throws and assert.rejects want them: by their code and their message, which
// alone say that a refusal was the one that a test is about. Sources and built files may meet in one process, so the
// class is known by its name.

import assert from 'node:assert/strict';
import type { KeyErrorCode } from 'sallyport/keys';

/** A KeyError with that code and such a message. */
export function keyError(code: KeyErrorCode, message = /./): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof Error && 'code' in error, String(error));
    assert.deepEqual([error.code, error.name], [code, 'KeyError']);
    assert.match(error.message, message);
    return true;
  };
}
