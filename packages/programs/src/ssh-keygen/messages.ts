// Everything that ssh-keygen says, in the words of OpenSSH 10.5. Lines are without their ends; prompts as they stand.
// What other programs say too is in ../shared/messages.ts.

import { escapeControls } from '../shared/printable.ts';

export const usage = `usage: ssh-keygen [-q] [-a rounds] [-b bits] [-C comment] [-f output_keyfile]
                  [-m format] [-N new_passphrase] [-O option]
                  [-t ecdsa | ecdsa-sk | ed25519 | ed25519-sk | mldsa44-ed25519 |
                  rsa] [-w provider] [-Z cipher]
       ssh-keygen -p [-a rounds] [-f keyfile] [-m format] [-N new_passphrase]
                   [-P old_passphrase] [-Z cipher]
       ssh-keygen -i [-f input_keyfile] [-m key_format]
       ssh-keygen -e [-f input_keyfile] [-m key_format]
       ssh-keygen -y [-f input_keyfile]
       ssh-keygen -c [-a rounds] [-C comment] [-f keyfile] [-P passphrase]
       ssh-keygen -l [-v] [-E fingerprint_hash] [-f input_keyfile]
       ssh-keygen -B [-f input_keyfile]
       ssh-keygen -D pkcs11
       ssh-keygen -F hostname [-lv] [-f known_hosts_file]
       ssh-keygen -H [-f known_hosts_file]
       ssh-keygen -K [-a rounds] [-w provider]
       ssh-keygen -R hostname [-f known_hosts_file]
       ssh-keygen -r hostname [-g] [-f input_keyfile] [-O hashalg=alg]
       ssh-keygen -M generate [-O option] output_file
       ssh-keygen -M screen [-f input_file] [-O option] output_file
       ssh-keygen -I certificate_identity -s ca_key [-hU] [-D pkcs11_provider]
                  [-n principals] [-O option] [-V validity_interval]
                  [-z serial_number] file ...
       ssh-keygen -L [-f input_keyfile]
       ssh-keygen -A [-a rounds] [-f prefix_path]
       ssh-keygen -k -f krl_file [-u] [-s ca_public] [-z version_number]
                  file ...
       ssh-keygen -Q [-l] -f krl_file [file ...]
       ssh-keygen -Y find-principals -s signature_file -f allowed_signers_file
       ssh-keygen -Y match-principals -I signer_identity -f allowed_signers_file
       ssh-keygen -Y check-novalidate -n namespace -s signature_file
       ssh-keygen -Y sign -f key_file -n namespace file [-O option] ...
       ssh-keygen -Y verify -f allowed_signers_file -I signer_identity
                  -n namespace -s signature_file [-r krl_file] [-O option]
`;

export interface GoodSignature {
  readonly namespace: string;
  readonly principal: string | undefined;
  readonly type: string;
  readonly print: string;
}

export interface SignedCertificate {
  readonly kind: string;
  readonly path: string;
  readonly identity: string;
  readonly serial: bigint;
  readonly names: string | undefined;
  readonly validity: string;
}

export const prompts = {
  saveKey: 'Enter file in which to save the key',
  whichKey: 'Enter file in which the key is',
  overwrite: 'Overwrite (y/n)? ',
  replaceOnToken: 'Overwrite key in token (y/n)? ',
  newPassphraseFor: (path: string) => `Enter passphrase for "${path}" (empty for no passphrase): `,
  newPassphrase: 'Enter new passphrase (empty for no passphrase): ',
  samePassphrase: 'Enter same passphrase again: ',
  oldPassphrase: 'Enter old passphrase: ',
  tokenPin: 'Enter PIN for authenticator: ',
  pinFor: (label: string) => `Enter PIN for '${label}': `,
  passphraseFor: (path: string) => `Enter passphrase for "${path}": `,
  passphrase: 'Enter passphrase: ',
  newComment: 'New comment: ',
} as const;

/** Why an agent is of no use. */
export const agentReasons = {
  absent: 'agent not present',
  failed: 'communication with agent failed',
  refused: 'agent refused operation',
} as const;

