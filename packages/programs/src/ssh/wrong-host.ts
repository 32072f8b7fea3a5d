// What is taken away from a connection whose host key is not the known one, when the user goes on all the same
// (StrictHostKeyChecking no): whatever could give secrets, keys or the user's machine to the wrong host.

import type { SshOptions } from '@sallyport/protocol/config/ssh-keywords';
import type { LogSink } from '@sallyport/protocol/log/log';
import { hostKeyMessages } from './messages.ts';

// One row for each thing that a wrong host must not get, and the words for it.
const withdrawals: readonly {
  readonly what: string;
  readonly wanted: (options: SshOptions) => boolean;
  readonly without: Partial<SshOptions>;
}[] = [
  {
    what: 'Password authentication',
    wanted: (options) => options.PasswordAuthentication,
    without: { PasswordAuthentication: false },
  },
  {
    what: 'Keyboard-interactive authentication',
    wanted: (options) => options.KbdInteractiveAuthentication,
    without: { KbdInteractiveAuthentication: false },
  },
  {
    what: 'Agent forwarding',
    wanted: (options) => options.ForwardAgent !== false,
    without: { ForwardAgent: false },
  },
  { what: 'X11 forwarding', wanted: (options) => options.ForwardX11, without: { ForwardX11: false } },
  {
    what: 'Port forwarding',
    wanted: ({ LocalForward, RemoteForward, DynamicForward }) =>
      LocalForward.length + RemoteForward.length + DynamicForward.length > 0,
    without: { LocalForward: [], RemoteForward: [], DynamicForward: [] },
  },
  { what: 'Tunnel forwarding', wanted: (options) => options.Tunnel !== 'no', without: { Tunnel: 'no' } },
];

/**
 * The options without what is taken away, each thing told. undefined when there is nothing to go on with: a forwarding
 * was wanted and ExitOnForwardFailure is set.
 */
export function withdraw(options: SshOptions, log: LogSink): SshOptions | undefined {
  let left = options;
  for (const { what, wanted, without } of withdrawals) {
    if (!wanted(options)) continue;
    log('error', hostKeyMessages.disabled(what));
    left = { ...left, ...without };
  }
  if (options.ExitOnForwardFailure && left.LocalForward.length < options.LocalForward.length) {
    log('fatal', hostKeyMessages.forwardingGone);
    return undefined;
  }
  return left;
}
