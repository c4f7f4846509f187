import { systemClock } from '../../src/base/clock.ts';
import { readDomains } from '../../src/inventory/readDomains.ts';
import { statsGroup } from '../../src/libvirt/constants.ts';
import {
  connectGetAllDomainStats,
  connectListAllDomains,
} from '../../src/libvirt/protocol/connect.ts';
import { startRigHost } from '../tools/rig/rigHost.ts';
import {
  atLeast,
  atMost,
  bytesInUse,
  inTurn,
  longestHoldMs,
  spawnProgram,
  timeMs,
  type Report,
} from './measure.ts';
import { createBenchSession, growTestHost, openBenchConnection } from './rigs.ts';

/** All VMs with their states, against `virsh list --all` on the same daemon. */
export async function benchList(report: Report): Promise<void> {
  const host = await startRigHost({ name: 'bench-list' });
  const connection = await openBenchConnection(host.testUri);
  for (const [count, goal, rounds] of [
    [100, 30, 20],
    [1_000, 20, 10],
    [5_000, 10, 5],
  ] as const) {
    await growTestHost(connection, count);
    const [ours = 0, full = 0, virsh = 0] = await inTurn(rounds, [
      // What virsh prints: names, ids and states
      () =>
        Promise.all([
          connection.call(connectListAllDomains, { needResults: 1, flags: 0 }),
          connection.call(connectGetAllDomainStats, {
            doms: [],
            stats: statsGroup.state,
            flags: 0,
          }),
        ]),
      () => readDomains(connection, () => undefined, systemClock),
      () =>
        spawnProgram('virsh', ['-q', '-c', host.testUri, 'list', '--all'], { maxBuffer: 1 << 26 }),
    ]);
    report({ name: `list of ${count}: ours`, value: ours, unit: 'ms' });
    report({
      name: `list of ${count}: ours, with all else that lists tell`,
      value: full,
      unit: 'ms',
    });
    report({ name: `list of ${count}: virsh`, value: virsh, unit: 'ms' });
    report({
      name: `list of ${count}: ratio`,
      value: virsh / ours,
      unit: '×',
      goal: atLeast(goal, virsh / ours),
    });
  }
  connection.close();
  await host.stop();
}

/** What a host costs as it grows, and what holds up the event loop. */
export async function benchGrowth(report: Report): Promise<void> {
  const host = await startRigHost({ name: 'bench-grow' });
  const connection = await openBenchConnection(host.testUri);
  const firsts: number[] = [];
  for (const count of [100, 1_000, 10_000]) {
    await growTestHost(connection, count);
    const before = bytesInUse();
    const session = createBenchSession(host.testUri);
    let first = 0;
    const hold = await longestHoldMs(async () => {
      first = await timeMs(async () => {
        session.connect();
        await session.whenReady();
      });
    });
    firsts.push(first);
    const again = await timeMs(() => session.refresh());
    const snapshot = await timeMs(async () => {
      await session.refreshDomain([...session.snapshot.domains.keys()][0]!);
      return session.snapshot.domains.size;
    });
    report({ name: `${count} VMs: connect and first read`, value: first, unit: 'ms' });
    report({ name: `${count} VMs: read again`, value: again, unit: 'ms' });
    report({ name: `${count} VMs: read one, new snapshot`, value: snapshot, unit: 'ms' });
    report({
      name: `${count} VMs: longest hold of the event loop`,
      value: hold,
      unit: 'ms',
      goal: atMost(20, hold),
    });
    const bytes = (bytesInUse() - before) / count;
    report({ name: `${count} VMs: memory per VM, off`, value: bytes, unit: 'B' });
    session.dispose();
  }
  report({
    name: 'first read 100 → 10,000: time ratio / size ratio',
    value: firsts[2]! / firsts[0]! / 100,
    unit: '',
  });
  connection.close();
  await host.stop();
}
