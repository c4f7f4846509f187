import assert from 'node:assert/strict';
import { DisposableStore, toDisposable } from '../../../src/base/disposable.ts';

describe('toDisposable', () => {
  it('runs at most once', () => {
    let calls = 0;
    const disposable = toDisposable(() => calls++);
    disposable.dispose();
    disposable.dispose();
    assert.equal(calls, 1);
  });
});

describe('DisposableStore', () => {
  const member = (log: string[], name: string): { dispose(): void } => ({
    dispose: () => log.push(name),
  });

  it('disposes in reverse order, once', () => {
    const log: string[] = [];
    const store = new DisposableStore();
    store.add(member(log, 'a'));
    store.add(member(log, 'b'));
    assert.equal(store.isDisposed, false);
    store.dispose();
    store.dispose();
    assert.deepEqual(log, ['b', 'a']);
    assert.equal(store.isDisposed, true);
  });

  it('disposes what comes too late at once, and gives it back', () => {
    const log: string[] = [];
    const store = new DisposableStore();
    store.dispose();
    const late = member(log, 'late');
    assert.equal(store.add(late), late);
    assert.deepEqual(log, ['late']);
  });

  it('disposes what is added while it is disposed', () => {
    const log: string[] = [];
    const store = new DisposableStore();
    store.add(member(log, 'first'));
    store.add({ dispose: () => store.add(member(log, 'added meanwhile')) });
    store.dispose();
    assert.deepEqual(log, ['added meanwhile', 'first']);
  });

  it('goes on after a member that throws, and tells of all that did', () => {
    const log: string[] = [];
    const store = new DisposableStore();
    const fail = (message: string) => (): never => {
      throw new Error(message);
    };
    store.add({ dispose: fail('first') });
    store.add(member(log, 'well'));
    store.add({ dispose: fail('last') });
    assert.throws(
      () => {
        store.dispose();
      },
      (error) => {
        assert.ok(error instanceof AggregateError);
        assert.deepEqual(
          (error.errors as Error[]).map(({ message }) => message),
          ['last', 'first'],
        );
        return true;
      },
    );
    assert.deepEqual(log, ['well']);
  });
});
