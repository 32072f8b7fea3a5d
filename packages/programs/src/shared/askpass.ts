// Asks through the program of SSH_ASKPASS, which shows a window: the prompt is its argument, the answer the first line
// of its output, a status other than 0 means that the user declined.

import { withStartingOpenFileLimit } from '@sallyport/system/open-file-limit';

const defaultProgram = '/usr/bin/ssh-askpass';
const maximumAnswerBytes = 1023;

export interface AskpassOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Sets SSH_ASKPASS_PROMPT: 'confirm' asks for yes or no, 'none' only tells. */
  readonly hint?: 'confirm' | 'none' | undefined;
}

/** Shows a text until the result is called: a window that asks nothing. What cannot be run shows nothing. */
export function showNotice(text: string, { env }: Pick<AskpassOptions, 'env'>): () => void {
  const { spawn } = process.getBuiltinModule('node:child_process');
  const asked = { ...env, SSH_ASKPASS_PROMPT: 'none' };
  const child = withStartingOpenFileLimit(() => spawn(programOf(env), [text], { env: asked, stdio: 'ignore' }));
  child.on('error', () => undefined);
  return () => void child.kill('SIGTERM');
}

function programOf(env: AskpassOptions['env']): string {
  const chosen = env['SSH_ASKPASS'];
  return chosen === undefined || chosen === '' ? defaultProgram : chosen;
}

/** The answer without its line end; undefined when the user declined or the program cannot be run. */
export function runAskpass(prompt: string, { env, hint }: AskpassOptions): Promise<Uint8Array | undefined> {
  const hinted = hint === undefined ? env : { ...env, SSH_ASKPASS_PROMPT: hint };
  // Loaded here and not before: hardly anybody is asked this way.
  const { spawn } = process.getBuiltinModule('node:child_process');
  const child = withStartingOpenFileLimit(() =>
    spawn(programOf(env), [prompt], { env: hinted, stdio: ['inherit', 'pipe', 'inherit'] }),
  );
  const answer = Buffer.alloc(maximumAnswerBytes);
  let length = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    length += chunk.copy(answer, length);
    chunk.fill(0);
  });
  return new Promise((resolve) => {
    child.once('error', () => resolve(undefined));
    child.once('close', (status) => {
      const line = answer.subarray(0, length);
      const end = line.findIndex((byte) => byte === 0x0a || byte === 0x0d);
      resolve(status === 0 ? Uint8Array.from(end < 0 ? line : line.subarray(0, end)) : undefined);
      answer.fill(0);
    });
  });
}
