// The table of C functions: everything that this suite calls outside JavaScript, with the library that has it. Sizes
// are those of Linux on x64 and arm64 (LP64). Variadic functions (fcntl, ioctl, open, prctl) are rows with the
// arguments that we use, which both of these calling conventions allow. What a function does is in its manual page,
// section 2 or 3.

/**
 * `int` and `uint` have 32 bits; `long`, `size` and `pointer` have 64 and arrive as exact numbers. `offset` is a `long`
 * that is given as a bigint: positions in a file beyond what a number holds.
 */
export type CType = 'int' | 'uint' | 'long' | 'size' | 'offset' | 'pointer' | 'void';

export interface CSignature {
  readonly result: CType;
  readonly arguments: readonly CType[];
}

export interface CFunction extends CSignature {
  readonly library: keyof typeof libraries;
}

/** File names to try, in order. */
export const libraries = {
  c: ['libc.so.6'],
  crypt: ['libcrypt.so.1', 'libcrypt.so.2'],
  /** OpenSSL 3, where it is installed; only `libcrypto.ts` asks for it, and only on Bun. */
  crypto: ['libcrypto.so.3'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export const functions = {
  EVP_CIPHER_CTX_free: { library: 'crypto', result: 'void', arguments: ['pointer'] },
  EVP_CIPHER_CTX_new: { library: 'crypto', result: 'pointer', arguments: [] },
  EVP_CIPHER_fetch: { library: 'crypto', result: 'pointer', arguments: ['pointer', 'pointer', 'pointer'] },
  EVP_CipherInit_ex: {
    library: 'crypto',
    result: 'int',
    arguments: ['pointer', 'pointer', 'pointer', 'pointer', 'pointer', 'int'],
  },
  EVP_CipherUpdate: {
    library: 'crypto',
    result: 'int',
    arguments: ['pointer', 'pointer', 'pointer', 'pointer', 'int'],
  },
  EVP_MAC_CTX_free: { library: 'crypto', result: 'void', arguments: ['pointer'] },
  EVP_MAC_CTX_new: { library: 'crypto', result: 'pointer', arguments: ['pointer'] },
  EVP_MAC_fetch: { library: 'crypto', result: 'pointer', arguments: ['pointer', 'pointer', 'pointer'] },
  EVP_MAC_final: { library: 'crypto', result: 'int', arguments: ['pointer', 'pointer', 'pointer', 'size'] },
  EVP_MAC_init: { library: 'crypto', result: 'int', arguments: ['pointer', 'pointer', 'size', 'pointer'] },
  EVP_MAC_update: { library: 'crypto', result: 'int', arguments: ['pointer', 'pointer', 'size'] },
  OPENSSL_init_crypto: { library: 'crypto', result: 'int', arguments: ['size', 'pointer'] },
  _exit: { library: 'c', result: 'void', arguments: ['int'] },
  __errno_location: { library: 'c', result: 'pointer', arguments: [] },
  alarm: { library: 'c', result: 'uint', arguments: ['uint'] },
  bind: { library: 'c', result: 'int', arguments: ['int', 'pointer', 'uint'] },
  chdir: { library: 'c', result: 'int', arguments: ['pointer'] },
  chroot: { library: 'c', result: 'int', arguments: ['pointer'] },
  clock_gettime: { library: 'c', result: 'int', arguments: ['int', 'pointer'] },
  close: { library: 'c', result: 'int', arguments: ['int'] },
  connect: { library: 'c', result: 'int', arguments: ['int', 'pointer', 'uint'] },
  crypt_r: { library: 'crypt', result: 'pointer', arguments: ['pointer', 'pointer', 'pointer'] },
  dlerror: { library: 'c', result: 'pointer', arguments: [] },
  dlopen: { library: 'c', result: 'pointer', arguments: ['pointer', 'int'] },
  dlsym: { library: 'c', result: 'pointer', arguments: ['size', 'pointer'] },
  dup: { library: 'c', result: 'int', arguments: ['int'] },
  dup2: { library: 'c', result: 'int', arguments: ['int', 'int'] },
  execve: { library: 'c', result: 'int', arguments: ['pointer', 'pointer', 'pointer'] },
  fcntl: { library: 'c', result: 'int', arguments: ['int', 'int', 'long'] },
  freeaddrinfo: { library: 'c', result: 'void', arguments: ['pointer'] },
  fstatvfs: { library: 'c', result: 'int', arguments: ['int', 'pointer'] },
  ftruncate: { library: 'c', result: 'int', arguments: ['int', 'offset'] },
  gai_strerror: { library: 'c', result: 'pointer', arguments: ['int'] },
  getaddrinfo: { library: 'c', result: 'int', arguments: ['pointer', 'pointer', 'pointer', 'pointer'] },
  getdents64: { library: 'c', result: 'long', arguments: ['int', 'pointer', 'size'] },
  getgid: { library: 'c', result: 'uint', arguments: [] },
  getgrgid_r: { library: 'c', result: 'int', arguments: ['uint', 'pointer', 'pointer', 'size', 'pointer'] },
  getgrnam_r: { library: 'c', result: 'int', arguments: ['pointer', 'pointer', 'pointer', 'size', 'pointer'] },
  getgrouplist: { library: 'c', result: 'int', arguments: ['pointer', 'uint', 'pointer', 'pointer'] },
  getgroups: { library: 'c', result: 'int', arguments: ['int', 'pointer'] },
  getnameinfo: {
    library: 'c',
    result: 'int',
    arguments: ['pointer', 'uint', 'pointer', 'uint', 'pointer', 'uint', 'int'],
  },
  getpeername: { library: 'c', result: 'int', arguments: ['int', 'pointer', 'pointer'] },
  getpgrp: { library: 'c', result: 'int', arguments: [] },
  getpwnam_r: { library: 'c', result: 'int', arguments: ['pointer', 'pointer', 'pointer', 'size', 'pointer'] },
  getpwuid_r: { library: 'c', result: 'int', arguments: ['uint', 'pointer', 'pointer', 'size', 'pointer'] },
  getpid: { library: 'c', result: 'int', arguments: [] },
  getrandom: { library: 'c', result: 'long', arguments: ['pointer', 'size', 'uint'] },
  getresgid: { library: 'c', result: 'int', arguments: ['pointer', 'pointer', 'pointer'] },
  getresuid: { library: 'c', result: 'int', arguments: ['pointer', 'pointer', 'pointer'] },
  getrlimit: { library: 'c', result: 'int', arguments: ['int', 'pointer'] },
  getsockname: { library: 'c', result: 'int', arguments: ['int', 'pointer', 'pointer'] },
  getsockopt: { library: 'c', result: 'int', arguments: ['int', 'int', 'int', 'pointer', 'pointer'] },
  getspnam_r: { library: 'c', result: 'int', arguments: ['pointer', 'pointer', 'pointer', 'size', 'pointer'] },
  if_nametoindex: { library: 'c', result: 'uint', arguments: ['pointer'] },
  ioctl: { library: 'c', result: 'int', arguments: ['int', 'size', 'pointer'] },
  listen: { library: 'c', result: 'int', arguments: ['int', 'int'] },
  madvise: { library: 'c', result: 'int', arguments: ['size', 'size', 'int'] },
  memcpy: { library: 'c', result: 'pointer', arguments: ['pointer', 'pointer', 'size'] },
  memset: { library: 'c', result: 'pointer', arguments: ['pointer', 'int', 'size'] },
  open: { library: 'c', result: 'int', arguments: ['pointer', 'int', 'uint'] },
  pipe2: { library: 'c', result: 'int', arguments: ['pointer', 'int'] },
  poll: { library: 'c', result: 'int', arguments: ['pointer', 'size', 'int'] },
  posix_openpt: { library: 'c', result: 'int', arguments: ['int'] },
  posix_spawn: {
    library: 'c',
    result: 'int',
    arguments: ['pointer', 'pointer', 'pointer', 'pointer', 'pointer', 'pointer'],
  },
  posix_spawn_file_actions_addchdir_np: { library: 'c', result: 'int', arguments: ['pointer', 'pointer'] },
  posix_spawn_file_actions_addclose: { library: 'c', result: 'int', arguments: ['pointer', 'int'] },
  posix_spawn_file_actions_addclosefrom_np: { library: 'c', result: 'int', arguments: ['pointer', 'int'] },
  posix_spawn_file_actions_adddup2: { library: 'c', result: 'int', arguments: ['pointer', 'int', 'int'] },
  posix_spawn_file_actions_addopen: {
    library: 'c',
    result: 'int',
    arguments: ['pointer', 'int', 'pointer', 'int', 'uint'],
  },
  posix_spawn_file_actions_destroy: { library: 'c', result: 'int', arguments: ['pointer'] },
  posix_spawn_file_actions_init: { library: 'c', result: 'int', arguments: ['pointer'] },
  posix_spawnattr_destroy: { library: 'c', result: 'int', arguments: ['pointer'] },
  posix_spawnattr_init: { library: 'c', result: 'int', arguments: ['pointer'] },
  posix_spawnattr_setflags: { library: 'c', result: 'int', arguments: ['pointer', 'int'] },
  posix_spawnattr_setsigdefault: { library: 'c', result: 'int', arguments: ['pointer', 'pointer'] },
  posix_spawnattr_setsigmask: { library: 'c', result: 'int', arguments: ['pointer', 'pointer'] },
  prctl: { library: 'c', result: 'int', arguments: ['int', 'pointer', 'size', 'size', 'size'] },
  pread: { library: 'c', result: 'long', arguments: ['int', 'pointer', 'size', 'offset'] },
  pwrite: { library: 'c', result: 'long', arguments: ['int', 'pointer', 'size', 'offset'] },
  read: { library: 'c', result: 'long', arguments: ['int', 'pointer', 'size'] },
  recv: { library: 'c', result: 'long', arguments: ['int', 'pointer', 'size', 'int'] },
  recvmsg: { library: 'c', result: 'long', arguments: ['int', 'pointer', 'int'] },
  send: { library: 'c', result: 'long', arguments: ['int', 'pointer', 'size', 'int'] },
  sendmsg: { library: 'c', result: 'long', arguments: ['int', 'pointer', 'int'] },
  setenv: { library: 'c', result: 'int', arguments: ['pointer', 'pointer', 'int'] },
  setgroups: { library: 'c', result: 'int', arguments: ['size', 'pointer'] },
  setresgid: { library: 'c', result: 'int', arguments: ['uint', 'uint', 'uint'] },
  setresuid: { library: 'c', result: 'int', arguments: ['uint', 'uint', 'uint'] },
  setrlimit: { library: 'c', result: 'int', arguments: ['int', 'pointer'] },
  setsid: { library: 'c', result: 'int', arguments: [] },
  setsockopt: { library: 'c', result: 'int', arguments: ['int', 'int', 'int', 'pointer', 'uint'] },
  shutdown: { library: 'c', result: 'int', arguments: ['int', 'int'] },
  signal: { library: 'c', result: 'pointer', arguments: ['int', 'pointer'] },
  socket: { library: 'c', result: 'int', arguments: ['int', 'int', 'int'] },
  socketpair: { library: 'c', result: 'int', arguments: ['int', 'int', 'int', 'pointer'] },
  statvfs: { library: 'c', result: 'int', arguments: ['pointer', 'pointer'] },
  strlen: { library: 'c', result: 'size', arguments: ['pointer'] },
  syscall: { library: 'c', result: 'long', arguments: ['long', 'long', 'long', 'long', 'long', 'long'] },
  waitpid: { library: 'c', result: 'int', arguments: ['int', 'pointer', 'int'] },
  write: { library: 'c', result: 'long', arguments: ['int', 'pointer', 'size'] },
} as const satisfies Readonly<Record<string, CFunction>>;

export type FunctionName = keyof typeof functions;
