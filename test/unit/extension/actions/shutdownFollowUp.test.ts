import assert from 'node:assert/strict';
import { ShutdownFollowUp } from '../../../../src/extension/actions/shutdownFollowUp.ts';
import type { VmTarget } from '../../../../src/extension/selection.ts';
import * as domains from '../../../../src/libvirt/protocol/domain.ts';
import { plainL10n } from '../plainL10n.ts';
import {
  actionOf,
  actionWorld,
  activityOf,
  finish,
  goOff,
  target,
  textOf,
  type ActionWorld,
} from './actionWorld.ts';

describe('guests that were asked to shut down', () => {
  let world: ActionWorld;
  let followUp: ShutdownFollowUp;
  let forced: VmTarget[];

  async function ask(vms: number): Promise<void> {
    world = await actionWorld(vms);
    forced = [];
    followUp = new ShutdownFollowUp({
      ...world,
      onDidBegin: world.runner.onDidBegin,
      clock: world.host.clock,
      l10n: plainL10n,
      timeoutMs: () => 90_000,
      forceOff: (targets) => forced.push(...targets),
    });
    world.host.daemon.handle(domains.domainShutdownFlags, () => undefined);
    const targets = Array.from({ length: vms }, (_, index) => target(index + 1));
    const outcomes = await finish(world, world.runner.run(actionOf('shutdown'), targets));
    assert.ok(outcomes.every(({ result }) => result.status === 'requested'));
    followUp.follow(targets);
  }

  afterEach(() => {
    followUp.dispose();
    world.dispose();
  });

  it('say so in their rows until they are off', async () => {
    await ask(1);
    assert.deepEqual(activityOf(world, 1), { kind: 'waiting', text: 'shutting down' });
    await goOff(world, 1);
    assert.equal(activityOf(world, 1), undefined);
    await world.host.clock.advance(100_000);
    assert.deepEqual(world.prompter.notifications, []);
  });

  it('are asked about together when they ignore it, but not those that went off', async () => {
    await ask(4);
    await goOff(world, 4);
    await world.host.clock.advance(95_000);
    assert.equal(textOf(world, 1), 'did not shut down in 90 s');
    assert.equal(world.prompter.notifications.length, 1);
    const [question] = world.prompter.notifications;
    assert.equal(question?.message, '3 VMs did not shut down in 90 s: vm-1, vm-2, vm-3.');
    assert.deepEqual(question.labels, ['Force Off…', 'Wait Longer']);
    await goOff(world, 2);
    assert.equal(activityOf(world, 2), undefined);
    await question.answer('Force Off…');
    assert.deepEqual(forced, [target(1), target(3)]);
  });

  it('are waited for once more if the person wants to', async () => {
    await ask(2);
    await world.host.clock.advance(95_000);
    await goOff(world, 2);
    await world.prompter.notifications[0]!.answer('Wait Longer');
    assert.equal(textOf(world, 1), 'shutting down');
    assert.equal(activityOf(world, 2), undefined);
    await world.host.clock.advance(95_000);
    assert.deepEqual(
      world.prompter.notifications.map(({ message }) => message),
      ['2 VMs did not shut down in 90 s: vm-1, vm-2.', 'vm-1 did not shut down in 90 s.'],
    );
  });

  it('are let go when something else is done to them', async () => {
    await ask(1);
    world.host.daemon.handle(domains.domainReboot, () => undefined);
    await finish(world, world.runner.run(actionOf('reboot'), [target(1)]));
    assert.equal(activityOf(world, 1), undefined);
    await world.host.clock.advance(100_000);
    assert.deepEqual(world.prompter.notifications, []);
  });

  it('can be dismissed from the row', async () => {
    await ask(1);
    world.activities.dismiss(target(1));
    assert.equal(textOf(world, 1), 'shutting down', 'that is under way');
    await world.host.clock.advance(95_000);
    world.activities.dismiss(target(1));
    assert.equal(activityOf(world, 1), undefined);
  });
});
