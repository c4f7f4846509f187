import assert from 'node:assert/strict';
import { jobType } from '../../../src/libvirt/constants.ts';
import { errorCode } from '../../../src/libvirt/errors.ts';
import * as domains from '../../../src/libvirt/protocol/domain.ts';
import { abortJob } from '../../../src/operations/jobProgress.ts';
import { runLifecycle, type LifecycleResult } from '../../../src/operations/lifecycle.ts';
import { notSupported, Refusal } from '../../fakes/refusal.ts';
import { turn, uuidOf, type ServedHost } from '../inventory/servedHost.ts';
import { actingHost, optionsOf } from './actingHost.ts';

interface Saving {
  readonly host: ServedHost;
  readonly progress: number[];
  readonly giveUp: AbortController;
  readonly result: Promise<LifecycleResult>;
  /** How much is left, of 1,000; undefined while no job runs. */
  left: number | undefined;
  finish(): void;
}

/** A managed save that lasts until it is told to end, or is stopped. */
async function saving(abort?: () => void): Promise<Saving> {
  const host = await actingHost(1);
  const progress: number[] = [];
  const giveUp = new AbortController();
  let end: (error?: Refusal) => void = () => undefined;
  host.daemon
    .handle(
      domains.domainManagedSave,
      () =>
        new Promise<undefined>((resolve, reject) => {
          end = (error) => {
            if (error) {
              reject(error);
            } else {
              resolve(undefined);
            }
          };
        }),
    )
    .handle(domains.domainGetJobInfo, () => ({
      ...noJob,
      ...(saved.left === undefined
        ? {}
        : { type: jobType.unbounded, dataTotal: 1_000n, dataRemaining: BigInt(saved.left) }),
    }))
    .handle(domains.domainAbortJob, () => {
      if (abort) {
        abort();
      } else if (saved.left === undefined) {
        throw new Refusal(errorCode.operationInvalid, 'no job is active on the domain');
      } else {
        end(new Refusal(errorCode.operationAborted, 'operation aborted: canceled by client'));
      }
    });
  const saved: Saving = {
    host,
    progress,
    giveUp,
    left: undefined,
    finish: () => {
      end();
    },
    result: runLifecycle(host.session, uuidOf(1), 'managedSave', {
      ...optionsOf(host),
      signal: giveUp.signal,
      onProgress: (fraction) => progress.push(fraction),
    }),
  };
  await turn(host);
  return saved;
}

const noJob = {
  type: jobType.none,
  ...{ timeElapsed: 0n, timeRemaining: 0n, dataTotal: 0n, dataProcessed: 0n, dataRemaining: 0n },
  ...{ memTotal: 0n, memProcessed: 0n, memRemaining: 0n },
  ...{ fileTotal: 0n, fileProcessed: 0n, fileRemaining: 0n },
};

describe('operations/jobProgress, seen through a managed save', () => {
  it('tells how far it is twice a second, never back, and asks nothing more once it is over', async () => {
    const save = await saving();
    const { host } = save;
    for (const left of [undefined, 1_000, 750, 800, 100]) {
      save.left = left;
      await host.clock.advance(500);
    }
    assert.deepEqual(save.progress, [0.25, 0.9]);
    save.finish();
    assert.deepEqual(await save.result, { status: 'done' });
    const asked = host.daemon.callsOf(domains.domainGetJobInfo).length;
    assert.equal(asked, 5);
    await host.clock.advance(5_000);
    assert.equal(host.daemon.callsOf(domains.domainGetJobInfo).length, asked);
    host.session.dispose();
  });

  it('a driver that does not tell is asked once', async () => {
    const save = await saving();
    save.host.daemon.handle(domains.domainGetJobInfo, () => {
      throw notSupported('domainGetJobInfo');
    });
    await save.host.clock.advance(5_000);
    assert.equal(save.host.daemon.callsOf(domains.domainGetJobInfo).length, 1);
    save.finish();
    assert.deepEqual(await save.result, { status: 'done' });
    save.host.session.dispose();
  });

  it('cancelled: libvirt stops it, though it had not begun when it was asked first', async () => {
    const save = await saving();
    save.giveUp.abort();
    await turn(save.host);
    assert.equal(save.host.daemon.callsOf(domains.domainAbortJob).length, 1);
    save.left = 500;
    await save.host.clock.advance(100);
    assert.deepEqual(await save.result, { status: 'cancelled', mayStillHappen: false });
    await save.host.clock.advance(5_000);
    assert.equal(save.host.daemon.callsOf(domains.domainAbortJob).length, 2);
    save.host.session.dispose();
  });

  it('cancelled too late: it is done', async () => {
    const save = await saving();
    save.giveUp.abort();
    await turn(save.host);
    save.finish();
    assert.deepEqual(await save.result, { status: 'done' });
    save.host.session.dispose();
  });

  it('cancelled where libvirt cannot stop it: it may still happen', async () => {
    for (const abort of [
      () => {
        throw notSupported('domainAbortJob');
      },
      () => {
        throw new Refusal(errorCode.operationInvalid, 'no job is active on the domain');
      },
      () => undefined,
    ]) {
      const save = await saving(abort);
      save.left = 500;
      save.giveUp.abort();
      await save.host.clock.advance(11_000);
      assert.deepEqual(await save.result, { status: 'cancelled', mayStillHappen: true });
      save.host.session.dispose();
    }
  });

  it('a job that somebody else began can be stopped too', async () => {
    const save = await saving();
    const domain = save.host.session.snapshot.domains.get(uuidOf(1))!;
    await assert.rejects(abortJob(save.host.session, domain), { code: errorCode.operationInvalid });
    save.left = 500;
    await abortJob(save.host.session, domain);
    const result = await save.result;
    assert.ok(result.status === 'failed' && /canceled by client/.exec(result.reason));
    save.host.session.dispose();
  });

  it('cancelled before it began: nothing was asked of libvirt', async () => {
    const host = await actingHost(1);
    const result = await runLifecycle(host.session, uuidOf(1), 'managedSave', {
      ...optionsOf(host),
      signal: AbortSignal.abort(),
    });
    assert.deepEqual(result, { status: 'cancelled', mayStillHappen: false });
    assert.equal(host.daemon.callsOf(domains.domainManagedSave).length, 0);
    host.session.dispose();
  });
});
