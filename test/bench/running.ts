import { History } from '../../src/inventory/history.ts';
import { allGroups } from '../../src/inventory/sampler.ts';
import { statsNoWait } from '../../src/libvirt/constants.ts';
import { connectGetAllDomainStats } from '../../src/libvirt/protocol/connect.ts';
import {
  domainLookupByName,
  domainResume,
  domainSuspend,
} from '../../src/libvirt/protocol/domain.ts';
import { startRigHost } from '../tools/rig/rigHost.ts';
import {
  atLeast,
  atMost,
  bytesInUse,
  inTurn,
  median,
  percentile,
  spawnProgram,
  type Report,
} from './measure.ts';
import { createBenchSession, openBenchConnection } from './rigs.ts';

/** Statistics of ten running guests, against spawned virsh: in one call, and one process per VM and figure. */
export async function benchStats(report: Report): Promise<void> {
  const host = await startRigHost({ name: 'bench-stats' });
  const names = Array.from({ length: 10 }, (_, index) => `vm-${index}`);
  const guests = await Promise.all(
    names.map((name) => host.defineGuest({ name, memoryMiB: 96, network: 'none' })),
  );
  await Promise.all(guests.map((guest) => guest.start()));
  await Promise.all(guests.map((guest) => guest.waitReady()));
  const connection = await openBenchConnection(host.uri);
  const session = createBenchSession(host.uri);
  session.connect();
  await session.whenReady();
  const virsh = (...args: string[]): Promise<unknown> =>
    spawnProgram('virsh', ['-q', '-c', host.uri, ...args]);
  const groups = ['--cpu-total', '--balloon', '--vcpu', '--interface', '--block', '--nowait'];
  const args = { doms: [], stats: allGroups, flags: (1 | statsNoWait) >>> 0 };
  const [call = 0, sampler = 0, domstats = 0] = await inTurn(15, [
    () => connection.call(connectGetAllDomainStats, args),
    () => session.sampler.sampleNow(allGroups),
    () => virsh('domstats', '--raw', '--list-active', ...groups),
  ]);
  const [, loop = 0] = await inTurn(3, [
    () => session.sampler.sampleNow(allGroups),
    async () => {
      for (const name of names) {
        await virsh('dominfo', name);
        await virsh('domstats', '--cpu-total', name);
        await virsh('dommemstat', name);
        await virsh('domblkstat', name, 'vda');
      }
    },
  ]);
  report({ name: 'statistics of 10 guests: one call', value: call, unit: 'ms' });
  report({ name: 'statistics of 10 guests: a whole tick', value: sampler, unit: 'ms' });
  report({ name: 'statistics of 10 guests: virsh domstats', value: domstats, unit: 'ms' });
  report({ name: 'statistics of 10 guests: a virsh per VM and figure', value: loop, unit: 'ms' });
  const ratios = [
    ['virsh domstats / one call', domstats / call, 1.5],
    ['virsh domstats / a whole tick', domstats / sampler, 1.5],
    ['a virsh per VM and figure / a whole tick', loop / sampler, 10],
  ] as const;
  for (const [name, value, goal] of ratios) {
    report({ name, value, unit: '×', goal: atLeast(goal, value) });
  }
  session.dispose();
  connection.close();
  await host.stop();
}

/** From another client's action to the change in our picture. */
export async function benchEvents(report: Report): Promise<void> {
  const host = await startRigHost({ name: 'bench-events' });
  const guest = await host.defineGuest({ name: 'busy', memoryMiB: 96 });
  await guest.start();
  await guest.waitReady();
  for (const [driver, uri, name, count] of [
    ['test driver', host.testUri, 'test', 400],
    ['QEMU', host.uri, 'busy', 100],
  ] as const) {
    const actor = await openBenchConnection(uri);
    const { dom } = await actor.call(domainLookupByName, { name });
    const session = createBenchSession(uri);
    session.connect();
    await session.whenReady();
    const fromSend: number[] = [];
    const fromReply: number[] = [];
    for (let round = 0; round < count; round++) {
      const [procedure, state] =
        round % 2 === 0
          ? ([domainSuspend, 'paused'] as const)
          : ([domainResume, 'running'] as const);
      const changed = new Promise<number>((resolve) => {
        const subscription = session.onDidChange((changes) => {
          if (
            changes.some((each) => each.kind === 'domainChanged' && each.domain.state === state)
          ) {
            subscription.dispose();
            resolve(performance.now());
          }
        });
      });
      const sentAt = performance.now();
      const repliedAt = await actor.call(procedure, { dom }).then(() => performance.now());
      const changedAt = await changed;
      fromSend.push(changedAt - sentAt);
      fromReply.push(Math.max(0, changedAt - repliedAt));
      // Each change is read again a moment later; that reading must be over before the next
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const p99 = percentile(fromReply, 0.99);
    report({
      name: `event → model, ${driver}: p50 from sending`,
      value: median(fromSend),
      unit: 'ms',
    });
    report({
      name: `event → model, ${driver}: p99 from sending`,
      value: percentile(fromSend, 0.99),
      unit: 'ms',
    });
    report({
      name: `event → model, ${driver}: p50 after the actor's reply`,
      value: median(fromReply),
      unit: 'ms',
    });
    report({
      name: `event → model, ${driver}: p99 after the actor's reply`,
      value: p99,
      unit: 'ms',
      goal: atMost(20, p99),
    });
    session.dispose();
    actor.close();
  }
  await host.stop();
}

/** What a day of history takes. */
export function benchHistory(report: Report): Promise<void> {
  const start = 1_700_000_000_000;
  const before = bytesInUse();
  const histories = Array.from({ length: 20 }, () => new History(8, start));
  for (let second = 0; second < 24 * 3_600; second += 2) {
    for (const history of histories) {
      history.record(start + second * 1_000, [1, 2, 3, 4, 5, 6, 7, second]);
    }
  }
  const measured = (bytesInUse() - before) / histories.length;
  report({
    name: 'history of a VM, a day at 2 s: points',
    value: histories[0]!.byteLength,
    unit: 'B',
  });
  report({ name: 'history of a VM, a day at 2 s: measured', value: measured, unit: 'B' });
  return Promise.resolve();
}
