// BubbleBabble (Antti Huima's draft): bytes as pronounceable words of five letters, each pair of bytes carried along by
// a checksum. OpenSSH shows fingerprints so for who asks, over SHA-1.

const vowels = 'aeiouy';
const consonants = 'bcdfghklmnprstvzx';

const vowel = (value: number): string => vowels.charAt(value % vowels.length);
const consonant = (value: number): string => consonants.charAt(value);

export function bubbleBabble(bytes: Uint8Array): string {
  let checksum = 1;
  let text = 'x';
  for (let at = 0; at + 1 < bytes.length; at += 2) {
    const [first, second] = [bytes[at] as number, bytes[at + 1] as number];
    text += vowel((first >> 6) + checksum) + consonant((first >> 2) & 15);
    text += vowel((first & 3) + Math.floor(checksum / 6));
    text += `${consonant(second >> 4)}-${consonant(second & 15)}`;
    checksum = (checksum * 5 + first * 7 + second) % 36;
  }
  const last = bytes.length % 2 === 1 ? (bytes.at(-1) as number) : undefined;
  text +=
    last === undefined
      ? vowel(checksum) + consonants.charAt(16) + vowel(Math.floor(checksum / 6))
      : vowel((last >> 6) + checksum) + consonant((last >> 2) & 15) + vowel((last & 3) + Math.floor(checksum / 6));
  return `${text}x`;
}
