// The library's client against the servers of other implementations: the suite of all clients of ours.
// They are in peer-servers.ts.

import { libraryClient } from './library.ts';
import { describeClientWithPeers } from './peer-servers.ts';

await describeClientWithPeers('the library', libraryClient);
