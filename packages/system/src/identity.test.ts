import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { asAccount, ownGroups } from './identity.ts';

const nobody = { uid: 65534, gid: 65534, groups: [65534] };
const notRoot = process.getuid?.() === 0 ? false : 'needs root';

/** Runs a script of this module in a process of its own, which may change who it is. */
function inOwnProcess(script: string): string {
  const module = new URL('./identity.js', import.meta.url).href;
  const source = `void (async () => {
    const identity = await import(${JSON.stringify(module)});
    const fs = await import('node:fs');
    ${script}
  })();`;
  const run = spawnSync(process.execPath, ['-e', source], { encoding: 'utf8', timeout: 20_000 });
  assert.equal(run.status, 0, run.stderr);
  return run.stdout.trim();
}

test('becomeAccount changes every identity of every thread and leaves no way back', { skip: notRoot }, () => {
  const status = inOwnProcess(`
    identity.becomeAccount(${JSON.stringify(nobody)});
    const lines = fs.readdirSync('/proc/self/task').map((task) =>
      fs.readFileSync('/proc/self/task/' + task + '/status', 'utf8')
        .match(/^(?:Uid|Gid|Groups|CapEff):.*$/gm).join('|'));
    console.log([...new Set(lines)].join('\\n'));`);
  const expected = [
    'Uid:\t65534\t65534\t65534\t65534',
    'Gid:\t65534\t65534\t65534\t65534',
    'Groups:\t65534 ',
    'CapEff:\t0000000000000000',
  ];
  assert.equal(status, expected.join('|').trim());
});

test('dropPrivileges locks the process into its folder', { skip: notRoot }, () => {
  const seen = inOwnProcess(`
    identity.dropPrivileges({ uid: 65534, gid: 65534, folder: '/proc/sys' });
    console.log(fs.existsSync('/etc/passwd'), fs.existsSync('/kernel'), process.getuid());`);
  assert.equal(seen, 'false true 65534');
});

test('nothing of root can be had again after becomeAccount', { skip: notRoot }, () => {
  const seen = inOwnProcess(`
    identity.becomeAccount({ uid: 65534, gid: 65534, groups: [] });
    const attempts = [() => process.setuid(0), () => process.setegid(0), () => process.setgroups([0])];
    attempts.push(() => identity.becomeAccount({ uid: 0, gid: 0, groups: [] }));
    const codeOf = (attempt) => { try { attempt(); return 'done'; } catch (error) { return error.code; } };
    const status = fs.readFileSync('/proc/self/status', 'utf8');
    console.log(attempts.map(codeOf).join(' '), /CapPrm:\\s*0+\\n/.test(status));`);
  assert.equal(seen, 'EPERM EPERM EPERM EPERM true');
});

test('setProcessName is what ps shows as the command', () => {
  const seen = inOwnProcess(`
    identity.setProcessName('sallyport-test-name');
    console.log(fs.readFileSync('/proc/' + process.pid + '/comm', 'utf8'));`);
  assert.equal(seen, 'sallyport-test-');
});

test('asAccount borrows the rights of an account and gives them back', { skip: notRoot }, () => {
  const before = ownGroups();
  const readable = asAccount(nobody, () => {
    try {
      readFileSync('/etc/shadow');
      return true;
    } catch {
      return false;
    }
  });
  assert.equal(readable, false);
  assert.deepEqual(ownGroups(), before);
  assert.ok(readFileSync('/etc/shadow').length > 0);
});

test('limitFurtherMemory lets a process have so much more than it has, and no more', () => {
  const sizes = inOwnProcess(`
    identity.limitFurtherMemory(200 * 2 ** 20);
    const small = Buffer.alloc(10 * 2 ** 20, 1);
    try { Buffer.alloc(2 ** 30, 1); console.log('too much'); } catch (error) { console.log(error.constructor.name); }
    console.log(small.length);`);
  assert.match(sizes, /^(?:RangeError|Error)\n10485760$/);
});

test('limitResource shows in /proc, and forbidTracing hides /proc from its own user', () => {
  const seen = inOwnProcess(`
    identity.limitResource('coreBytes', 0);
    const limits = /Max core file size +0 +0/.test(fs.readFileSync('/proc/self/limits', 'utf8'));
    identity.forbidTracing();
    console.log(limits, fs.statSync('/proc/self/environ').uid);`);
  assert.equal(seen, 'true 0');
});
