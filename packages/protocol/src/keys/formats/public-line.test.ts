import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keySamples } from '@sallyport/testing/key-samples';
import { DecodeError } from '../../wire/decode-error.ts';
import { formatPublicLine, parsePublicLine } from './public-line.ts';

test('a public key line is read and written back, blanks around its fields aside', () => {
  for (const sample of keySamples) {
    const { key, comment } = parsePublicLine(sample.publicLine);
    assert.equal(comment, `sample of ${sample.name}`);
    assert.equal(formatPublicLine(key, comment), sample.publicLine);
    const [type, base64] = sample.publicLine.split(' ');
    assert.equal(formatPublicLine(key), `${type} ${base64}`);
    assert.equal(parsePublicLine(`\t${type} \t${base64}\t a  b \r\n`).comment, 'a  b');
  }
});

test('a line whose type is not the type of its key is refused', () => {
  const [first, second] = keySamples.map((sample) => sample.publicLine.split(' '));
  assert.throws(() => parsePublicLine(`${second?.[0]} ${first?.[1]}`), DecodeError);
});

test('lines without a whole key are refused', () => {
  const [type, base64 = ''] = (keySamples[0]?.publicLine ?? '').split(' ');
  for (const line of ['', ' ', 'ssh-ed25519', `${type} `, `${type} !`, base64, `${type} ${base64}=`]) {
    assert.throws(() => parsePublicLine(line), DecodeError);
  }
  for (let length = 0; length < base64.length; length++) {
    assert.throws(() => parsePublicLine(`${type} ${base64.slice(0, length)}`), DecodeError);
  }
});
