import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TransferPool } from './transfer-pool.ts';

/** A piece of work that ends when told. */
function work(): { readonly act: () => Promise<void>; readonly end: (error?: Error) => void; isRunning: boolean } {
  let settle: (error?: Error) => void = () => undefined;
  const one = {
    isRunning: false,
    act: () => {
      one.isRunning = true;
      return new Promise<void>((resolve, reject) => {
        settle = (error) => (error === undefined ? resolve() : reject(error));
      });
    },
    end: (error?: Error) => settle(error),
  };
  return one;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('So many run at a time, and the next begins when one is done', async () => {
  const pool = new TransferPool(2);
  const all = [work(), work(), work()];
  const naming = (async () => {
    for (const [index, { act }] of all.entries()) await pool.run(String(index), act);
  })();
  await turn();
  assert.deepEqual(
    all.map(({ isRunning }) => isRunning),
    [true, true, false],
  );
  all[1]?.end();
  await turn();
  assert.equal(all[2]?.isRunning, true);
  for (const { end } of all) end();
  await naming;
  await pool.finish();
});

test('Two for the same target run one after the other', async () => {
  const pool = new TransferPool(8);
  const [one, two] = [work(), work()];
  await pool.run('same', one.act);
  const second = pool.run('same', two.act);
  await turn();
  assert.equal(two.isRunning, false);
  one.end();
  await second;
  assert.equal(two.isRunning, true);
  two.end();
  await pool.finish();
});

test('What ends the program ends the pool: nothing more is begun', async () => {
  const pool = new TransferPool(8);
  const one = work();
  await pool.run('a', one.act);
  one.end(new Error('gone'));
  await turn();
  const two = work();
  await assert.rejects(pool.run('b', two.act), /gone/);
  assert.equal(two.isRunning, false);
  await assert.rejects(pool.finish(), /gone/);
});
