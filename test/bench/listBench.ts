import { systemClock } from '../../src/base/clock.ts';
import { readDomainLists } from '../../src/inventory/readDomainLists.ts';
import type { Connection } from '../../src/libvirt/connection.ts';
import { statsGroup } from '../../src/libvirt/constants.ts';
import { connectGetAllDomainStats } from '../../src/libvirt/protocol/connect.ts';
import { isActive, type Domain } from '../../src/model/domain.ts';
import { mustRun } from '../tools/rig/command.ts';
import { startRigHost, type RigHost } from '../tools/rig/rigHost.ts';
import {
  medianFigure,
  plainFigure,
  ratioFigure,
  sideBySide,
  type BenchResult,
  type Figure,
} from './measure.ts';
import { openDriver, testDriver, TestWorld } from './testWorld.ts';
import { countTraffic } from './traffic.ts';

const sizes = [
  { count: 100, runs: 31, goal: 30 },
  { count: 1_000, runs: 15, goal: 20 },
  { count: 5_000, runs: 9, goal: 10 },
] as const;

/** All VMs with their states over an open connection, against a virsh that lists the same. */
export async function listBench(): Promise<BenchResult> {
  const host = await startRigHost({ name: 'bench-list' });
  try {
    const world = await TestWorld.open(host, 1);
    const connection = await openDriver(host.socketPath, testDriver);
    const figures: Figure[] = [];
    for (const size of sizes) {
      await world.growTo(size.count);
      figures.push(...(await measureSize(host, connection, size)));
    }
    connection.close();
    world.close();
    return {
      figures,
      notes: [
        'One daemon answers both, and holds the VMs in memory: virsh parses no file of its own.',
        'Like for like is names and states. All that lists tell is that and who is persistent, autostarted, saved or has',
        'snapshots, and the question for memory and vCPUs of inactive VMs, which this driver refuses: what a session reads.',
      ],
    };
  } finally {
    await host.stop();
  }
}

async function measureSize(
  host: RigHost,
  connection: Connection,
  { count, runs, goal }: (typeof sizes)[number],
): Promise<readonly Figure[]> {
  const times = await sideBySide(runs, {
    states: () => readStates(connection, count),
    all: () => readAll(connection, count),
    virsh: () => virshList(host.socketPath, count),
  });
  const ours = await countTraffic(host.socketPath, async (socketPath) => {
    const counted = await openDriver(socketPath, testDriver);
    await readAll(counted, count);
    counted.close();
  });
  const theirs = await countTraffic(host.socketPath, (socketPath) => virshList(socketPath, count));
  const of = `${count.toLocaleString('en')} VMs:`;
  return [
    medianFigure(`${of} names and states`, times.states, 'ms'),
    medianFigure(`${of} all that lists tell`, times.all, 'ms'),
    medianFigure(`${of} virsh list --all`, times.virsh, 'ms'),
    ratioFigure(`${of} virsh / names and states`, times.virsh, times.states, { atLeast: goal }),
    ratioFigure(`${of} virsh / all that lists tell`, times.virsh, times.all),
    plainFigure(`${of} calls for all that lists tell, opening included`, ours.calls, 'calls'),
    plainFigure(`${of} calls of virsh`, theirs.calls, 'calls'),
    plainFigure(`${of} bytes for all that lists tell`, ours.bytes, 'B'),
    plainFigure(`${of} bytes of virsh`, theirs.bytes, 'B'),
  ];
}

/** What virsh prints and no more: the statistics call also names its domains. */
async function readStates(connection: Connection, count: number): Promise<void> {
  const args = { doms: [], stats: statsGroup.state, flags: 0 };
  const { retStats } = await connection.call(connectGetAllDomainStats, args);
  expectCount('our reading of states', retStats.length, count);
}

async function readAll(connection: Connection, count: number): Promise<void> {
  const domains: Domain[] = [];
  await readDomainLists(connection, systemClock, {
    known: () => undefined,
    put: (domain) => {
      domains.push(domain);
    },
  });
  expectCount('our reading', domains.length, count);
  // One that was not told its state would not be active
  if (!domains.some((domain) => isActive(domain.state))) {
    throw new Error('our reading has no states');
  }
}

async function virshList(socketPath: string, count: number): Promise<void> {
  const uri = `${testDriver}?socket=${socketPath}`;
  const lines = await mustRun(['virsh', '--quiet', '--connect', uri, 'list', '--all']);
  expectCount('virsh list', lines.trim().split('\n').length, count);
}

function expectCount(who: string, found: number, wanted: number): void {
  if (found !== wanted) {
    throw new Error(`${who} told of ${found} VMs where there are ${wanted}`);
  }
}
