// Where the host keys of this machine are, in the order in which OpenSSH's client tries them: for who signs in the
// host's name, and for who says with which key.

const types = ['ecdsa', 'ed25519', 'rsa'] as const;

/** The folder of the system's files of ssh. */
export const systemFolder = '/etc/ssh';

/** Paths of the private keys; the public halves end with `.pub`, the certificates with `-cert.pub`. */
export function hostKeyFiles(folder: string): readonly string[] {
  return types.map((type) => `${folder}/ssh_host_${type}_key`);
}
