// Software authenticators for one test, and an ssh-sk-helper that finds them in the place of USB: the shipped program's
// main, given another transport by a script that only lives as long as the test.

import { TemporaryFolder } from '../temporary-folder.ts';
import { SoftwareAuthenticator } from './authenticator.ts';
import { AuthenticatorSocket, type Distortion } from './authenticator-socket.ts';

export interface TokenFixtureOptions {
  readonly tokens?: readonly SoftwareAuthenticator[];
  /** How long libfido2 may take over a call. */
  readonly timeoutMs?: number;
  /** After how long without a report it gives up. */
  readonly silenceMs?: number;
  /** What every token sends in place of its answers. */
  readonly distort?: Distortion;
}

export class TokenFixture implements AsyncDisposable {
  readonly folder: TemporaryFolder;
  /** SSH_SK_HELPER. */
  readonly env: Readonly<Record<string, string>>;
  readonly #sockets: readonly AuthenticatorSocket[];

  private constructor(folder: TemporaryFolder, helper: string, sockets: readonly AuthenticatorSocket[]) {
    this.folder = folder;
    this.env = { SSH_SK_HELPER: helper };
    this.#sockets = sockets;
  }

  /** The helper runs on the runtime of the test. */
  static async create(options: TokenFixtureOptions = {}): Promise<TokenFixture> {
    const { tokens = [new SoftwareAuthenticator()], timeoutMs = 20_000, silenceMs = 5000, distort } = options;
    const folder = await TemporaryFolder.create();
    const sockets = await Promise.all(
      tokens.map((token, index) => AuthenticatorSocket.listen(folder.file(`token-${index}`), token, distort)),
    );
    const program = JSON.stringify(import.meta.resolve('@sallyport/programs/ssh-sk-helper/main'));
    const library = JSON.stringify(import.meta.resolve('@sallyport/system/libfido2'));
    const transport = JSON.stringify(new URL('./socket-transport.js', import.meta.url).href);
    const paths = JSON.stringify(sockets.map(({ path }) => path));
    const script = await folder.write(
      'helper.mjs',
      `import { main } from ${program};
      import { Libfido2 } from ${library};
      import { socketTransport } from ${transport};
      const transport = socketTransport(${paths}, ${silenceMs});
      process.exit(await main([], () => new Libfido2({ transport, timeoutMs: ${timeoutMs} })));\n`,
    );
    const helper = await folder.write('helper', `#!/bin/sh\nexec '${process.execPath}' '${script}'\n`, 0o755);
    return new TokenFixture(folder, helper, sockets);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) await socket[Symbol.asyncDispose]();
    await this.folder[Symbol.asyncDispose]();
  }
}
