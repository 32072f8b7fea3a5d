import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { hasEnded } from '@sallyport/testing/has-ended';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import { until } from '@sallyport/testing/until';
import {
  choosePromptSource,
  type PromptEnvironment,
  type PromptSurroundings,
  readPassphrase,
  tellUser,
} from './prompt.ts';

const onTerminal: PromptSurroundings = { hasTerminal: true, inputIsTerminal: true };
const piped: PromptSurroundings = { hasTerminal: true, inputIsTerminal: false };
const detached: PromptSurroundings = { hasTerminal: false, inputIsTerminal: false };
const display = { DISPLAY: ':0' };

test('the question goes to the terminal, to SSH_ASKPASS or nowhere, by environment and surroundings', () => {
  const rows: readonly (readonly [PromptEnvironment, PromptSurroundings, string])[] = [
    [{}, onTerminal, 'terminal'],
    [{}, piped, 'terminal'],
    [{}, detached, 'none'],
    [{}, { ...detached, mayUseStandardInput: true }, 'terminal'],
    [display, onTerminal, 'terminal'],
    [display, piped, 'terminal'],
    [display, { ...piped, mayUseStandardInput: true }, 'askpass'],
    [display, { ...onTerminal, mayUseStandardInput: true }, 'terminal'],
    [display, detached, 'askpass'],
    [{ DISPLAY: '' }, detached, 'none'],
    [{ WAYLAND_DISPLAY: 'wayland-0' }, detached, 'askpass'],
    [{ SSH_ASKPASS_REQUIRE: 'force' }, onTerminal, 'askpass'],
    [{ SSH_ASKPASS_REQUIRE: 'FORCE' }, detached, 'askpass'],
    [{ SSH_ASKPASS_REQUIRE: 'prefer' }, onTerminal, 'terminal'],
    [{ ...display, SSH_ASKPASS_REQUIRE: 'prefer' }, onTerminal, 'askpass'],
    [{ ...display, SSH_ASKPASS_REQUIRE: 'never' }, detached, 'none'],
    [{ ...display, SSH_ASKPASS_REQUIRE: 'never' }, onTerminal, 'terminal'],
    [display, { ...onTerminal, askpassOnly: true }, 'askpass'],
    [{}, { ...onTerminal, askpassOnly: true }, 'none'],
    [{ ...display, SSH_ASKPASS_REQUIRE: 'never' }, { ...onTerminal, askpassOnly: true }, 'none'],
  ];
  for (const [env, around, expected] of rows) {
    assert.equal(choosePromptSource(env, around), expected, JSON.stringify([env, around]));
  }
});

test('a program of SSH_ASKPASS that cannot be run gives no answer', async () => {
  const env = { SSH_ASKPASS_REQUIRE: 'force', SSH_ASKPASS: '/nonexistent/askpass' };
  assert.deepEqual(await readPassphrase('Question: ', { env }), new Uint8Array(0));
});

test('SSH_ASKPASS_PROMPT tells the program what kind of question it is', async () => {
  const env = { PATH: '/usr/bin:/bin', SSH_ASKPASS_REQUIRE: 'force', SSH_ASKPASS: '/usr/bin/printenv' };
  const answer = await readPassphrase('SSH_ASKPASS_PROMPT', { env, hint: 'confirm' });
  assert.equal(Buffer.from(answer).toString(), 'confirm');
});

test('a notice is shown by SSH_ASKPASS until it is taken back, and nowhere without one', async () => {
  await using folder = await TemporaryFolder.create();
  const script =
    '#!/bin/sh\nprintf "%s %s %s" "$SSH_ASKPASS_PROMPT" "$$" "$1" >"$0.part"; mv "$0.part" "$0.seen"\nexec sleep 60\n';
  const askpass = await folder.write('ask', script, 0o755);
  const env = { PATH: '/usr/bin:/bin', SSH_ASKPASS_REQUIRE: 'force', SSH_ASKPASS: askpass };
  const end = tellUser('touch it', env);
  await until(() => existsSync(`${askpass}.seen`), 'the notice is shown');
  const [, pid = ''] = /^none (\d+) touch it$/.exec(readFileSync(`${askpass}.seen`, 'utf8')) ?? [];
  assert.equal(hasEnded(Number(pid)), false);
  end();
  await until(() => hasEnded(Number(pid)), 'the notice is gone');
  tellUser('nobody', { SSH_ASKPASS_REQUIRE: 'never', SSH_ASKPASS: askpass })();
});
