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
  unsupported: 'unknown or unsupported key type',
  wrongPassphrase: 'incorrect passphrase supplied to decrypt private key',
} as const;

export function loadKeyFailed(path: string, reason: string): string {
  return `Load key "${path}": ${reason}`;
}

/** What a status of an SFTP server means (draft-ietf-secsh-filexfer-02 section 7). */
export const statusReasons: { readonly [status: number]: string; readonly other: string } = {
  0: 'No error',
  1: 'End of file',
  2: 'No such file or directory',
  3: 'Permission denied',
  4: 'Failure',
  5: 'Bad message',
  6: 'No connection',
  7: 'Connection lost',
  8: 'Operation unsupported',
  other: 'Unknown status',
};

/** Signatures in the host's name, as ssh and ssh-keysign tell of them. */
export const keysignMessages = {
  noAnswer: 'the service has closed the connection without an answer',
} as const;
