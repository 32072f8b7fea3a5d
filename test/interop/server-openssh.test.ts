// A server of the library against the stock ssh: the suite of all servers of ours.
// What a login asks is in server-authentication.test.ts.

import { libraryServer } from './library.ts';
import { describeServer } from './server-suite.ts';

await describeServer('the library', libraryServer);
