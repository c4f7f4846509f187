import { setTimeout as delay } from 'node:timers/promises';
import type { HostSession } from '../../src/inventory/hostSession.ts';
import type { Connection } from '../../src/libvirt/connection.ts';
import { connectListAllDomains } from '../../src/libvirt/protocol/connect.ts';
import { domainResume, domainSuspend } from '../../src/libvirt/protocol/domain.ts';
import type { WireDomain } from '../../src/libvirt/protocol/types.ts';
import { formatUuid } from '../../src/model/uuid.ts';
import { openSession } from '../integration/inventory/rigSession.ts';
import { startRigHost, type RigHost } from '../tools/rig/rigHost.ts';
import { bootGuests } from './guests.ts';
import { medianFigure, p99Figure, type BenchResult, type Figure } from './measure.ts';
import { openDriver, qemuDriver, testDriver, TestWorld } from './testWorld.ts';
import { whenState } from './whenState.ts';

/** How long somebody else's actions take to show. */
interface Delays {
  /** From when the other connection sent its call. */
  readonly fromCall: readonly number[];
  /** Beyond when the other connection had its reply; below 0 where we knew before it did. */
  readonly beyondReply: readonly number[];
}

/** From an action of another connection to `onDidChange` telling the new state. */
export async function eventBench(): Promise<BenchResult> {
  const host = await startRigHost({ name: 'bench-events' });
  try {
    return {
      figures: [...(await onTestDriver(host)), ...(await onQemu(host))],
      notes: [
        'Below 0: our picture told it before the one who acted had its reply. Both connections are of one process, for one clock.',
        "Our session reads each VM again 30 ms after its event, which meets the next action's call at the daemon, as in use.",
      ],
    };
  } finally {
    await host.stop();
  }
}

async function onTestDriver(host: RigHost): Promise<readonly Figure[]> {
  const world = await TestWorld.open(host, 100);
  const session = await openSession(host.socketPath, { driver: testDriver });
  const delays = await measureDelays(session, world.connection, world.running, {
    events: 300,
    pauseMs: 7,
  });
  session.dispose();
  world.close();
  return figuresOf('test driver', delays);
}

async function onQemu(host: RigHost): Promise<readonly Figure[]> {
  await bootGuests(host, 2);
  const session = await openSession(host.socketPath);
  const connection = await openDriver(host.socketPath, qemuDriver);
  const { domains } = await connection.call(connectListAllDomains, { needResults: 1, flags: 0 });
  const delays = await measureDelays(session, connection, domains, { events: 120, pauseMs: 60 });
  session.dispose();
  connection.close();
  return figuresOf('QEMU', delays);
}

function figuresOf(driver: string, { fromCall, beyondReply }: Delays): readonly Figure[] {
  return [
    medianFigure(`${driver}: from sending the call`, fromCall, 'ms'),
    p99Figure(`${driver}: from sending the call`, fromCall, 'ms'),
    medianFigure(`${driver}: beyond the reply`, beyondReply, 'ms'),
    p99Figure(`${driver}: beyond the reply`, beyondReply, 'ms', { atMost: 20 }),
  ];
}

/** Pauses and resumes running VMs in turn. */
async function measureDelays(
  session: HostSession,
  actor: Connection,
  domains: readonly WireDomain[],
  { events, pauseMs }: { readonly events: number; readonly pauseMs: number },
): Promise<Delays> {
  const fromCall: number[] = [];
  const beyondReply: number[] = [];
  for (let event = 0; event < events; event++) {
    const isSuspend = event % 2 === 0;
    const dom = domains[(event >> 1) % domains.length];
    if (!dom) {
      throw new Error('there is no running VM');
    }
    const seen = whenState(session, formatUuid(dom.uuid), isSuspend ? 'paused' : 'running');
    const sentAt = performance.now();
    const replied = actor
      .call(isSuspend ? domainSuspend : domainResume, { dom })
      .then(() => performance.now());
    const [seenAt, repliedAt] = await Promise.all([seen, replied]);
    fromCall.push(seenAt - sentAt);
    beyondReply.push(seenAt - repliedAt);
    await delay(pauseMs);
  }
  return { fromCall, beyondReply };
}
