import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limitsOf } from '@sallyport/protocol/codec/frame-table';
import { encodeFrame, FrameReader } from '@sallyport/protocol/wire/frame';
import { delegationAnswers, delegationOffers } from './delegation.ts';

test('an offer and the input behind it come as they were sent', () => {
  const { offer, input } = delegationOffers;
  const own = { folder: Uint8Array.of(0x2f, 0xff), umask: 0o27, maximumHandles: 9 };
  const said = { argv: '-d\0/x', standing: 'a\nb', ...own };
  const reader = new FrameReader(limitsOf(delegationOffers));
  const stream = [
    ...encodeFrame(offer.number, offer.fields.encode(said)),
    ...encodeFrame(input.number, input.fields.encode({ data: Uint8Array.of(1, 2) })),
  ];
  const [first, second] = [...reader.receive(Uint8Array.from(stream))];
  assert.deepEqual(offer.fields.decode(first?.body ?? new Uint8Array(0)), said);
  assert.deepEqual(second?.body, Uint8Array.of(1, 2));
});

test('neither side takes a length that no message of the other has', () => {
  const claims = (number: number, bytes: number): Uint8Array =>
    Uint8Array.of(0, bytes >> 16, bytes >> 8, bytes, number);
  const offers = (): FrameReader => new FrameReader(limitsOf(delegationOffers));
  assert.throws(() => [...offers().receive(claims(delegationOffers.input.number, 2 ** 20 + 2))]);
  assert.throws(() => [...offers().receive(claims(delegationAnswers.end.number, 5))]);
  const answers = new FrameReader(limitsOf(delegationAnswers));
  assert.throws(() => [...answers.receive(claims(delegationAnswers.accepted.number, 2))]);
});
