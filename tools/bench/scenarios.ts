// What the benchmark measures and what is good enough: one row per scenario of the harness, with its targets. A target
// compares the median of ours with that of stock OpenSSH, both from the same run, because the speed of a machine
// drifts.

export interface Target {
  /** The harness's name of the case, as it begins. */
  readonly testCase: string;
  readonly metric: string;
  readonly better: 'lower' | 'higher';
  /**
   * What must be reached, and what is aimed at: ratios ours/openssh, or ours/ssh2 for libraries; with `absolute` the
   * figure itself.
   */
  readonly must: number;
  readonly aim: number;
  readonly absolute?: boolean;
  /** Which pairs are judged: those with our client or our server unless told. The others are shown. */
  readonly judged?: readonly Side[];
}

/** Which side of a pair is ours. */
export type Side = 'client' | 'server' | 'both';

export interface Scenario {
  readonly name: string;
  readonly what: string;
  /** A file of the harness, or of bench/scripts. */
  readonly script: string;
  /**
   * Whether the scenario compares pairs of client and server, the same for sftp and for scp (`our-copies`: not with
   * stock clients of our server), servers under a load generator, programs by themselves, the library as a client of
   * the stock server with npm ssh2; or only looks at sftp and scp of our own with our server.
   */
  readonly compares: 'pairs' | 'copies' | 'our-copies' | 'servers' | 'programs' | 'libraries' | 'own-copies';
  readonly parameters: readonly string[];
  /**
   * So many runs of the script make one of the scenario (1 unless told): every pair has its turn in each, so that a
   * machine which becomes slower or faster does so for all of them. Only where a sample takes long: servers are new
   * ones for each.
   */
  readonly rounds?: number;
  /** Parameters of a short run, which shows that everything works and little more. */
  readonly quickParameters: readonly string[];
  readonly targets: readonly Target[];
}

const gcm = 'aes128-gcm@openssh.com';
const chacha = 'chacha20-poly1305@openssh.com';
const everySide = ['client', 'server', 'both'] as const;
const memory = { better: 'lower', absolute: true, judged: ['both'] } as const;

/** The same of what is fetched and of what is sent; more is better. */
function bothWays({ testCase, ...target }: Omit<Target, 'better'>): readonly Target[] {
  return ['down', 'up'].map((way): Target => ({ ...target, testCase: `${testCase} ${way}`, better: 'higher' }));
}

