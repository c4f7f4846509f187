import assert from 'node:assert/strict';
import { silentLog } from '../../../src/base/log.ts';
import { Turns } from '../../../src/base/turns.ts';
import { Connection } from '../../../src/libvirt/connection.ts';
import { encodeFrame, messageStatus, messageType } from '../../../src/libvirt/frame.ts';
import { connectGetHostname } from '../../../src/libvirt/protocol/connect.ts';
import { failureOf } from '../../fakes/connected.ts';
import { createDuplexPair } from '../../fakes/duplexPair.ts';
import { FakeClock, settle } from '../../fakes/fakeClock.ts';
import { encode } from '../../fakes/wire.ts';

function hostname(serial: number, name: string): Buffer {
  return encodeFrame(
    {
      program: connectGetHostname.program,
      procedure: connectGetHostname.number,
      type: messageType.reply,
      serial,
      status: messageStatus.ok,
    },
    encode(connectGetHostname.ret, { hostname: name }),
  );
}

describe('turns of connections', () => {
  /** A clock on which handling anything takes all of a turn. */
  function slowClock(): FakeClock {
    const clock = new FakeClock();
    clock.msPerLook = 5;
    return clock;
  }

  it('are shared: what several are told at once does not hold up the event loop', async () => {
    const clock = slowClock();
    const turns = new Turns(clock);
    const answered: number[] = [];
    const pairs = Array.from({ length: 10 }, () => createDuplexPair());
    const calls = pairs.map(async ([near], index) => {
      const connection = new Connection(near, { clock, log: silentLog, turns });
      await connection.call(connectGetHostname, undefined);
      answered.push(index);
    });
    for (const [, far] of pairs) {
      far.write(hostname(1, 'lab'));
    }
    let loopTurns = 0;
    const done = Promise.all(calls);
    const counting = (): void => {
      loopTurns++;
      if (answered.length < pairs.length) {
        setImmediate(counting);
      }
    };
    setImmediate(counting);
    await done;
    assert.ok(loopTurns >= 8, `${loopTurns} turns of the event loop`);
    assert.deepEqual(answered, [...pairs.keys()]);
  });

  it('keep the order of a connection, and what came before it closed counts', async () => {
    const clock = slowClock();
    const turns = new Turns(clock);
    const [near, far] = createDuplexPair();
    const connection = new Connection(near, { clock, log: silentLog, turns });
    const answered: string[] = [];
    const calls = Array.from({ length: 4 }, async () => {
      const { hostname: name } = await connection.call(connectGetHostname, undefined);
      answered.push(name);
    });
    const late = failureOf(connection.call(connectGetHostname, undefined));
    // Another's work has taken this turn
    void turns.run(() => undefined);
    near.emit('data', Buffer.concat([1, 2, 3, 4].map((serial) => hostname(serial, `h${serial}`))));
    await Promise.resolve();
    assert.deepEqual(answered, []);
    far.destroy();
    near.emit('end');
    await Promise.all(calls);
    assert.deepEqual(answered, ['h1', 'h2', 'h3', 'h4']);
    assert.ok((await late) instanceof Error);
    await settle();
    assert.ok(connection.isClosed);
  });
});
