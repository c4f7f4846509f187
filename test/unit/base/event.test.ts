import assert from 'node:assert/strict';
import type { Disposable } from '../../../src/base/disposable.ts';
import { Emitter } from '../../../src/base/event.ts';

describe('Emitter', () => {
  it('calls listeners in the order they came', () => {
    const emitter = new Emitter<number>();
    const seen: string[] = [];
    emitter.event((value) => seen.push(`a${value}`));
    emitter.event((value) => seen.push(`b${value}`));
    emitter.fire(1);
    emitter.fire(2);
    assert.deepEqual(seen, ['a1', 'b1', 'a2', 'b2']);
  });

  it('lets all listeners see the same order when one of them fires', () => {
    const emitter = new Emitter<number>();
    const seen: string[] = [];
    emitter.event((value) => {
      seen.push(`a${value}`);
      if (value < 3) {
        emitter.fire(value + 1);
      }
    });
    emitter.event((value) => seen.push(`b${value}`));
    emitter.fire(1);
    assert.deepEqual(seen, ['a1', 'b1', 'a2', 'b2', 'a3', 'b3']);
  });

  it('does not call a listener that another removed while this value is delivered', () => {
    const emitter = new Emitter<number>();
    const seen: string[] = [];
    const subscriptions: Disposable[] = [];
    emitter.event(() => {
      seen.push('a');
      subscriptions[0]?.dispose();
    });
    subscriptions.push(emitter.event(() => seen.push('b')));
    emitter.fire(1);
    assert.deepEqual(seen, ['a']);
  });

  it('takes the same function twice as two listeners', () => {
    const emitter = new Emitter<number>();
    let calls = 0;
    const listener = (): void => {
      calls++;
    };
    const first = emitter.event(listener);
    emitter.event(listener);
    emitter.fire(1);
    assert.equal(calls, 2);
    first.dispose();
    first.dispose();
    emitter.fire(2);
    assert.equal(calls, 3);
  });

  it('reports what a listener throws and calls the others', () => {
    const errors: unknown[] = [];
    const emitter = new Emitter<number>((error) => errors.push(error));
    const seen: number[] = [];
    emitter.event(() => {
      throw new Error('a bug');
    });
    emitter.event((value) => seen.push(value));
    emitter.fire(1);
    emitter.fire(2);
    assert.deepEqual(seen, [1, 2]);
    assert.equal(errors.length, 2);
  });

  it('knows whether anybody listens, and forgets all when disposed', () => {
    const emitter = new Emitter<number>();
    assert.equal(emitter.hasListeners, false);
    const seen: number[] = [];
    emitter.event((value) => seen.push(value));
    assert.equal(emitter.hasListeners, true);
    emitter.dispose();
    emitter.fire(1);
    assert.equal(emitter.hasListeners, false);
    assert.deepEqual(seen, []);
  });

  it('calls nobody any more for values that wait when it is disposed', () => {
    const emitter = new Emitter<number>();
    const seen: number[] = [];
    emitter.event((value) => {
      seen.push(value);
      emitter.fire(value + 1);
      emitter.dispose();
    });
    emitter.fire(1);
    assert.deepEqual(seen, [1]);
  });
});
