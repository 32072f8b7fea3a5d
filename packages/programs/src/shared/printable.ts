// Text from files and peers on its way to a terminal: control characters become octal escapes, so that a comment or a
// banner cannot move the cursor or change the title.

/** Escapes C0 and C1 controls and DEL as `\ooo`, byte by byte of their UTF-8 form; everything else stays. */
export function escapeControls(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (control) =>
    Array.from(Buffer.from(control, 'utf8'), (byte) => `\\${byte.toString(8).padStart(3, '0')}`).join(''),
  );
}
