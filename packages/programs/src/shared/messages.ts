// Sentences that several programs print in the same words, as OpenSSH 10.5 has them. Each program's own are in its
// messages.ts. Lines are without their ends.

const boxLine = '@'.repeat(59);

/** Printed before a private key file is ignored because others may read it. */
export function unprotectedKeyBox(path: string, mode: number): readonly string[] {
  return [
    boxLine,
    '@         WARNING: UNPROTECTED PRIVATE KEY FILE!          @',
    boxLine,
    `Permissions 0${(mode & 0o777).toString(8).padStart(3, '0')} for '${path}' are too open.`,
    'It is required that your private key files are NOT accessible by others.',
    'This private key will be ignored.',
  ];
}

/** Why a key could not be loaded, as it follows `Load key "F": `. */
export const keyFileReasons = {
  unprotected: 'bad permissions',
  malformed: 'invalid format',
  wrongPassphrase: 'incorrect passphrase supplied to decrypt private key',
} as const;

export function loadKeyFailed(path: string, reason: string): string {
  return `Load key "${path}": ${reason}`;
}
