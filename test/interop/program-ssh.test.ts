// The program ssh, compiled, against the stock sshd and the servers of others: the suites of all clients of ours.
// What ssh says and asks is in test/programs.

import { describeClient } from './client-suite.ts';
import { describeClientWithPeers } from './peer-servers.ts';
import { programSsh } from './programs.ts';

await describeClient('the program ssh', programSsh);
await describeClientWithPeers('the program ssh', programSsh);
