import assert from 'node:assert/strict';
import { Duplex, PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { afterMark, NoDaemonError } from '../../../../src/transport/ssh/afterMark.ts';
import { FakeClock } from '../../../fakes/fakeClock.ts';

const pong = Buffer.from('0000001c6b6565700000000100000002000000020000000000000000', 'hex');

describe('waiting for the daemon behind a program at the far end', () => {
  const clock = new FakeClock();
  function world() {
    const toUs = new PassThrough();
    const toThem = new PassThrough();
    const stream = Duplex.from({ readable: toUs, writable: toThem });
    const opened = afterMark(stream, { mark: 'MARK', clock, timeoutMs: 1_000 });
    opened.catch(() => undefined);
    return { stream, opened, toUs, toThem };
  }

  it('passes over noise, asks for a sign of life, and leaves what comes after', async () => {
    const { stream, opened, toUs, toThem } = world();
    toUs.write('Last login: MARK my words\nMA');
    await turn();
    toUs.write('RK\r\n');
    await turn();
    await turn();
    assert.equal((toThem.read() as Buffer).length, 28);
    toUs.write(Buffer.concat([pong.subarray(0, 10)]));
    await turn();
    toUs.write(Buffer.concat([pong.subarray(10), Buffer.from('after')]));
    await opened;
    const rest: string[] = [];
    stream.on('data', (chunk: Buffer) => rest.push(chunk.toString()));
    toUs.write(' and more');
    await turn();
    await turn();
    assert.equal(rest.join(''), 'after and more');
  });

  it('tells what ended, what is silent, and what is no daemon', async () => {
    const ended = world();
    ended.toUs.end('MARK\n');
    await assert.rejects(ended.opened, (error) => error instanceof NoDaemonError && error.sawMark);
    const silent = world();
    await clock.advance(1_000);
    await assert.rejects(
      silent.opened,
      (error) => error instanceof NoDaemonError && !error.sawMark,
    );
    const other = world();
    other.toUs.write(`MARK\nHTTP/1.1 400 Bad Request, as some say`);
    await assert.rejects(other.opened, NoDaemonError);
    assert.equal(other.stream.destroyed, true);
    const noisy = world();
    noisy.toUs.write(Buffer.alloc(2 << 20));
    await assert.rejects(noisy.opened, NoDaemonError);
  });
});
