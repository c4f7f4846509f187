import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { PeerWatch } from '../../../../src/transport/ssh/peerWatch.ts';
import { FakeClock } from '../../../fakes/fakeClock.ts';

describe('a watch on the other side', () => {
  function world() {
    const clock = new FakeClock();
    const socket = new PassThrough();
    const silences: number[] = [];
    const watch = new PeerWatch(socket, clock, (silentMs) => silences.push(silentMs));
    return { clock, socket, silences, watch };
  }

  it('calls silence within five seconds, once', async () => {
    const { clock, silences } = world();
    await clock.advance(3_600);
    assert.deepEqual(silences, []);
    await clock.advance(1_400);
    assert.equal(silences.length, 1);
    await clock.advance(60_000);
    assert.equal(silences.length, 1);
  });

  it('any byte is a sign of life', async () => {
    const { clock, socket, silences } = world();
    for (let second = 0; second < 20; second++) {
      socket.write('x');
      await clock.advance(1_300);
    }
    assert.deepEqual(silences, []);
  });

  it('nothing is called after it is disposed', async () => {
    const { clock, silences, watch } = world();
    watch.dispose();
    await clock.advance(60_000);
    assert.deepEqual(silences, []);
  });
});
