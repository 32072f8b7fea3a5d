import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { test } from 'node:test';
import { unsafePart } from './safe-path.ts';

function fixture(): { readonly home: string; readonly file: string } {
  const home = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'safe-path-')));
  fs.chmodSync(home, 0o755);
  fs.mkdirSync(path.join(home, '.ssh'), { mode: 0o700 });
  const file = path.join(home, '.ssh', 'authorized_keys');
  fs.writeFileSync(file, '', { mode: 0o600 });
  return { home, file };
}

function check(home: string, file: string): ReturnType<typeof unsafePart> {
  const descriptor = fs.openSync(file, 'r');
  try {
    return unsafePart(descriptor, file, { uid: os.userInfo().uid, home });
  } finally {
    fs.closeSync(descriptor);
  }
}

test('StrictModes accepts private files below the home and names what is writable by others', () => {
  const { home, file } = fixture();
  try {
    assert.equal(check(home, file), undefined);
    fs.chmodSync(file, 0o660);
    assert.deepEqual(check(home, file), { what: 'file', path: file });
    fs.chmodSync(file, 0o600);
    fs.chmodSync(path.dirname(file), 0o777);
    assert.deepEqual(check(home, file), { what: 'directory', path: path.dirname(file) });
    fs.chmodSync(path.dirname(file), 0o700);
    fs.chmodSync(home, 0o775);
    assert.deepEqual(check(home, file), { what: 'directory', path: home });
  } finally {
    fs.rmSync(home, { recursive: true });
  }
});

test('StrictModes looks at the folder that a link leads to', () => {
  const { home, file } = fixture();
  const elsewhere = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'safe-path-')));
  try {
    fs.chmodSync(elsewhere, 0o777);
    fs.renameSync(file, path.join(elsewhere, 'keys'));
    fs.symlinkSync(path.join(elsewhere, 'keys'), file);
    assert.deepEqual(check(home, file), { what: 'directory', path: elsewhere });
  } finally {
    fs.rmSync(home, { recursive: true });
    fs.rmSync(elsewhere, { recursive: true });
  }
});