/** The rows of -L, without their indentation. */
export const listing = {
  type: (type: string, kind: string) => `Type: ${type} ${kind} certificate`,
  publicKey: (label: string, print: string) => `Public key: ${label} ${print}`,
  authority: (label: string, print: string, algorithm: string) => `Signing CA: ${label} ${print} (using ${algorithm})`,
  keyId: (id: string) => `Key ID: "${id}"`,
  serial: (serial: bigint) => `Serial: ${serial}`,
  validity: (words: string) => `Valid: ${words}`,
  principals: 'Principals:',
  criticalOptions: 'Critical Options:',
  extensions: 'Extensions:',
  unknownFlag: (name: string) => `${name} UNKNOWN FLAG OPTION`,
  unknownOption: (name: string, hex: string, length: number) => `${name} UNKNOWN OPTION: ${hex} (len ${length})`,
  corrupt: '(corrupt)',
} as const;

/** What -M says; times are as ctime(3) writes them. */
export const moduliMessages = {
  unsupported: (name: string) => `Unsupported moduli option ${name}`,
  noOutput: 'No output file specified',
  tooManyOutputs: 'Too many output files specified',
  notForGeneration: (word: string) => `Option "${word}" is unsupported for moduli generation`,
  notForScreening: (word: string) => `Option "${word}" is unsupported for moduli screening`,
  badStart: 'Invalid start point.',
  badGenerator: (text: string, problem: string) => `Generator invalid: ${text} (${problem})`,
  tooManyBits: (bits: number, limit: number) => `Too many bits: ${bits} > ${limit}`,
  tooFewBits: (bits: number, limit: number) => `Too few bits: ${bits} < ${limit}`,
  tooFewTrials: (limit: number) => `Minimum primality trials is ${limit}`,
  generationFailed: 'modulus candidate generation failed',
  screeningFailed: 'modulus screening failed',
  cannotOpenCandidates: (path: string, reason: string) => `Couldn't open modulus candidate file "${path}": ${reason}`,
  cannotOpenModuli: (path: string, reason: string) => `Couldn't open moduli file "${path}": ${reason}`,
  sieving: (time: string, count: number, bits: number) => `${time} Sieve next ${count} plus ${bits - 1}-bit`,
  sieved: (time: string, limit: number, seconds: number) =>
    `${time} Sieved with small primes up to ${limit} in ${seconds} seconds`,
  foundCandidates: (time: string, count: number) => `${time} Found ${count} candidates`,
  screening: (time: string, trials: number, generator: number | undefined) =>
    `${time} Final ${trials} Miller-Rabin trials (${(generator ?? 0).toString(16)} generator)`,
  processed: (time: string, count: number, spent: string) => `${time} processed ${count} in ${spent}`,
  processedOf: ({ time, count, total, spent, left }: ModuliProgress) =>
    `${time} processed ${count} of ${total} (${Math.floor((100 * count) / total)}%) in ${spent}, ETA ${left}`,
  foundPrimes: ({
    time,
    found,
    possible,
    seconds,
  }: Readonly<Record<'found' | 'possible' | 'seconds', number>> & { readonly time: string }) =>
    `${time} Found ${found} safe primes of ${possible} candidates in ${seconds} seconds`,
  checkpointLoaded: (path: string, line: number) => `Loaded checkpoint from '${path}' line ${line}`,
  checkpointFailed: (path: string) => `Failed to load checkpoint from '${path}'`,
} as const;

export interface ModuliProgress {
  readonly time: string;
  readonly count: number;
  readonly total: number;
  readonly spent: string;
  readonly left: string;
}

/** Why a file is no revocation list at all. */
export const krlReasons = { badMagic: 'KRL file has invalid magic number' } as const;

/** The lines of -Q -l. */
export const krlListing = {
  version: (version: bigint) => `# KRL version ${version}`,
  generated: (time: string) => `# Generated at ${time}`,
  comment: (comment: string) => `# Comment: ${escapeControls(comment)}`,
  key: (print: string, type: string) => `hash: ${print} # ${type}`,
  sha256: (hex: string) => `hash: SHA256:${hex}`,
  sha1: (hex: string) => `# hash SHA1:${hex}`,
  anyAuthority: '# Wildcard CA',
  authority: (type: string, print: string) => `# CA key ${type} ${print}`,
  serial: (low: bigint, high: bigint) => `serial: ${low === high ? low : `${low}-${high}`}`,
  keyId: (id: string) => `id: ${escapeControls(id)}`,
} as const;

