import { setTimeout as delay } from 'node:timers/promises';
import type { HostSession } from '../../src/inventory/hostSession.ts';
import { domainResume, domainSuspend } from '../../src/libvirt/protocol/domain.ts';
import { formatUuid } from '../../src/model/uuid.ts';
import { createSession } from '../integration/inventory/rigSession.ts';
import { startRigHost, type RigHost } from '../tools/rig/rigHost.ts';
import { measureEvents } from './applyEvents.ts';
import {
  median,
  medianFigure,
  plainFigure,
  timed,
  type BenchResult,
  type Figure,
  type Goal,
} from './measure.ts';
import { testDriver, TestWorld } from './testWorld.ts';
import { watchLoop, type LoopUse } from './watchLoop.ts';
import { whenState } from './whenState.ts';

const largest = 10_000;
const sizes = [
  { count: 100, reads: 9 },
  { count: 1_000, reads: 7 },
  { count: largest, reads: 5 },
] as const;
const snapshots = 20;
/** After an event its VM is read again, which changes the snapshot too. */
const settledMs = 80;

interface SizeTimes {
  readonly count: number;
  readonly initial: readonly LoopUse[];
  readonly reread: readonly LoopUse[];
  readonly snapshotMs: readonly number[];
  readonly eventUs: readonly number[];
}

/** How the costs grow with the number of VMs of a host. */
export async function growthBench(): Promise<BenchResult> {
  const host = await startRigHost({ name: 'bench-growth' });
  try {
    const world = await TestWorld.open(host, 10);
    await measureSize(host, world, { count: 10, reads: 3 }); // compiles it
    const measured: SizeTimes[] = [];
    for (const size of sizes) {
      await world.growTo(size.count);
      measured.push(await measureSize(host, world, size));
    }
    world.close();
    return {
      figures: [...measured.flatMap(figuresOf), ...growthFigures(measured)],
      notes: [
        'The initial read is from connecting to the first complete picture; a re-read happens every minute while somebody looks.',
        'Growth is the ratio of times from 100 to 10,000 VMs by the ratio of sizes: 1 is linear, 0.01 does not grow at all.',
      ],
    };
  } finally {
    await host.stop();
  }
}

function figuresOf({ count, initial, reread, snapshotMs, eventUs }: SizeTimes): readonly Figure[] {
  const of = `${count.toLocaleString('en')} VMs:`;
  const wanted = count === largest ? { atMost: 20 } : undefined;
  const figure = (
    what: string,
    uses: readonly LoopUse[],
    pick: keyof LoopUse,
    goal?: Goal,
  ): Figure => {
    const values = uses.map((use) => use[pick]);
    return medianFigure(`${of} ${what}`, values, 'ms', goal);
  };
  return [
    figure('initial read', initial, 'elapsedMs'),
    figure('initial read, our own work', initial, 'busyMs'),
    figure('initial read, longest block of the event loop', initial, 'longestBlockMs', wanted),
    figure('re-read', reread, 'elapsedMs'),
    figure('re-read, our own work', reread, 'busyMs'),
    figure('re-read, longest block of the event loop', reread, 'longestBlockMs', wanted),
    medianFigure(`${of} snapshot after a change`, snapshotMs, 'ms'),
    medianFigure(`${of} applying an event`, eventUs, 'µs'),
  ];
}

function growthFigures(measured: readonly SizeTimes[]): readonly Figure[] {
  const [small, large] = [measured.at(0), measured.at(-1)];
  if (!small || !large) {
    return [];
  }
  const growth = (what: string, pick: (times: SizeTimes) => readonly number[]): Figure => {
    const times = median(pick(large)) / median(pick(small));
    return plainFigure(`growth of ${what}`, times / (large.count / small.count), '× linear');
  };
  return [
    growth('the initial read', ({ initial }) => initial.map(({ elapsedMs }) => elapsedMs)),
    growth('the re-read', ({ reread }) => reread.map(({ elapsedMs }) => elapsedMs)),
    growth('the snapshot', ({ snapshotMs }) => snapshotMs),
    growth('applying an event', ({ eventUs }) => eventUs),
  ];
}

async function measureSize(
  host: RigHost,
  world: TestWorld,
  { count, reads }: { readonly count: number; readonly reads: number },
): Promise<SizeTimes> {
  const initial: LoopUse[] = [];
  const reread: LoopUse[] = [];
  let snapshotMs: readonly number[] = [];
  let eventUs: readonly number[] = [];
  for (let read = 1; read <= reads; read++) {
    const session = createSession(host.socketPath, { driver: testDriver });
    const connect = async (): Promise<void> => {
      session.connect();
      await session.whenReady(AbortSignal.timeout(60_000));
    };
    initial.push(await watchLoop(connect));
    if (session.snapshot.domains.size !== count) {
      throw new Error(`${session.snapshot.domains.size} VMs were read of ${count}`);
    }
    reread.push(await watchLoop(() => session.refresh()));
    if (read === reads) {
      snapshotMs = await measureSnapshots(session, world);
      eventUs = measureEvents(session.snapshot);
    }
    session.dispose();
  }
  return { count, initial, reread, snapshotMs, eventUs };
}

/** The snapshot is made anew after each change, when somebody asks. */
async function measureSnapshots(
  session: HostSession,
  world: TestWorld,
): Promise<readonly number[]> {
  const [dom] = world.running;
  if (!dom) {
    throw new Error('there is no running VM');
  }
  const times: number[] = [];
  for (let change = 0; change < snapshots; change++) {
    await delay(settledMs);
    const { revision } = session.snapshot;
    const isPause = change % 2 === 0;
    const changed = whenState(session, formatUuid(dom.uuid), isPause ? 'paused' : 'running');
    await world.connection.call(isPause ? domainSuspend : domainResume, { dom });
    await changed;
    times.push(await timed(() => session.snapshot));
    if (session.snapshot.revision === revision) {
      throw new Error('the snapshot is the one before the change');
    }
  }
  return times;
}
