// What ssh-keygen asks of its workers and what they answer: messages of numbers in frames of the agent protocol,
// between two processes of ours.

import { bytes, rest, uint32 } from '@sallyport/protocol/codec/fields';
import { message } from '@sallyport/protocol/codec/struct';

/** Is p = 2q + 1 a safe prime, by so many Miller-Rabin tests? */
export const screenRequest = message('screen', 1, { q: bytes, trials: uint32 });
/** `passed` counts the tests that it stood: `allPassed` of them make a safe prime. */
export const screenAnswer = message('screen-answer', 2, { passed: uint32 });
export const allPassed = 3;

/** Which of base + 2i, for i from `from` on, have no divisor up to `limit`, nor have twice them plus one? */
export const sieveRequest = message('sieve', 3, { base: bytes, from: uint32, count: uint32, limit: uint32 });
/** The i that are left, less `from`, four bytes each. */
export const sieveAnswer = message('sieve-answer', 4, { left: rest });
