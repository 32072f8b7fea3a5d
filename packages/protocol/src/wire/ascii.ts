// ASCII (RFC 20) between strings and bytes: the quick way for base64, names of algorithms and most other text. What is
// not ASCII is for utf8.ts.

const chunkLength = 4096;

/** The bytes; undefined when a character is not ASCII. */
export function asciiEncode(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) return undefined;
    bytes[i] = unit;
  }
  return bytes;
}

export function isAscii(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if ((bytes[i] as number) >= 0x80) return false;
  return true;
}

/** The text of bytes that are ASCII. */
export function asciiDecode(bytes: Uint8Array): string {
  if (bytes.length <= chunkLength) return textOf(bytes);
  let text = '';
  for (let at = 0; at < bytes.length; at += chunkLength) text += textOf(bytes.subarray(at, at + chunkLength));
  return text;
}

function textOf(chunk: Uint8Array): string {
  return String.fromCharCode.apply(undefined, chunk as unknown as number[]);
}
