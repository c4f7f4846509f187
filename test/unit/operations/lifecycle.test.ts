import assert from 'node:assert/strict';
import { silentLog } from '../../../src/base/log.ts';
import { errorCode, LibvirtError, TransportError } from '../../../src/libvirt/errors.ts';
import * as domains from '../../../src/libvirt/protocol/domain.ts';
import type { Procedure } from '../../../src/libvirt/protocol/procedure.ts';
import { lifecycleActions, type LifecycleAction } from '../../../src/operations/guards.ts';
import {
  runLifecycle,
  type LifecycleOptions,
  type LifecycleResult,
} from '../../../src/operations/lifecycle.ts';
import { failureOf } from '../../fakes/connected.ts';
import type { FakeConnection } from '../../fakes/fakeConnection.ts';
import { noSuchDomain, Refusal } from '../../fakes/refusal.ts';
import { unanswered } from '../../fakes/servedCall.ts';
import {
  connected,
  createServedHost,
  turn,
  uuidOf,
  type ServedDomain,
  type ServedHost,
} from '../inventory/servedHost.ts';

/** `virDomainState` */
const state = { running: 1, paused: 3, shutoff: 5, pmsuspended: 7 } as const;

type Row = Procedure<{ readonly dom: { readonly name: string } }, void>;

/** Each action: what the VM is before, the procedure, and what it does to the VM. */
const actions: Readonly<
  Record<
    LifecycleAction,
    {
      readonly before: Partial<ServedDomain>;
      readonly procedure: Row;
      readonly after: Partial<ServedDomain>;
      readonly status: 'done' | 'requested';
    }
  >
> = {
  start: {
    before: { state: state.shutoff },
    procedure: domains.domainCreateWithFlags as unknown as Row,
    after: { state: state.running },
    status: 'done',
  },
  shutdown: row(domains.domainShutdownFlags, {}, {}, 'requested'),
  reboot: row(domains.domainReboot, {}, {}, 'requested'),
  reset: row(domains.domainReset, {}, {}),
  destroy: row(domains.domainDestroyFlags, {}, { state: state.shutoff }),
  suspend: row(domains.domainSuspend, {}, { state: state.paused }),
  resume: row(domains.domainResume, { state: state.paused }, { state: state.running }),
  wake: row(domains.domainPmWakeup, { state: state.pmsuspended }, { state: state.running }),
  managedSave: row(domains.domainManagedSave, {}, { state: state.shutoff, hasManagedSave: true }),
  managedSaveRemove: row(
    domains.domainManagedSaveRemove,
    { state: state.shutoff, hasManagedSave: true },
    { hasManagedSave: false },
  ),
  autostartOn: row(domains.domainSetAutostart, {}, { autostart: true }),
  autostartOff: row(domains.domainSetAutostart, { autostart: true }, { autostart: false }),
};

function row(
  procedure: unknown,
  before: Partial<ServedDomain>,
  after: Partial<ServedDomain>,
  status: 'done' | 'requested' = 'done',
): (typeof actions)[LifecycleAction] {
  return { procedure: procedure as Row, before, after, status };
}

