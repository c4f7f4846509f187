import assert from 'node:assert/strict';
import { Emitter } from '../../../../src/base/event.ts';
import { JumpPool } from '../../../../src/transport/ssh/jumpPool.ts';
import type { SshTarget } from '../../../../src/transport/ssh/sshTarget.ts';
import { settle } from '../../../fakes/fakeClock.ts';

class FakeWay {
  isClosed = false;
  readonly #closed = new Emitter<Error>();
  readonly onDidClose = this.#closed.event;

  close(): void {
    if (!this.isClosed) {
      this.isClosed = true;
      this.#closed.fire(new Error('closed'));
    }
  }
}

const bastion = { alias: 'bastion', port: 22 } as SshTarget;

describe('machines on the way that several hosts share', () => {
  let pool: JumpPool<FakeWay>;
  let openings: {
    readonly signal: AbortSignal;
    readonly succeed: (way: FakeWay) => void;
    readonly fail: (error: Error) => void;
  }[];

  beforeEach(() => {
    pool = new JumpPool();
    openings = [];
  });

  function take(
    options: {
      readonly target?: SshTarget;
      readonly signal?: AbortSignal;
      readonly mayAsk?: boolean;
    } = {},
  ): ReturnType<JumpPool<FakeWay>['take']> {
    const { target = bastion, signal = new AbortController().signal, mayAsk = true } = options;
    return pool.take(
      target,
      { signal, mayAsk },
      (opening) =>
        new Promise((succeed, fail) => {
          openings.push({ signal: opening, succeed, fail });
          opening.addEventListener('abort', () => {
            fail(new Error('given up'));
          });
        }),
    );
  }

  it('are opened once, also at the same time, and closed after the last', async () => {
    const [first, second] = [take(), take()];
    const way = new FakeWay();
    openings[0]?.succeed(way);
    const uses = [(await first).use, (await second).use, (await take({ mayAsk: false })).use];
    assert.equal(openings.length, 1);
    uses[0]?.dispose();
    uses[0]?.dispose();
    uses[1]?.dispose();
    assert.ok(!way.isClosed);
    uses[2]?.dispose();
    assert.ok(way.isClosed);
    void take();
    assert.equal(openings.length, 2);
  });

  it('are opened for each that is reached otherwise', () => {
    void take();
    void take({ target: { ...bastion, port: 2222 } });
    assert.equal(openings.length, 2);
  });

  it('are waited for by each for themselves, and given up when nobody waits', async () => {
    const [first, second] = [new AbortController(), new AbortController()];
    const [one, two] = [take({ signal: first.signal }), take({ signal: second.signal })];
    first.abort();
    await assert.rejects(one, { name: 'CancelledError' });
    assert.ok(!openings[0]?.signal.aborted);
    second.abort();
    await assert.rejects(two, { name: 'CancelledError' });
    assert.ok(openings[0]?.signal.aborted);
    void take();
    assert.equal(openings.length, 2);
  });

  it('are closed if they open when nobody waits any more', async () => {
    const waiting = new AbortController();
    const only = take({ signal: waiting.signal });
    const way = new FakeWay();
    waiting.abort();
    openings[0]?.succeed(way);
    await assert.rejects(only);
    await settle();
    assert.ok(way.isClosed);
  });

  it('fail for all who wait, and are tried again by the next', async () => {
    const [first, second] = [take(), take()];
    openings[0]?.fail(new Error('refused'));
    await assert.rejects(first, { message: 'refused' });
    await assert.rejects(second, { message: 'refused' });
    void take();
    assert.equal(openings.length, 2);
  });

  it('are opened once more for who may ask, where the other may not', async () => {
    const quiet = take({ mayAsk: false });
    const asking = take({ mayAsk: true });
    assert.equal(openings.length, 2);
    const [silent, told] = [new FakeWay(), new FakeWay()];
    openings[0]?.succeed(silent);
    openings[1]?.succeed(told);
    assert.equal((await quiet).connection, silent);
    assert.equal((await asking).connection, told);
  });

  it('are opened anew when they were lost', async () => {
    const first = take();
    const way = new FakeWay();
    openings[0]?.succeed(way);
    const { use } = await first;
    way.close();
    void take();
    assert.equal(openings.length, 2);
    use.dispose();
    assert.ok(!openings[1]?.signal.aborted, 'it is none of the first’s');
  });
});
