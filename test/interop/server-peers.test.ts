// A server of the library against the clients of other implementations: the suite of all servers of ours.
// They are in peer-clients.ts.

import { libraryServer } from './library.ts';
import { describeServerWithPeers } from './peer-clients.ts';

await describeServerWithPeers('the library', libraryServer);
