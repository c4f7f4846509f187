import assert from 'node:assert/strict';
import { errorCode } from '../../../../src/libvirt/errors.ts';
import * as domains from '../../../../src/libvirt/protocol/domain.ts';
import { Refusal } from '../../../fakes/refusal.ts';
import { turn, uuidOf } from '../../inventory/servedHost.ts';
import {
  actionOf,
  actionWorld,
  activityOf,
  finish,
  target,
  textOf,
  type ActionWorld,
} from './actionWorld.ts';

const noDisk = "Cannot access storage file '/disk.qcow2': No such file or directory";

describe('the action runner', () => {
  let world: ActionWorld;

  afterEach(() => {
    world.dispose();
  });

  function startsVms(): void {
    const { daemon, served } = world.host;
    daemon.handle(domains.domainCreateWithFlags, ({ dom }) => {
      const domain = served.find(({ wire }) => wire.name === dom.name)!;
      domain.state = 1;
      return { dom: domain.wire };
    });
  }

  it('shows the verb meanwhile, and nothing once the state says it', async () => {
    world = await actionWorld(1, [1]);
    startsVms();
    const hold = world.host.daemon.hold(domains.domainCreateWithFlags);
    const running = world.runner.run(actionOf('start'), [target(1)]);
    await turn(world.host);
    assert.deepEqual(activityOf(world, 1), {
      kind: 'running',
      text: 'starting',
      progress: undefined,
      canCancel: false,
    });
    hold.release();
    const [outcome] = await finish(world, running);
    assert.equal(outcome?.result.status, 'done');
    assert.equal(activityOf(world, 1), undefined);
    assert.deepEqual(world.prompter.notifications, []);
    assert.match(world.logged.join('\n'), /^\[op-1\] start vm-1 .*\n\[op-1\] done$/ms);
  });

  it('does not call what cannot be done, and says for which and why in one text', async () => {
    world = await actionWorld(5, [1, 2, 3]);
    startsVms();
    const outcomes = await finish(
      world,
      world.runner.run(actionOf('start'), [1, 2, 3, 4, 5].map(target)),
    );
    assert.deepEqual(
      outcomes.map(({ result }) => result.status),
      ['done', 'done', 'done', 'refused', 'refused'],
    );
    assert.equal(world.host.daemon.callsOf(domains.domainCreateWithFlags).length, 3);
    assert.deepEqual(
      world.prompter.notifications.map(({ message, labels }) => [message, labels]),
      [['2 of 5 VMs were not started: vm-4, vm-5: It is already running.', []]],
    );
    assert.equal(textOf(world, 4), undefined, 'nothing went wrong there');
  });

  it('does four at a time on a host; the others wait and can be cancelled', async () => {
    world = await actionWorld(6, [1, 2, 3, 4, 5, 6]);
    startsVms();
    const hold = world.host.daemon.hold(domains.domainCreateWithFlags);
    const running = world.runner.run(actionOf('start'), [1, 2, 3, 4, 5, 6].map(target));
    await turn(world.host);
    assert.equal(hold.waiting, 4);
    assert.equal(textOf(world, 5), 'starting: waiting for its turn');
    world.runner.cancel(target(6));
    assert.equal(textOf(world, 6), 'cancelling');
    hold.release();
    const outcomes = await finish(world, running);
    assert.deepEqual(
      outcomes.map(({ result }) => result.status),
      ['done', 'done', 'done', 'done', 'done', 'cancelled'],
    );
    assert.equal(world.host.daemon.callsOf(domains.domainCreateWithFlags).length, 5);
    assert.equal(activityOf(world, 6)?.kind, 'note');
    assert.equal(textOf(world, 6), 'cancelled');
  });

  it('leaves a failure in the row until the next action or dismissal', async () => {
    world = await actionWorld(2, [1, 2]);
    world.host.daemon.handle(domains.domainCreateWithFlags, () => {
      throw new Refusal(errorCode.operationFailed, noDisk);
    });
    await finish(world, world.runner.run(actionOf('start'), [1, 2].map(target)));
    const activity = activityOf(world, 1);
    assert.ok(activity?.kind === 'problem');
    assert.match(activity.text, /^not started: Cannot access storage file '\/disk\.qcow2'/);
    assert.ok(activity.text.length < 80, 'a row is short');
    assert.ok(activity.detail.includes(noDisk), 'the tooltip has all of it');
    assert.equal(world.prompter.notifications.length, 0, 'it can be seen');
    startsVms();
    await finish(world, world.runner.run(actionOf('start'), [target(1)]));
    assert.equal(activityOf(world, 1), undefined);
    world.activities.dismiss(target(2));
    assert.equal(activityOf(world, 2), undefined);
  });

  it('tells of failures in one notification while nobody sees the rows', async () => {
    world = await actionWorld(3, [1, 2]);
    world.isViewVisible = false;
    world.host.daemon.handle(domains.domainCreateWithFlags, () => {
      throw new Refusal(errorCode.operationFailed, noDisk);
    });
    await finish(world, world.runner.run(actionOf('start'), [1, 2, 3].map(target)));
    assert.equal(world.prompter.notifications.length, 1);
    const [told] = world.prompter.notifications;
    assert.equal(told?.severity, 'error');
    assert.match(told.message, /^3 of 3 VMs were not started: vm-1, vm-2: .*vm-3: It is already/s);
    assert.deepEqual(told.labels, ['Show Hosts', 'Show Log']);
  });

  it('asks only about those it can be done to, and does nothing on the safe answer', async () => {
    world = await actionWorld(13, [13]);
    const all = Array.from({ length: 13 }, (_, index) => target(index + 1));
    assert.deepEqual(await finish(world, world.runner.run(actionOf('destroy'), all)), []);
    const [question] = world.prompter.questions;
    assert.equal(question?.message, 'Force off 12 VMs as if by pulling their plugs?');
    assert.match(question.detail, /• vm-1\n.*• vm-10\nand 2 more\n\n.*cannot be undone/s);
    assert.ok(!question.detail.includes('vm-13'), 'it is off');
    assert.deepEqual([question.safe, question.answers], ['Keep Running', ['Force Off']]);
    assert.equal(world.host.daemon.callsOf(domains.domainDestroyFlags).length, 0);
    assert.equal(activityOf(world, 1), undefined);
  });

  it('does nothing to a VM that was not asked about, though it became possible meanwhile', async () => {
    world = await actionWorld(2, [2]);
    world.prompter.ask = async () => {
      const served = world.host.served[1]!;
      world.host.served[1] = { ...served, state: 1, wire: { ...served.wire, id: 2 } };
      await world.host.session.refresh();
      assert.equal(world.host.session.snapshot.domains.get(uuidOf(2))?.state, 'running');
      return 'Force Off';
    };
    await finish(world, world.runner.run(actionOf('destroy'), [target(1), target(2)]));
    assert.deepEqual(
      world.host.daemon.callsOf(domains.domainDestroyFlags).map(({ dom }) => dom.name),
      ['vm-1'],
    );
  });

  it('names a single VM in the question of each action that loses something', async () => {
    world = await actionWorld(1);
    await finish(world, world.runner.run(actionOf('destroy'), [target(1)]));
    await finish(world, world.runner.run(actionOf('reset'), [target(1)]));
    const discard = actionOf('managedSaveRemove').confirm?.(['vm-1']);
    assert.ok(discard);
    assert.deepEqual(
      [...world.prompter.questions, discard].map(({ message }) => message),
      [
        'Force off vm-1 as if by pulling its plug?',
        'Reset vm-1 as if by its reset button?',
        'Discard the saved state of vm-1?',
      ],
    );
    for (const { detail } of [...world.prompter.questions, discard]) {
      assert.match(detail, /cannot be undone/);
    }
  });

  it('forces off a VM that something hangs on, whose end is no news then', async () => {
    world = await actionWorld(1);
    const { daemon, served } = world.host;
    let fail: (error: Error) => void = () => undefined;
    daemon.handle(
      domains.domainSuspend,
      () =>
        new Promise<never>((_resolve, reject) => {
          fail = reject;
        }),
    );
    daemon.handle(domains.domainDestroyFlags, () => {
      served[0]!.state = 5;
      return undefined;
    });
    const pausing = world.runner.run(actionOf('suspend'), [target(1)]);
    await turn(world.host);
    assert.equal(textOf(world, 1), 'pausing');
    const [refused] = await finish(world, world.runner.run(actionOf('reboot'), [target(1)]));
    assert.ok(refused?.result.status === 'refused');
    assert.equal(refused.result.reason, 'Something else is being done to it: pausing.');
    world.prompter.answers.push('Force Off');
    const [forced] = await finish(world, world.runner.run(actionOf('destroy'), [target(1)]));
    assert.equal(forced?.result.status, 'done');
    assert.equal(textOf(world, 1), 'pausing', 'the call has still not come back');
    fail(new Refusal(errorCode.operationFailed, 'domain is not running'));
    await finish(world, pausing);
    assert.equal(activityOf(world, 1), undefined);
  });

  it('stops a save at the daemon when cancelled', async () => {
    world = await actionWorld(1);
    const { daemon } = world.host;
    let abort: (error: Error) => void = () => undefined;
    daemon.handle(
      domains.domainManagedSave,
      () =>
        new Promise<never>((_resolve, reject) => {
          abort = reject;
        }),
    );
    daemon.handle(domains.domainAbortJob, () => {
      abort(new Refusal(errorCode.operationAborted, 'operation aborted'));
      return undefined;
    });
    const saving = world.runner.run(actionOf('managedSave'), [target(1)]);
    await turn(world.host);
    const activity = activityOf(world, 1);
    assert.ok(activity?.kind === 'running' && activity.canCancel);
    assert.equal(activity.text, 'saving');
    world.runner.cancel(target(1));
    assert.equal(textOf(world, 1), 'cancelling');
    await turn(world.host);
    await world.host.clock.advance(100);
    const [outcome] = await finish(world, saving);
    assert.deepEqual(outcome?.result, { status: 'cancelled', mayStillHappen: false });
    assert.equal(textOf(world, 1), 'cancelled');
    assert.equal(daemon.callsOf(domains.domainAbortJob).length, 1);
  });

  it('of a host that was removed says so', async () => {
    world = await actionWorld(1, [1]);
    world.inventory.remove('lab');
    const [outcome] = await finish(world, world.runner.run(actionOf('start'), [target(1)]));
    assert.ok(outcome?.result.status === 'refused');
    assert.equal(outcome.result.reason, 'Its host is not configured any more.');
  });
});
