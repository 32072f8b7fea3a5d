// The login of a plan: its keys, gathered before anything is asked, and the methods that its keywords allow by the
// time the server asks, which a wrong host key may have reduced.

import type { SshOptions } from '@sallyport/protocol/config/ssh-keywords';
import type { ConnectOptions } from './connect-options.ts';
import { isUsable, listOf } from './connect-options.ts';
import { listIdentities } from './identities.ts';
import type { LoginMethod } from './login/authentication.ts';
import { Authentication } from './login/authentication.ts';
import { PublicKeys } from './login/public-keys.ts';
import type { Login } from './open-connection.ts';

const usualMethods = 'gssapi-with-mic,hostbased,publickey,keyboard-interactive,password';

/** `optionsNow`: the keywords after the host key has been judged. */
export async function makeLogin(given: ConnectOptions, optionsNow: () => SshOptions): Promise<Login> {
  const { plan, crypto, log, environment, ask, showBanner } = given;
  const { options } = plan;
  const keys =
    options.PubkeyAuthentication === 'no'
      ? []
      : await listIdentities({
          plan,
          crypto,
          log: log.log,
          environment,
          askPassphrase: (prompt) => ask(prompt, { echo: false }),
        });
  const publicKeys = new PublicKeys({
    crypto,
    keys,
    algorithms: listOf(options.PubkeyAcceptedAlgorithms).filter(isUsable),
    hostBound: options.PubkeyAuthentication !== 'unbound',
    log: log.log,
  });
  const begin = (): Authentication =>
    new Authentication({
      names: { user: plan.user, host: options.HostKeyAlias ?? plan.host },
      publicKeys,
      preferred: listOf(options.PreferredAuthentications ?? usualMethods),
      enabled: enabledMethods(optionsNow()),
      batchMode: options.BatchMode,
      passwordPrompts: options.NumberOfPasswordPrompts,
      devices: options.KbdInteractiveDevices ?? '',
      ask: async (prompt, { echo }) => (await ask(prompt, { echo })) ?? new Uint8Array(0),
      showBanner,
      log: log.log,
    });
  let authentication: Authentication | undefined;
  return {
    learn: (extensions) => publicKeys.learn(extensions),
    answer: (event) => {
      authentication ??= begin();
      return authentication.answer(event);
    },
  };
}

function enabledMethods(options: SshOptions): readonly LoginMethod[] {
  const methods: LoginMethod[] = [];
  if (options.PubkeyAuthentication !== 'no') methods.push('publickey');
  if (options.KbdInteractiveAuthentication) methods.push('keyboard-interactive');
  if (options.PasswordAuthentication) methods.push('password');
  return methods;
}
