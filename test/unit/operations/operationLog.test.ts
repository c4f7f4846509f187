import assert from 'node:assert/strict';
import { silentLog, type Log } from '../../../src/base/log.ts';
import { OperationLog, type Operation } from '../../../src/operations/operationLog.ts';
import { FakeClock } from '../../fakes/fakeClock.ts';

const target = (uuid: string, action = 'start') => ({
  action,
  host: 'lab',
  uuid,
  name: `vm-${uuid}`,
});

function created(): {
  readonly clock: FakeClock;
  readonly lines: string[];
  readonly operations: OperationLog;
  readonly seen: Operation[];
} {
  const clock = new FakeClock(1_000);
  const lines: string[] = [];
  const note = (line: string): void => void lines.push(line);
  const log: Log = { ...silentLog, info: note, warn: note };
  const operations = new OperationLog({ clock, log });
  const seen: Operation[] = [];
  operations.onDidChange((operation) => seen.push(operation));
  return { clock, lines, operations, seen };
}

describe('operations/operationLog', () => {
  it('follows an operation from its beginning to its end', async () => {
    const { clock, lines, operations, seen } = created();
    const running = operations.begin(target('a'));
    assert.equal(running.id, 'op-1');
    await clock.advance(500);
    running.progress(0.5);
    running.progress(7);
    assert.deepEqual(
      operations.runningOn('lab', 'a').map(({ progress }) => progress),
      [1],
    );
    running.log.warn('a word');
    await clock.advance(500);
    running.end({ status: 'failed', reason: 'no disk' });
    running.end({ status: 'done' });
    running.progress(0.1);
    assert.deepEqual(operations.lastOn('lab', 'a'), {
      ...target('a'),
      id: 'op-1',
      startedAt: 1_000,
      endedAt: 2_000,
      progress: 1,
      result: { status: 'failed', reason: 'no disk' },
    });
    assert.deepEqual(operations.running, []);
    assert.deepEqual(
      seen.map(({ id, progress, result }) => [id, progress, result?.status]),
      [
        ['op-1', undefined, undefined],
        ['op-1', 0.5, undefined],
        ['op-1', 1, undefined],
        ['op-1', 1, 'failed'],
      ],
    );
    assert.deepEqual(lines, [
      '[op-1] start vm-a on lab (a)',
      '[op-1] a word',
      '[op-1] failed: no disk',
    ]);
  });

  it('tells VMs and hosts apart, and the latest from earlier ones', () => {
    const { operations } = created();
    operations.begin(target('a')).end({ status: 'done' });
    operations.begin(target('a', 'destroy')).end({ status: 'refused', reason: 'x' });
    operations.begin(target('b')).end({ status: 'done' });
    operations.begin({ ...target('a', 'reset'), host: 'other' }).end({ status: 'done' });
    operations.begin(target('a', 'reboot'));
    assert.equal(operations.lastOn('lab', 'a')?.action, 'destroy');
    assert.equal(operations.lastOn('lab', 'c'), undefined);
    assert.deepEqual(operations.runningOn('other', 'a'), []);
    assert.deepEqual(
      operations.runningOn('lab', 'a').map(({ action }) => action),
      ['reboot'],
    );
  });

  it('keeps 200 that ended, the newest first, and every one that runs', () => {
    const { operations } = created();
    const first = operations.begin(target('slow'));
    for (let n = 0; n < 250; n++) {
      operations.begin(target(String(n))).end({ status: 'done' });
    }
    assert.equal(operations.ended.length, 200);
    assert.equal(operations.ended[0]?.uuid, '249');
    assert.equal(operations.ended.at(-1)?.uuid, '50');
    assert.deepEqual(
      operations.running.map(({ id }) => id),
      [first.id],
    );
  });

  it('keeps nothing of a result but what is shown', () => {
    const { operations, lines } = created();
    const result = { status: 'done', deleted: { xml: '<secret/>' } };
    operations.begin(target('a', 'deleteDefinition')).end(result);
    assert.deepEqual(operations.lastOn('lab', 'a')?.result, { status: 'done' });
    assert.ok(lines.every((line) => !line.includes('secret')));
  });

  it('cancels by id, and all that run when it ends', () => {
    const { operations } = created();
    const a = operations.begin(target('a'));
    const b = operations.begin(target('b'));
    operations.cancel(a.id);
    operations.cancel('op-99');
    assert.deepEqual([a.signal.aborted, b.signal.aborted], [true, false]);
    assert.equal(operations.running.length, 2, 'until it ends');
    operations.dispose();
    assert.equal(b.signal.aborted, true);
  });
});
