// Asks the user for a passphrase, a password or a yes, where OpenSSH asks: on the terminal even when stdin is something
// else, or through SSH_ASKPASS when there is none or the environment says so.

import { isTerminal } from '@sallyport/system/descriptors';
import { runAskpass, showNotice } from './askpass.ts';
import { hasTerminal, readTerminalLine } from './terminal-line.ts';

export type PromptEnvironment = Readonly<Record<string, string | undefined>>;

export interface PromptOptions {
  /** What is typed is shown. */
  readonly echo?: boolean;
  /** Without a terminal the answer is a line of stdin (ssh-keygen, ssh-add); otherwise there is no answer. */
  readonly mayUseStandardInput?: boolean;
  /** What the program of SSH_ASKPASS is to show. */
  readonly hint?: 'confirm' | 'none';
  /** Ask through SSH_ASKPASS or not at all. */
  readonly askpassOnly?: boolean;
  readonly env?: PromptEnvironment;
}

/** The answer's bytes, which the caller wipes; empty when there is none. */
export async function readPassphrase(prompt: string, options: PromptOptions = {}): Promise<Uint8Array> {
  return (await askUser(prompt, options)) ?? new Uint8Array(0);
}

/** The answer's bytes; undefined at the end of input, when the user declined, and when nobody can be asked. */
export async function askUser(prompt: string, options: PromptOptions = {}): Promise<Uint8Array | undefined> {
  const { env = process.env, echo = false, hint } = options;
  const source = choosePromptSource(env, {
    ...options,
    hasTerminal: hasTerminal(),
    inputIsTerminal: isTerminal(0),
  });
  if (source === 'askpass') return runAskpass(prompt, { env, hint });
  if (source === 'none') return undefined;
  return readTerminalLine(prompt, { echo, mayUseStandardInput: options.mayUseStandardInput === true });
}

/**
 * Whether the user allows something, asked through SSH_ASKPASS or not at all: an empty line and `yes` allow; every
 * other answer, and nobody to ask, does not.
 */
export async function askPermission(question: string, env: PromptEnvironment = process.env): Promise<boolean> {
  const answer = await askUser(question, { askpassOnly: true, hint: 'confirm', env });
  return answer !== undefined && ['', 'yes'].includes(Buffer.from(answer).toString('latin1').toLowerCase());
}

/** Tells the user something through SSH_ASKPASS, where there is one to ask, until the result is called. */
export function tellUser(text: string, env: PromptEnvironment): () => void {
  const around = { hasTerminal: false, inputIsTerminal: false, askpassOnly: true };
  return choosePromptSource(env, around) === 'askpass' ? showNotice(text, { env }) : () => undefined;
}

export interface PromptSurroundings {
  /** Whether /dev/tty opens. */
  readonly hasTerminal: boolean;
  readonly inputIsTerminal: boolean;
  readonly mayUseStandardInput?: boolean;
  readonly askpassOnly?: boolean;
}

/** Where to ask, by DISPLAY, WAYLAND_DISPLAY and SSH_ASKPASS_REQUIRE. */
export function choosePromptSource(
  env: PromptEnvironment,
  around: PromptSurroundings,
): 'askpass' | 'terminal' | 'none' {
  const requirement = env['SSH_ASKPASS_REQUIRE']?.toLowerCase();
  const hasDisplay = [env['DISPLAY'], env['WAYLAND_DISPLAY']].some((value) => value !== undefined && value !== '');
  const mayAskpass = requirement === 'force' || (hasDisplay && requirement !== 'never');
  const demanded = requirement === 'force' || requirement === 'prefer' || around.askpassOnly === true;
  const needed = around.mayUseStandardInput === true ? !around.inputIsTerminal : !around.hasTerminal;
  if (mayAskpass && (demanded || needed)) return 'askpass';
  if (around.askpassOnly === true) return 'none';
  return around.hasTerminal || around.mayUseStandardInput === true ? 'terminal' : 'none';
}
