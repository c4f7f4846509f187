import assert from 'node:assert/strict';
import { Channel, ChannelError, type Port } from '../../../src/contract/channel.ts';
import { isCount, isNothing, isNumber, isObject, isString } from '../../../src/contract/guard.ts';
import { FakeClock } from '../../fakes/fakeClock.ts';

const asks = {
  requests: {
    double: { params: isObject({ of: isNumber }), result: isNumber },
    wait: { params: isNothing, result: isNothing },
  },
  events: { said: isString },
} as const;
const answers = { requests: {}, events: { counted: isCount } } as const;

/** Two ports that deliver in a later turn, as a webview's do. */
function ports(): readonly [Port, Port, { readonly sent: unknown[] }] {
  const listeners: ((message: unknown) => void)[] = [];
  const sent: unknown[] = [];
  const port = (mine: number, other: number): Port => ({
    post: (message) => {
      sent.push(message);
      const copy: unknown = JSON.parse(JSON.stringify(message));
      queueMicrotask(() => listeners[other]?.(copy));
    },
    onMessage: (listener) => {
      listeners[mine] = listener;
      return { dispose: () => (listeners[mine] = () => undefined) };
    },
  });
  return [port(0, 1), port(1, 0), { sent }];
}

function world() {
  const clock = new FakeClock();
  const [pagePort, extensionPort, wire] = ports();
  const bad: string[] = [];
  const heard: unknown[] = [];
  const aborted: boolean[] = [];
  const onBadMessage = (what: string): void => {
    bad.push(what);
  };
  const page = new Channel({
    port: pagePort,
    ours: asks,
    theirs: answers,
    handlers: {},
    listeners: { counted: (count) => heard.push(count) },
    timers: clock,
    onBadMessage,
  });
  const extension = new Channel({
    port: extensionPort,
    ours: answers,
    theirs: asks,
    handlers: {
      double: ({ of }) => {
        if (of < 0) {
          throw new RangeError('Too small.');
        }
        return of === 13 ? Number.NaN : of * 2;
      },
      wait: (_, signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            aborted.push(true);
            resolve(undefined);
          });
        }),
    },
    listeners: { said: (text) => heard.push(text) },
    timers: clock,
    onBadMessage,
  });
  return { clock, page, extension, pagePort, extensionPort, wire, bad, heard, aborted };
}

const ends = (kind: ChannelError['kind']) => (error: unknown) =>
  error instanceof ChannelError && error.kind === kind;

describe('a channel between the extension and a page', () => {
  it('answers requests, each with its own result', async () => {
    const { page } = world();
    assert.deepEqual(
      await Promise.all([page.request('double', { of: 2 }), page.request('double', { of: 5 })]),
      [4, 10],
    );
  });

  it('tells events in both directions', async () => {
    const { page, extension, heard } = world();
    page.emit('said', 'hello');
    extension.emit('counted', 3);
    await Promise.resolve();
    assert.deepEqual(heard, ['hello', 3]);
  });

  it('tells who asked what a handler threw', async () => {
    const { page } = world();
    await assert.rejects(page.request('double', { of: -1 }), {
      name: 'ChannelError',
      kind: 'failed',
      message: 'Too small.',
    });
  });

  it('does not take a result that is not what was asked for', async () => {
    const { page, bad } = world();
    await assert.rejects(page.request('double', { of: 13 }), ends('malformed'));
    assert.deepEqual(bad, ['the result of a request']);
  });

  it('gives up at the deadline and on the signal, and tells the other side', async () => {
    const { page, clock, aborted } = world();
    const late = page.request('wait', undefined, { timeoutMs: 1_000 });
    const rejected = assert.rejects(late, ends('timeout'));
    await Promise.resolve();
    await clock.advance(1_000);
    await rejected;
    const controller = new AbortController();
    const cancelled = page.request('wait', undefined, { signal: controller.signal });
    await Promise.resolve();
    controller.abort();
    await assert.rejects(cancelled, ends('cancelled'));
    await assert.rejects(
      page.request('wait', undefined, { signal: controller.signal }),
      ends('cancelled'),
    );
    await Promise.resolve();
    assert.deepEqual(aborted, [true, true]);
    assert.equal(clock.pendingTimers, 0, 'no timer is left');
  });

  it('ends everything when disposed, on both sides', async () => {
    const { page, extension, aborted, clock, wire } = world();
    const open = page.request('wait', undefined);
    await Promise.resolve();
    extension.dispose();
    assert.deepEqual(aborted, [true]);
    page.dispose();
    page.dispose();
    await assert.rejects(open, ends('closed'));
    await assert.rejects(page.request('double', { of: 1 }), ends('closed'));
    const { length } = wire.sent;
    page.emit('said', 'anybody?');
    assert.equal(wire.sent.length, length);
    assert.equal(clock.pendingTimers, 0);
  });

  it('ignores what is none of the contract, and says so', async () => {
    const { pagePort, extensionPort, bad, heard, page } = world();
    for (const message of [
      null,
      7,
      [],
      {},
      { kind: 'other' },
      { kind: 'event', name: 'toString', data: 1 },
      { kind: 'event', name: 'said', data: 7 },
      { kind: 'event' },
      { kind: 'request', id: -1, name: 'double' },
      { kind: 'request', id: 1, name: '__proto__', params: {} },
      { kind: 'request', id: 1, name: 'double', params: { of: '2' } },
      { kind: 'cancel', id: 'x' },
      { kind: 'cancel', id: 99 },
    ]) {
      pagePort.post(message);
    }
    extensionPort.post({ kind: 'reply', id: 99, ok: true, result: 1 });
    extensionPort.post({ kind: 'reply', ok: true });
    await new Promise(setImmediate);
    assert.deepEqual(heard, []);
    assert.equal(bad.length, 13);
    assert.equal(await page.request('double', { of: 1 }), 2, 'and goes on');
  });
});
