import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandRow, commandTable } from './commands.ts';
import { parseLine } from './parse-command.ts';

const command = (line: string): unknown => parseLine(line).command;
const problem = (line: string): string | undefined => parseLine(line).problem;
const flags = { resume: false, sync: false, preserve: false, recursive: false };

test('get and put have flags, a pattern and a target that is none', () => {
  assert.deepEqual(command('get "a*" b\\*'), { kind: 'get', source: 'a\\*', target: 'b*', flags });
  assert.deepEqual(command('GET -afpr x'), {
    kind: 'get',
    source: 'x',
    flags: { resume: true, sync: true, preserve: true, recursive: true },
  });
  assert.deepEqual(command('mput -P -R x y z'), {
    kind: 'put',
    source: 'x',
    target: 'y',
    flags: { ...flags, preserve: true, recursive: true },
  });
  assert.deepEqual(command('reput x'), { kind: 'put', source: 'x', flags: { ...flags, resume: true } });
  assert.deepEqual(command('reget -- -x'), { kind: 'get', source: '-x', flags: { ...flags, resume: true } });
  assert.equal(problem('get'), 'You must specify at least one path after a get command.');
  assert.equal(problem('mget -x y'), 'mget: Invalid flag -x');
});

test('two paths are needed for names of names', () => {
  assert.deepEqual(command('rename -l a b'), { kind: 'rename', from: 'a', to: 'b', legacy: true });
  assert.deepEqual(command("ln -s 'a*' b"), { kind: 'symlink', from: 'a*', to: 'b' });
  assert.deepEqual(command('ln a b'), { kind: 'hardlink', from: 'a', to: 'b' });
  assert.deepEqual(command('symlink a b'), { kind: 'symlink', from: 'a', to: 'b' });
  assert.deepEqual(command('cp a b'), { kind: 'copy', from: 'a', to: 'b' });
  assert.equal(problem('rename a'), 'You must specify two paths after a rename command.');
  assert.equal(problem('copy a'), 'You must specify two paths after a copy command.');
});

test('only rm takes a pattern among those of one path', () => {
  assert.deepEqual(command("rm 'a*'"), { kind: 'rm', path: 'a\\*' });
  assert.deepEqual(command("mkdir 'a*'"), { kind: 'mkdir', path: 'a*' });
  assert.deepEqual(command('cd'), { kind: 'cd' });
  assert.deepEqual(command('lchdir ~'), { kind: 'lcd', path: '~' });
  assert.equal(problem('rmdir'), 'You must specify a path after a rmdir command.');
  assert.equal(problem('cd -x'), 'cd: Invalid flag -x');
});

test('numbers are octal for modes and C for ids', () => {
  assert.deepEqual(command('chmod 0644 f'), { kind: 'chmod', value: 0o644, path: 'f', ofLink: false });
  assert.deepEqual(command('chown -h 0x10 f'), { kind: 'chown', value: 16, path: 'f', ofLink: true });
  assert.deepEqual(command('chgrp 010 f*'), { kind: 'chgrp', value: 8, path: 'f*', ofLink: false });
  assert.deepEqual(command('lumask 027'), { kind: 'lumask', mask: 0o27 });
  for (const line of ['chmod', 'chmod 9 f', 'chmod u+x f', 'chmod 0x1 f']) {
    assert.equal(problem(line), 'You must supply a numeric argument to the chmod command.', line);
  }
  assert.equal(problem('chown 4294967296 f'), 'You must supply a numeric argument to the chown command.');
  assert.equal(problem('chown 4294967295'), 'You must specify a path after a chown command.');
});

test('the last letter of a kind wins in the flags of ls', () => {
  const usual = { view: 'columns', numeric: false, humanSizes: false, all: false, order: 'name', reverse: false };
  assert.deepEqual(command('ls'), { kind: 'ls', flags: usual });
  assert.deepEqual(command('dir -tSr -lh a'), {
    kind: 'ls',
    path: 'a',
    flags: { ...usual, view: 'long', humanSizes: true, order: 'size', reverse: true },
  });
  assert.deepEqual(command('ls -l1'), { kind: 'ls', flags: { ...usual, view: 'single' } });
  assert.deepEqual(command('ls -1n'), { kind: 'ls', flags: { ...usual, view: 'long', numeric: true } });
  assert.deepEqual(command('ls -fa'), { kind: 'ls', flags: { ...usual, order: 'none', all: true } });
  assert.equal(problem('dir -z'), 'ls: Invalid flag -z');
});

test('the rest of the line is for the shell', () => {
  assert.deepEqual(command('!echo  "a b"'), { kind: 'shell', text: 'echo  "a b"' });
  assert.deepEqual(command('!'), { kind: 'shell', text: '' });
  assert.deepEqual(command('lls  -l "a b"'), { kind: 'lls', text: '-l "a b"' });
  assert.deepEqual(command('df -hi /'), { kind: 'df', path: '/', human: true, inodes: true });
});

test('a line may be empty, a comment, silent and forgiving', () => {
  for (const line of ['', ' \t', '# get x', '  # x']) {
    assert.deepEqual(parseLine(line), { ignoresErrors: false, isSilent: false }, line);
  }
  assert.deepEqual(parseLine(' -@ pwd'), { ignoresErrors: true, isSilent: true, command: { kind: 'pwd' } });
  assert.deepEqual(parseLine('@-pwd').command, { kind: 'pwd' });
  assert.equal(problem('jajajaja'), 'Invalid command.');
  assert.equal(problem('pwd "'), 'Unterminated quoted argument');
  assert.equal(problem('-"'), 'Unterminated quoted argument');
});

test('every name of the table is a command', () => {
  for (const { name, command: own } of commandTable) {
    assert.equal(commandRow(name.toUpperCase())?.name, name);
    const parsed = parseLine(`${name} 0 1`);
    assert.equal(parsed.problem, undefined, `${name}: ${own}`);
    assert.notEqual(parsed.command, undefined, name);
  }
  assert.equal(commandRow('constructor'), undefined);
});
