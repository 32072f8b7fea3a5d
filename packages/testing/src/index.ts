// What tests of other packages use: in-memory pairs, scripted peers, the stock programs.
// Nothing but tests imports it.

export { freePort } from './free-port.ts';
export type {
  StockClientOptions,
  StockClientTarget,
  StockKey,
  StockKeyType,
  StockServer,
  StockServerOptions,
} from './openssh-fixture.ts';
export { OpensshFixture } from './openssh-fixture.ts';
export { ourProgram } from './our-programs.ts';
export type { Account, PeerName } from './peers.ts';
export { findProgram, newerOpenssh, opensshKnowing, ownAccount, programPath, skipUnless } from './peers.ts';
export type { ProgramOptions, ProgramResult } from './program.ts';
export { runProgram, startProgram } from './program.ts';
export { mainArguments, runMain } from './program-main.ts';
export type { TemporaryAccountOptions } from './temporary-account.ts';
export { TemporaryAccount } from './temporary-account.ts';
export { TemporaryFolder } from './temporary-folder.ts';
export { until } from './until.ts';