export const messages = {
  tooManyArguments: 'Too many arguments.',
  tooFewArguments: 'Too few arguments.',
  onlyOneOfPassphraseAndComment: 'Can only have one of -p and -c.',
  noFingerprintsOfChanges: 'Cannot use -l with -H or -R.',
  badBits: (text: string, problem: string) => `Bits has bad value ${text} (${problem})`,
  badNumber: (text: string, problem: string) => `Invalid number: ${text} (${problem})`,
  badCipher: (name: string) => `Invalid OpenSSH-format cipher '${name}'`,
  unknownType: (name: string) => `unknown key type ${name}`,
  rsaTooShort: 'Invalid RSA key length: minimum is 1024 bits',
  rsaTooLong: 'Invalid RSA key length: maximum is 16384 bits',
  badEcdsaBits: 'Invalid ECDSA key length: valid lengths are 256, 384 or 521 bits',
  noUser: (uid: number) => `No user exists for uid ${uid}`,

  generating: (type: string) => `Generating public/private ${type} key pair.`,
  createdFolder: (path: string) => `Created directory '${path}'.`,
  cannotCreateFolder: (path: string, reason: string) => `Could not create directory '${path}' (${reason}).`,
  exists: (path: string) => `${path} already exists.`,
  passphrasesDiffer: 'Passphrases do not match.  Try again.',
  savingFailed: (path: string, reason: string) => `Saving key "${path}" failed: ${reason}`,
  savingPublicFailed: (path: string, reason: string) => `Unable to save public key to ${path}: ${reason}`,
  savedPrivate: (path: string) => `Your identification has been saved in ${path}`,
  savedPublic: (path: string) => `Your public key has been saved in ${path}`,
  fingerprintIs: 'The key fingerprint is:',
  randomartIs: "The key's randomart image is:",

  cannotOpen: (path: string, reason: string) => `${path}: ${reason}`,
  cannotRead: (path: string, reason: string) => `ssh-keygen: ${path}: ${reason}`,
  notPublic: (path: string) => `${path} is not a public key file.`,
  lineNotPublic: (path: string, line: number) => `debug1: ${path}:${line}: not a public key`,
  notKey: (path: string) => `${path} is not a key file.`,
  noComment: 'no comment',

  cannotLoad: (path: string, reason: string) => `Failed to load key ${path}: ${reason}`,
  hasComment: (comment: string) => `Key has comment '${escapeControls(comment)}'`,
  newPassphrasesDiffer: 'Pass phrases do not match.  Try again.',
  savedWithPassphrase: 'Your identification has been saved with the new passphrase.',
  cannotLoadForComment: (path: string, reason: string) => `Cannot load private key "${path}": ${reason}`,
  oldComment: (comment: string) => `Old comment: ${escapeControls(comment)}`,
  sameComment: 'No change to comment',
  commentApplied: (comment: string) => `Comment '${escapeControls(comment)}' applied`,
  commentRemoved: 'Comment removed',

  badSerial: (text: string) => `Invalid serial number "${text}"`,
  badLife: (text: string) => `Invalid certificate life specification ${text}`,
  badRelativeLife: (text: string) => `Invalid relative certificate life ${text}`,
  badRelativeTime: (text: string) => `Invalid relative certificate time ${text}`,
  unrepresentableTime: (text: string) => `Certificate time ${text} cannot be represented`,
  badHexTime: 'Invalid certificate time: not a number',
  badFromTime: (text: string) => `Invalid from time "${text}"`,
  badToTime: (text: string) => `Invalid to time "${text}"`,
  emptyValidity: 'Empty certificate validity interval',
  needsIdentity: 'Must specify key id (-I) when certifying',
  emptyPrincipal: 'Empty principal name',
  tooManyPrincipals: 'Too many certificate principals specified',
  authorityTypeDiffers: (type: string, wanted: string) => `CA key type ${type} doesn't match specified ${wanted}`,
  cannotBeCertified: (path: string, type: string) => `do_ca_sign: key "${path}" type ${type} cannot be certified`,
  cannotLoadPublic: (path: string, reason: string) => `load pubkey "${path}": ${reason}`,
  cannotCertify: (path: string, reason: string) => `Couldn't certify key ${path}: ${reason}`,
  cannotCertifyByAgent: (path: string, reason: string) => `Couldn't certify ${path} via agent: ${reason}`,
  cannotLoadAuthority: (path: string, reason: string) => `Cannot load CA public key ${path}: ${reason}`,
  touchToMake: 'You may need to touch your authenticator to authorize key generation.',
  touchToMakeAgain: 'You may need to touch your authenticator again to authorize key generation.',
  touchToFetch: 'You may need to touch your authenticator to authorize key download.',
  noResidentKeys: 'No keys to download',
  tokenFailed: (reason: string) => `Key enrollment failed: ${reason}`,
  wrongPin: 'PIN incorrect',
  tooManyPins: 'Too many incorrect PINs',
  residentExists: (application: string, user: string) =>
    `A resident key scoped to '${application}' with user id '${user}' already exists.`,
  cannotLoadResident: (reason: string) => `Unable to load resident keys: ${reason}`,
  badApplication: 'FIDO application string must begin with "ssh:"',
  cannotLoadChallenge: (path: string, reason: string) =>
    `Unable to load FIDO enrollment challenge "${path}": ${reason}`,
  unsupportedSetting: (word: string) => `Option "${word}" is unsupported for FIDO authenticator enrollment`,
  savedAttestation: (path: string) => `Your FIDO attestation certificate has been saved in ${path}`,
  savedResident: (label: string, application: string, path: string) =>
    `Saved ${label} key${application === '' ? '' : ` ${application}`} to ${path}`,
  authorityNotOnToken: 'No PKCS#11 key matching the CA key was found on the token',
  cannotReadToken: 'cannot read public key from pkcs11',
  authorityNotInAgent: (path: string) => `CA key ${path} not found in agent`,
  noAgentForAuthority: (reason: string) => `Cannot use public key for CA signature: ${reason}`,
  noAgentKeys: (reason: string) => `Retrieve agent key list: ${reason}`,
  emptyForcedCommand: 'Empty force-command option',
  secondForcedCommand: 'force-command already specified',
  emptySourceAddress: 'Empty source-address option',
  secondSourceAddress: 'source-address already specified',
  badSourceAddress: 'Invalid source-address list',
  badCertificateOption: (text: string) => `Unsupported certificate option "${text}"`,
  signedCertificate: ({ kind, path, identity, serial, names, validity }: SignedCertificate) =>
    `Signed ${kind} key ${path}: id "${escapeControls(identity)}" serial ${serial}` +
    `${names === undefined ? '' : ` for ${escapeControls(names)}`} valid ${validity}`,
  invalidKeyLine: (path: string, line: number, reason: string) => `${path}:${line}: invalid key: ${reason}`,
  notCertificate: (path: string, line: number) => `${path}:${line} is not a certificate`,

  krlNeedsOutput: 'KRL generation requires an output file',
  krlNeedsInput: 'KRL checking requires an input file',
  noKrlToUpdate: (path: string) => `KRL "${path}" does not exist`,
  cannotLoadKrl: (path: string, reason: string) => `Unable to load KRL ${path}: ${reason}`,
  invalidKrl: (path: string, reason: string) => `Invalid KRL file ${path}: ${reason}`,
  cannotWrite: (path: string, reason: string) => `write ${path}: ${reason}`,
  cannotFopen: (path: string, reason: string) => `fopen ${path}: ${reason}`,
  cannotLoadChecked: (path: string, reason: string) => `Cannot load public key ${path}: ${reason}`,
  badKrlKey: (reason: string) => `parse KRL key: ${reason}`,
  revokingFrom: (path: string) => `Revoking from ${path}`,
  serialNeedsAuthority: 'revoking certificates by serial number requires specification of a CA key',
  keyIdNeedsAuthority: 'revoking certificates by key ID requires specification of a CA key',
  badSerialLine: (place: string, text: string) => `${place}: invalid serial "${text}"`,
  serialOutOfRange: (place: string) => `${place}: serial out of range`,
  badSerialRange: (place: string, low: bigint, high: bigint) => `${place}: invalid serial range ${low}:${high}`,
  serialZero: 'update_krl_from_file: revoke serial failed',
  badHashAlgorithm: (place: string) => `${place}: unsupported hash algorithm`,
  badHashLine: (place: string, reason: string) => `${place}: decode hash failed: ${reason}`,
  badKeyLine: (place: string, reason: string) => `${place}: invalid key: ${reason}`,
  checkedKey: (path: string, comment: string, isRevoked: boolean) =>
    `${path}${comment === '' ? '' : ` (${escapeControls(comment)})`}: ${isRevoked ? 'REVOKED' : 'ok'}`,

  missingArgument: (operation: string, what: string) => `Too few arguments for ${operation}: missing ${what}`,
  missingOfSearch: (what: string) => `Too few arguments for find-principals:missing ${what}`,
  missingOfMatch: 'Too few arguments for match-principals:missing allowed keys file',
  unknownOperation: (name: string) => `Unsupported operation for -Y: "${name}"`,
  badSetting: (text: string) => `Invalid option "${text}"`,
  badVerifyTime: 'Invalid "verify-time" option',
  cannotLoadSigner: (path: string, reason: string) => `Couldn't load public key ${path}: ${reason}`,
  noAgentSocket: "Couldn't get agent socket",
  notInAgent: "Couldn't find key in agent",
  noPrivateFor: (path: string) => `No private key found for "${path}"`,
  noPrivateForPublic: (path: string) => `No private key found for public key "${path}"`,
  privateDiffers: (path: string, privatePath: string) => `Public key ${path} doesn't match private ${privatePath}`,
  mixedInput: 'Cannot sign mix of paths and standard input',
  cannotOpenToSign: (path: string, reason: string) => `Cannot open ${path} for signing: ${reason}`,
  cannotOpenToWrite: (path: string, reason: string) => `Cannot open ${path}: ${reason}`,
  signingInput: 'Signing data on standard input',
  signingFile: (path: string) => `Signing file ${path}`,
  signingFailed: (path: string, reason: string) => `Signing ${path} failed: ${reason}`,
  wroteSignature: (path: string) => `Write signature to ${path}`,
  badSignatureHash: (name: string) => `unsupported hash algorithm "${name}"`,
  hashNotSupported: 'signature algorithm not supported',
  cannotReadSignature: (reason: string) => `Couldn't read signature file: ${reason}`,
  namespaceDiffers: "Couldn't verify signature: namespace does not match",
  badRsaSignature: (name: string) => `Couldn't verify signature: unsupported RSA signature algorithm ${name}`,
  wrongSignature: 'Signature verification failed: incorrect signature',
  cannotOpenAllowed: (path: string, reason: string) => `Unable to open allowed keys file "${path}": ${reason}`,
  goodSignature: ({ namespace, principal, type, print }: GoodSignature) =>
    `Good "${escapeControls(namespace)}" signature ` +
    `${principal === undefined ? '' : `for ${escapeControls(principal)} `}with ${type} key ${print}`,
  badSignature: 'Could not verify signature.',
  noPrincipal: 'No principal matched.',
  badSigner: (place: string, reason: string) => `${place}: ${reason}`,
  certificateNotAuthorized: (place: string, reason: string) => `${place}: certificate not authorized: ${reason}`,
  namespaceNotPermitted: (place: string, namespace: string) =>
    `${place}: key is not permitted for use in signature namespace "${namespace}"`,
  signerNotYetValid: (place: string, time: string, limit: string) =>
    `${place}: key is not yet valid: verify time ${time} < valid-after ${limit}`,
  signerExpired: (place: string, time: string, limit: string) =>
    `${place}: key has expired: verify time ${time} > valid-before ${limit}`,
  noValidPrincipals: (place: string) => `${place}: no valid principals found`,

  badFormat: (name: string) => `Unsupported conversion format "${name}"`,
  convertedBy: (bits: number, type: string, whom: string) => `${bits}-bit ${type}, converted by ${whom} from OpenSSH`,
  tooManyPasses: (passes: number, limit: number) => `Too many KDF rounds for a PuTTY key file: ${passes} > ${limit}`,
  notConvertible: (type: string) => `unsupported key type ${type}`,
  notRecognised: (path: string, reason: string) => `${path} is not a recognised key file: ${reason}`,
  noKeysFound: 'no keys found.',
  publicUnreadable: (path: string, reason: string) => `Failed to read v2 public key from "${path}": ${reason}.`,
  generatingHostKeys: 'ssh-keygen: generating new host keys: ',
  cannotStat: (path: string, reason: string) => `Cannot stat ${path}: ${reason}`,
  hostFound: (host: string, line: number, mark: string) => `# Host ${host} found: line ${line} ${mark}`,
  hostFoundForRemoval: (host: string, line: number) => `# Host ${host} found: line ${line}`,
  hostNotFound: (host: string, path: string) => `Host ${host} not found in ${path}`,
  invalidLine: (path: string, line: number) => `${path}:${line}: invalid line`,
  wildcardKept: (path: string, line: number, hosts: string) =>
    `${path}:${line}: ignoring host name with wildcard: ${escapeControls(hosts)}`,
  notKnownHosts: (path: string) => `${path} is not a valid known_hosts file.`,
  notReplaced: 'Not replacing existing known_hosts file because of errors',
  updated: (path: string) => `${path} updated.`,
  originalKept: (path: string) => `Original contents retained as ${path}`,
  unhashedLeft: (path: string) => `WARNING: ${path} contains unhashed entries`,
  deleteForPrivacy: 'Delete this file to ensure privacy of hostnames',
} as const;
