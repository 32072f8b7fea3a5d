import assert from 'node:assert/strict';
import { test } from 'node:test';
import { completeLine } from './completion.ts';

/** The line after the key, with `|` where the cursor is, and what there is to choose from. */
async function press(typed: string, files: Readonly<Record<string, readonly string[]>> = {}): Promise<string> {
  const cursor = typed.indexOf('|');
  const line = typed.replace('|', '');
  const { insert, choices } = await completeLine(line, cursor, async (pattern, place) => {
    return files[`${place}:${pattern}`] ?? [];
  });
  const shown = `${line.slice(0, cursor)}${insert}|${line.slice(cursor)}`;
  return choices.length === 0 ? shown : `${shown} ${choices.join(',')}`;
}

test('a command is completed as far as its name is clear', async () => {
  assert.equal(await press('vers|'), 'version |');
  assert.equal(await press('REN|'), 'REName |');
  assert.equal(await press('re|'), 're| reget,rename,reput');
  assert.equal(await press('lc|'), 'lc| lcd,lchdir');
  assert.equal(await press('sy|'), 'symlink |');
  assert.equal(await press('ver| x'), 'version| x');
  assert.equal(await press('zz|'), 'zz|');
  assert.match(await press('|'), /^\| bye,cd,chdir,.*,!,\?$/);
  assert.equal(await press('ve|rs'), 've|rs', 'within a word nothing is added');
});

test('the place of the files is that of the argument', async () => {
  const files = { 'remote:a*': ['/home/u/abc'], 'local:a*': ['alocal'] };
  assert.equal(await press('get a|', files), 'get abc |');
  assert.equal(await press('get -r x a|', files), 'get -r x alocal |');
  assert.equal(await press('put a|', files), 'put alocal |');
  assert.equal(await press('put x a|', files), 'put x abc |');
  assert.equal(await press('lls a|', files), 'lls alocal |');
  assert.equal(await press('chmod 600 a|', files), 'chmod 600 abc |');
  assert.equal(await press('version a|', files), 'version a|');
  assert.equal(await press('get x y a|', files), 'get x y a|');
});

test('several files are shown and completed as far as they agree; into a folder the path goes on', async () => {
  assert.equal(await press('ls d/a|', { 'remote:d/a*': ['/h/d/abc', '/h/d/abd/'] }), 'ls d/ab| abc,abd/');
  assert.equal(await press('ls d|', { 'remote:d*': ['/h/dir/'] }), 'ls dir/|');
  assert.equal(await press('ls |', { 'remote:*': ['/h/x', '/h/y'] }), 'ls | x,y');
  assert.equal(await press('ls |', { 'remote:*': ['/h/only'] }), 'ls only |');
  assert.equal(await press('ls /|', { 'remote:/*': ['/usr/'] }), 'ls /usr/|');
  assert.equal(await press('ls n|'), 'ls n|');
});

test('names are quoted as the line needs it', async () => {
  const files = { 'remote:a*': ['/h/a b\'c"*\\d'] };
  assert.equal(await press('get a|', files), 'get a\\ b\\\'c\\"\\*\\\\d |');
  assert.equal(await press('get "a|', files), 'get "a b\'c\\"*\\\\d" |');
  assert.equal(await press("get 'a|", files), "get 'a b\\'c\"*\\\\d' |");
  assert.equal(await press('get "d|', { 'remote:d*': ['/h/d r/'] }), 'get "d r/|');
  assert.equal(await press('get a\\ |', { 'remote:a *': ['/h/a b'] }), 'get a\\ b |');
  assert.equal(await press("get 'a*|", { 'remote:a\\**': ['/h/a*b'] }), "get 'a*b' |");
});

test('a pattern shows what fits and stays as it is', async () => {
  assert.equal(await press('get *b|', { 'remote:*b*': ['/h/ab', '/h/bb'] }), 'get *b| ab,bb');
});