describe('an action on a VM', () => {
  let host: ServedHost;

  async function hostWith(fields: Partial<ServedDomain> = {}, count = 1): Promise<ServedHost> {
    host = createServedHost(count);
    for (const domain of host.served) {
      Object.assign(domain, fields);
    }
    return connected(host);
  }

  afterEach(async () => {
    host.session.dispose();
    await turn(host);
    assert.equal(host.clock.pendingTimers, 0);
  });

  function run(
    action: LifecycleAction,
    options: Partial<LifecycleOptions> = {},
    index = 1,
  ): Promise<LifecycleResult> {
    return runLifecycle(host.session, uuidOf(index), action, {
      clock: host.clock,
      log: silentLog,
      ...options,
    });
  }

  /** The daemon does it. */
  function serveAction(action: LifecycleAction): void {
    const { procedure, after } = actions[action];
    host.daemon.handle(procedure, ({ dom }) => {
      Object.assign(
        host.served.find(({ wire }) => wire.name === dom.name)!,
        after,
      );
      return procedure.number === domains.domainCreateWithFlags.number
        ? ({ dom } as never)
        : undefined;
    });
  }

  /** The daemon is at it and does not answer; does to the VM what is given when it dies, and comes back. */
  async function dieDuring(action: LifecycleAction, effect: () => void): Promise<void> {
    host.daemon.handle(actions[action].procedure, () => unanswered as never);
    await turn(host);
    const running = host.daemon.callsOf(actions[action].procedure);
    assert.equal(running.length, 1, 'the daemon is at it');
    effect();
    host.daemon.stop();
    await turn(host);
  }

  function serverOf(procedure: Row): FakeConnection {
    return host.daemon.calls.find((call) => call.procedure.number === procedure.number)!.connection;
  }

  for (const action of lifecycleActions) {
    const { before, procedure, after, status } = actions[action];

    it(`${action}: asked of the daemon, ${status}, and shown at once`, async () => {
      await hostWith(before);
      serveAction(action);
      assert.deepEqual(await run(action), { status });
      const [args, ...more] = host.daemon.callsOf(procedure);
      assert.equal(more.length, 0);
      const { dom, ...rest } = args!;
      assert.equal(dom.name, 'vm-1');
      assert.deepEqual(
        rest,
        procedure.number === domains.domainSetAutostart.number
          ? { autostart: action === 'autostartOn' ? 1 : 0 }
          : [domains.domainSuspend.number, domains.domainResume.number].includes(procedure.number)
            ? {}
            : { flags: 0 },
      );
      const shown = host.session.snapshot.domains.get(uuidOf(1))!;
      const names = { 1: 'running', 3: 'paused', 5: 'shutoff' } as const;
      const wanted = { ...host.served[0]!, ...after };
      assert.deepEqual(
        [shown.state, shown.autostart, shown.hasManagedSave],
        [names[wanted.state as 1], wanted.autostart, wanted.hasManagedSave],
      );
      const isFast = serverOf(procedure) === host.daemon.accepted[0];
      assert.equal(isFast, action.startsWith('autostart'), 'what may wait goes beside the rest');
    });

    it(`${action}: refused by libvirt, with its reason`, async () => {
      await hostWith(before);
      host.daemon.handle(procedure, () => {
        throw new Refusal(errorCode.operationInvalid, 'the disk is on fire');
      });
      const result = await run(action);
      assert.ok(result.status === 'failed', JSON.stringify(result));
      assert.equal(result.reason, 'the disk is on fire');
      assert.ok(result.error instanceof LibvirtError);
    });

    it(`${action}: not tried where it cannot work`, async () => {
      await hostWith({ ...before, ...after });
      const calls = host.daemon.calls.length;
      host.session.disconnect();
      const away = await run(action);
      assert.deepEqual(away, { status: 'refused', reason: 'The host is not connected.' });
      assert.equal(host.daemon.calls.length, calls);
    });
  }

  it('not tried on a VM in the wrong state, nor on one that is gone', async () => {
    await hostWith();
    const calls = host.daemon.calls.length;
    assert.deepEqual(await run('start'), { status: 'refused', reason: 'It is already running.' });
    assert.deepEqual(await run('start', {}, 7), {
      status: 'refused',
      reason: 'The VM does not exist any more.',
    });
    assert.equal(host.daemon.calls.length, calls);
  });

  it('a VM that somebody deletes meanwhile was deleted, and is gone', async () => {
    await hostWith();
    host.daemon.handle(domains.domainDestroyFlags, () => {
      host.served.pop();
      throw noSuchDomain('vm-1');
    });
    const result = await run('destroy');
    assert.ok(result.status === 'failed');
    assert.equal(result.reason, 'vm-1 was deleted meanwhile.');
    assert.equal(host.session.snapshot.domains.size, 0);
  });

  it('one that never left failed, and can be repeated', async () => {
    await hostWith();
    host.daemon.unreachable = new TransportError('refused', 'Nobody listens.');
    const result = await run('suspend');
    assert.ok(result.status === 'failed');
    assert.ok(result.error instanceof TransportError && result.error.outcome === 'notSent');
    host.daemon.start();
    serveAction('suspend');
    assert.deepEqual(await run('suspend'), { status: 'done' });
  });

  it('takes as long as it takes', async () => {
    await hostWith({ state: state.shutoff });
    serveAction('start');
    const hold = host.daemon.hold(domains.domainCreateWithFlags);
    const starting = run('start');
    await host.clock.advance(3_600_000);
    hold.release();
    assert.deepEqual(await starting, { status: 'done' });
  });

  describe('lost with its connection', () => {
    for (const action of lifecycleActions.filter((each) => !['reboot', 'reset'].includes(each))) {
      const { before, after } = actions[action];

      it(`${action}: done, if that shows when the host is back`, async () => {
        await hostWith(before);
        const acting = run(action);
        await dieDuring(action, () => {
          Object.assign(host.served[0]!, action === 'shutdown' ? { state: state.shutoff } : after);
        });
        host.daemon.start();
        await host.clock.advance(1_000);
        assert.deepEqual(await acting, { status: 'done' });
      });

      it(`${action}: unknown, if it does not`, async () => {
        await hostWith(before);
        const acting = run(action);
        await dieDuring(action, () => undefined);
        host.daemon.start();
        await host.clock.advance(1_000);
        const result = await acting;
        assert.ok(result.status === 'unknown', JSON.stringify(result));
        assert.match(result.reason, /The connection to lab was lost on the way; vm-1 is \w+ now\./);
      });
    }

    for (const action of ['reboot', 'reset'] as const) {
      it(`${action}: unknown at once, for it shows nowhere`, async () => {
        await hostWith();
        const acting = run(action);
        await dieDuring(action, () => undefined);
        const result = await acting;
        assert.ok(result.status === 'unknown');
        assert.match(result.reason, /nothing shows afterwards/);
      });
    }

    it('a VM that is gone afterwards was forced off; of anything else nothing is known', async () => {
      for (const action of ['destroy', 'shutdown', 'suspend'] as const) {
        await hostWith();
        const acting = run(action);
        await dieDuring(action, () => {
          host.served.pop();
        });
        host.daemon.start();
        await host.clock.advance(1_000);
        const result = await acting;
        if (action === 'suspend') {
          assert.ok(result.status === 'unknown');
          assert.match(result.reason, /vm-1 does not exist any more/);
        } else {
          assert.deepEqual(result, { status: 'done' });
        }
        host.session.dispose();
      }
    });

    it('unknown, if the host does not come back in time', async () => {
      await hostWith();
      const acting = run('suspend', { lookAgainMs: 20_000 });
      await dieDuring('suspend', () => undefined);
      const state = { isOver: false };
      void acting.then(() => {
        state.isOver = true;
      });
      await host.clock.advance(19_000);
      assert.ok(!state.isOver);
      await host.clock.advance(2_000);
      const result = await acting;
      assert.ok(result.status === 'unknown');
      assert.match(result.reason, /it did not come back in time to look/);
    });

    it('cancelled, if the person does not want to wait for the host', async () => {
      await hostWith();
      const giveUp = new AbortController();
      const acting = run('suspend', { signal: giveUp.signal });
      await dieDuring('suspend', () => undefined);
      giveUp.abort();
      assert.deepEqual(await acting, { status: 'cancelled', mayStillHappen: true });
    });

    it('the host is looked at again where it is lost once more while it is looked at', async () => {
      await hostWith();
      const acting = run('suspend');
      await dieDuring('suspend', () => {
        host.served[0]!.state = state.paused;
      });
      host.daemon.start();
      const hold = host.daemon.hold(domains.domainGetInfo);
      await host.clock.advance(1_000);
      assert.ok(hold.waiting > 0, 'it is back, and the VM is looked at');
      host.daemon.stop();
      await turn(host);
      hold.release();
      host.daemon.start();
      await host.clock.advance(2_000);
      assert.deepEqual(await acting, { status: 'done' });
    });
  });

  it('without an answer in time: looked at, and not called a lost connection', async () => {
    await hostWith();
    host.daemon.handle(domains.domainSetAutostart, () => unanswered as never);
    const acting = run('autostartOn');
    await host.clock.advance(31_000);
    const result = await acting;
    assert.ok(result.status === 'unknown');
    assert.match(result.reason, /lab did not answer in time; vm-1 is running now/);
  });

  it('cancelled: nobody waits any more, and libvirt may still do it', async () => {
    await hostWith();
    serveAction('suspend');
    const hold = host.daemon.hold(domains.domainSuspend);
    const giveUp = new AbortController();
    const acting = run('suspend', { signal: giveUp.signal });
    await turn(host);
    assert.equal(hold.waiting, 1);
    giveUp.abort();
    assert.deepEqual(await acting, { status: 'cancelled', mayStillHappen: true });
    hold.release();
    await turn(host);
    assert.equal(host.served[0]!.state, state.paused);
    const calls = host.daemon.callsOf(domains.domainSuspend).length;
    assert.deepEqual(await run('reset', { signal: AbortSignal.abort() }), {
      status: 'cancelled',
      mayStillHappen: true,
    });
    assert.equal(host.daemon.callsOf(domains.domainSuspend).length, calls);
  });

  describe('forcing off, with every place held by VMs that do not answer', () => {
    const twelve = Array.from({ length: 12 }, (_, index) => index + 1);

    async function hangTwelve(deadlineMs: number): Promise<Promise<unknown>[]> {
      await hostWith({}, 13);
      host.daemon.handle(domains.domainSuspend, () => unanswered as never);
      const calls = twelve.map((index) =>
        failureOf(
          host.session.callSlow(
            domains.domainSuspend,
            { dom: host.served[index - 1]!.wire },
            { deadlineMs },
          ),
        ),
      );
      await turn(host);
      assert.equal(host.daemon.callsOf(domains.domainSuspend).length, 12);
      return calls;
    }

    it('is the way out, over the fast connection', async () => {
      const calls = await hangTwelve(500);
      await host.clock.advance(500);
      await Promise.all(calls);
      serveAction('destroy');
      assert.deepEqual(await run('destroy', {}, 13), { status: 'done' });
      assert.equal(
        serverOf(actions.destroy.procedure),
        host.daemon.accepted[0],
        'libvirtd keeps workers apart for it',
      );
      const other = await run('reset', {}, 12);
      assert.ok(other.status === 'failed');
      assert.match(other.reason, /12 calls to VMs of this host do not return/);
    });

    it('also while somebody still waits for those calls', async () => {
      const calls = await hangTwelve(Number.POSITIVE_INFINITY);
      serveAction('destroy');
      const acting = run('destroy', {}, 13);
      await turn(host);
      assert.equal(host.served[12]!.state, state.shutoff);
      assert.deepEqual(await acting, { status: 'done' });
      host.session.dispose();
      await Promise.all(calls);
    });

    it('also where no connection for it can be opened', async () => {
      await hostWith();
      host.daemon.unreachable = new TransportError('closed', 'Too many clients.');
      serveAction('destroy');
      assert.deepEqual(await run('destroy'), { status: 'done' });
    });
  });
});
