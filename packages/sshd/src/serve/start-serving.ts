// From the configuration and the keys to the monitor of all connections, with its pool of workers and its log. Nothing
// is accepted yet: who calls this brings the connections.

import { namesOfList } from '@sallyport/protocol/config/algorithm-list';
import { ownProgram } from '@sallyport/system/own-program';
import { sandboxArguments } from '../auth/sandbox.ts';
import { accountIdentity } from '../authentication/account-identity.ts';
import { optionsForUser } from '../authentication/find-account.ts';
import { systemPorts } from '../authentication/system-ports.ts';
import { grantFor } from '../configuration/login-settings.ts';
import { transportSettings } from '../configuration/transport-settings.ts';
import { KeyChecking } from '../keys/key-checking.ts';
import { Connections } from '../listener/connections.ts';
import { HostKeys } from '../listener/host-keys.ts';
import { WorkerPool } from '../listener/worker-pool.ts';
import { ownLines } from '../own-lines.ts';
import { openLog } from './open-log.ts';
import type { ServeOptions, Serving, ServingPlan } from './serve-options.ts';

const stderrFd = 2;

export function startServing(options: ServeOptions, plan: ServingPlan): Serving {
  const { crypto, config, openFiles } = options;
  const global = config.globalOptions();
  const { write: log, threshold: logThreshold } = openLog(options.line, global);
  const program = ownProgram();
  const hostKeys = new HostKeys(crypto, options.hostKeys, namesOfList(global.HostKeyAlgorithms));
  const settings = transportSettings(config, { hostKeys: hostKeys.offered, logThreshold });
  const pool = new WorkerPool({
    program,
    errorFd: stderrFd,
    sandbox: sandboxArguments(),
    settings,
    isLasting: plan.isLasting,
    onCrash: (name, pid, how) => log(ownLines.crashed(name, pid, how)),
    onFailure: (name, error) => log(ownLines.cannotStart(name, error)),
  });
  const keyChecking = new KeyChecking({ crypto, program, log, errorFd: stderrFd, hasProcesses: plan.hasKeyProcesses });
  const secret = crypto.random(new Uint8Array(32));
  const connections = new Connections({
    crypto,
    pool,
    hostKeys,
    startups: global.MaxStartups,
    graceMs: global.LoginGraceTime * 1000,
    accountIdleMs: plan.accountIdleMs,
    settings,
    ports: (ends) =>
      systemPorts({ crypto, config, program, log, secret, askKey: (question) => keyChecking.ask(question) }, ends),
    grant: (login, ends) => ({
      ...grantFor(optionsForUser(config, login.account.name, ends), login, ends),
      ...(openFiles !== undefined && { openFiles }),
    }),
    identity: (account, ends) => accountIdentity(account, optionsForUser(config, account.name, ends)),
    log,
    onEnded: plan.onEnded,
  });
  return { connections, pool, keyChecking, log };
}
