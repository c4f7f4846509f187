import assert from 'node:assert/strict';
import { Places } from '../../../src/base/places.ts';
import { FakeClock, settle } from '../../fakes/fakeClock.ts';

interface Work {
  readonly end: (error?: Error) => void;
  readonly result: Promise<string>;
}

describe('places', () => {
  let clock: FakeClock;
  let begun: string[];
  let places: Places;

  beforeEach(() => {
    clock = new FakeClock();
    begun = [];
    places = new Places({ clock, count: 2, heldMs: 250 });
  });

  function start(name: string): Work {
    let end: Work['end'] | undefined;
    const ended = new Promise<string>((resolve, reject) => {
      end = (error) => {
        if (error) {
          reject(error);
        } else {
          resolve(name);
        }
      };
    });
    const result = places.run(() => {
      begun.push(name);
      return ended;
    });
    return { end: (error) => end?.(error), result };
  }

  it('are taken in order, and left when the work is done', async () => {
    const a = start('a');
    const b = start('b');
    const c = start('c');
    const d = start('d');
    await settle();
    assert.deepEqual(begun, ['a', 'b']);
    b.end();
    assert.equal(await b.result, 'b');
    await settle();
    assert.deepEqual(begun, ['a', 'b', 'c']);
    a.end();
    c.end();
    d.end();
    assert.deepEqual(await Promise.all([a.result, c.result, d.result]), ['a', 'c', 'd']);
    assert.equal(clock.pendingTimers, 0, 'no timer is left');
  });

  it('are left by work that fails', async () => {
    const a = start('a');
    const b = start('b');
    const c = start('c');
    a.end(new Error('gone'));
    await assert.rejects(a.result, /gone/);
    await settle();
    assert.deepEqual(begun, ['a', 'b', 'c']);
    b.end();
    c.end();
    assert.deepEqual(await Promise.all([b.result, c.result]), ['b', 'c']);
  });

  it('are given up by work that takes long, once', async () => {
    const works = ['a', 'b', 'c', 'd', 'e', 'f'].map(start);
    await clock.advance(249);
    assert.deepEqual(begun, ['a', 'b']);
    await clock.advance(1);
    assert.deepEqual(begun, ['a', 'b', 'c', 'd']);
    works[0]?.end(); // has no place any more that another could take
    await works[0]?.result;
    await settle();
    assert.deepEqual(begun, ['a', 'b', 'c', 'd']);
    works[2]?.end();
    await settle();
    assert.deepEqual(begun, ['a', 'b', 'c', 'd', 'e']);
    for (const work of works) {
      work.end();
    }
    const all = ['a', 'b', 'c', 'd', 'e', 'f'];
    assert.deepEqual(await Promise.all(works.map(({ result }) => result)), all);
    assert.deepEqual(begun, all);
  });
});