export const scenarios: readonly Scenario[] = [
  {
    name: 'connect',
    what: 'connect, log in, run `true`, end (ms)',
    script: 'a_connect.py',
    compares: 'pairs',
    parameters: ['--reps', '25'],
    quickParameters: ['--reps', '3'],
    targets: [{ testCase: 'exec true', metric: 'wall_ms', better: 'lower', must: 1.5, aim: 0.8 }],
  },
  {
    name: 'logins',
    what: 'logins per second, 8 at a time',
    script: 'b_logins.py',
    compares: 'servers',
    parameters: ['--conc', '8', '--secs', '10'],
    quickParameters: ['--conc', '8', '--secs', '2'],
    targets: [{ testCase: 'logins C=8', metric: 'per_s', better: 'higher', must: 1, aim: 3 }],
  },
  {
    name: 'bulk',
    what: 'one stream through an exec channel (MB/s)',
    script: 'c_bulk.py',
    compares: 'pairs',
    parameters: ['--what', 'exec', '--mib', '1024', '--reps', '3', '--ciphers', `${gcm},${chacha}`],
    quickParameters: ['--what', 'exec', '--mib', '64', '--reps', '1', '--ciphers', `${gcm},${chacha}`],
    targets: [
      { testCase: 'exec down aes128-gcm', metric: 'mb_s', better: 'higher', must: 0.8, aim: 1.5 },
      { testCase: 'exec up aes128-gcm', metric: 'mb_s', better: 'higher', must: 0.8, aim: 1.5 },
      { testCase: 'exec down chacha20-poly1305', metric: 'mb_s', better: 'higher', must: 0.6, aim: 1 },
      { testCase: 'exec up chacha20-poly1305', metric: 'mb_s', better: 'higher', must: 0.6, aim: 1 },
    ],
  },
  {
    name: 'files',
    what: 'one file of 1 GiB by sftp and by scp (MB/s)',
    script: 'c_bulk.py',
    compares: 'copies',
    parameters: ['--what', 'file', '--mib', '1024', '--reps', '1', '--verify'],
    rounds: 8,
    quickParameters: ['--what', 'file', '--mib', '64', '--reps', '1', '--verify'],
    targets: bothWays({ testCase: 'file', metric: 'mb_s', must: 1, aim: 2, judged: everySide }),
  },
  {
    name: 'small-files',
    what: '5000 files of 4 KiB by sftp and by scp -r (files/s)',
    script: 'd_small.py',
    compares: 'copies',
    parameters: ['--reps', '3'],
    quickParameters: ['--reps', '1', '--files', '500'],
    targets: bothWays({ testCase: 'small', metric: 'files_s', must: 2, aim: 4, judged: everySide }),
  },
  {
    name: 'far-files',
    what: 'one file of 100 MiB at a round trip of 50 ms (MB/s)',
    script: 'delayed.py',
    compares: 'copies',
    parameters: ['c_bulk.py', '50', '--what', 'file', '--mib', '100', '--reps', '3', '--verify'],
    quickParameters: ['c_bulk.py', '50', '--what', 'file', '--mib', '32', '--reps', '1', '--verify'],
    targets: bothWays({ testCase: 'file', metric: 'mb_s', must: 1, aim: 2, judged: everySide }),
  },
  {
    name: 'far-small-files',
    what: '100 files of 4 KiB at a round trip of 50 ms (files/s)',
    script: 'delayed.py',
    compares: 'our-copies',
    parameters: ['d_small.py', '50', '--reps', '3', '--files', '100'],
    quickParameters: ['d_small.py', '50', '--reps', '1', '--files', '30'],
    targets: bothWays({ testCase: 'small', metric: 'files_s', must: 5, aim: 10, judged: everySide }),
  },
  {
    name: 'big-file',
    what: 'memory of any process while a file of 5 GiB is copied (MB)',
    script: 'big_file.py',
    compares: 'own-copies',
    parameters: [],
    quickParameters: ['--mib', '512'],
    targets: [
      { ...memory, testCase: 'memory get', metric: 'client_peak_mb', must: 150, aim: 100 },
      { ...memory, testCase: 'memory get', metric: 'server_peak_mb', must: 150, aim: 100 },
      { ...memory, testCase: 'memory get', metric: 'client_growth_mb', must: 10, aim: 3 },
      { ...memory, testCase: 'memory get', metric: 'server_growth_mb', must: 10, aim: 3 },
      { ...memory, testCase: 'memory put', metric: 'client_peak_mb', must: 150, aim: 100 },
      { ...memory, testCase: 'memory put', metric: 'server_peak_mb', must: 150, aim: 100 },
      { ...memory, testCase: 'memory put', metric: 'client_growth_mb', must: 10, aim: 3 },
      { ...memory, testCase: 'memory put', metric: 'server_growth_mb', must: 10, aim: 3 },
    ],
  },
  {
    name: 'library-files',
    what: 'one file of 1 GiB by the library, against npm ssh2 (MB/s)',
    script: 'c_bulk.py',
    compares: 'libraries',
    parameters: ['--what', 'file', '--mib', '1024', '--reps', '1', '--verify'],
    rounds: 5,
    quickParameters: ['--what', 'file', '--mib', '64', '--reps', '1', '--verify'],
    targets: bothWays({ testCase: 'file', metric: 'mb_s', must: 2, aim: 3 }),
  },
  {
    name: 'idle',
    what: 'own memory per idle session, 100 sessions of one account (KiB)',
    script: 'e_idle.py',
    compares: 'servers',
    parameters: ['--counts', '100'],
    quickParameters: ['--counts', '20'],
    targets: [{ testCase: 'idle', metric: 'pss_kib_session_without_shell', better: 'lower', must: 1, aim: 0.3 }],
  },
  {
    name: 'keys',
    what: 'agent, ssh-keygen with certificates and revocation lists, ssh-keyscan',
    script: 'h_tools.py',
    compares: 'programs',
    parameters: [],
    quickParameters: ['--secs', '1', '--reps', '1'],
    targets: [
      { testCase: 'agent sign ed25519 C=1', metric: 'per_s', better: 'higher', must: 2, aim: 5 },
      { testCase: 'agent sign rsa-3072 sha512 C=1', metric: 'per_s', better: 'higher', must: 1, aim: 2 },
      { testCase: 'certs: 1000 signed by ed25519', metric: 'wall_ms', better: 'lower', must: 0.67, aim: 0.4 },
      { testCase: 'certs: 1000 signed by rsa', metric: 'wall_ms', better: 'lower', must: 0.67, aim: 0.5 },
      { testCase: 'keygen -l one key', metric: 'wall_ms', better: 'lower', must: 5, aim: 3 },
      { testCase: 'keygen -l 10000 keys', metric: 'wall_ms', better: 'lower', must: 1, aim: 0.5 },
      { testCase: 'krl build 100000 sparse serials', metric: 'wall_ms', better: 'lower', must: 1, aim: 0.5 },
      { testCase: 'krl build 100000 sparse hashes', metric: 'wall_ms', better: 'lower', must: 0.1, aim: 0.05 },
      { testCase: 'krl query 1 cert in 100000 serials', metric: 'wall_ms', better: 'lower', must: 1, aim: 0.5 },
      { testCase: 'krl query 1 cert in 100000 hashes', metric: 'wall_ms', better: 'lower', must: 1, aim: 0.2 },
      { testCase: 'keyscan 200 hosts, ed25519', metric: 'wall_ms', better: 'lower', must: 0.33, aim: 0.2 },
    ],
  },
];
