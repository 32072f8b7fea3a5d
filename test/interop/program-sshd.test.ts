// The program sshd, compiled, against the stock ssh and the clients of others: the suites of all servers of ours.
// What sessions and logins are like is in test/programs.

import { describeServerWithPeers } from './peer-clients.ts';
import { programSshd } from './programs.ts';
import { describeServer } from './server-suite.ts';

await describeServer('the program sshd', programSshd);
await describeServerWithPeers('the program sshd', programSshd);
