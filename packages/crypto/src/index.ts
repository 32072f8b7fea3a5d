// Cryptography for Node and Bun behind the contract of packages/protocol.
// Other modules of this package are its own business.

export type { Libcrypto, LibcryptoProbe } from './libcrypto.ts';
export { createCryptoProvider } from './provider.ts';
