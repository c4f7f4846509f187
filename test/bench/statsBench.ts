import { setTimeout as delay } from 'node:timers/promises';
import { allGroups } from '../../src/inventory/sampler.ts';
import type { Connection } from '../../src/libvirt/connection.ts';
import { statsNoWait } from '../../src/libvirt/constants.ts';
import { connectGetAllDomainStats } from '../../src/libvirt/protocol/connect.ts';
import { openSession } from '../integration/inventory/rigSession.ts';
import { mustRun } from '../tools/rig/command.ts';
import type { Guest } from '../tools/rig/guest.ts';
import { startRigHost, type RigHost } from '../tools/rig/rigHost.ts';
import { createReader } from './batchReader.ts';
import { bootGuests } from './guests.ts';
import { medianFigure, plainFigure, ratioFigure, sideBySide, type BenchResult } from './measure.ts';
import { openDriver, qemuDriver } from './testWorld.ts';

const guestCount = 10;
const runs = 31;
const loopRuns = 5;
/** The same groups and flags as ours. */
const virshOptions = '--raw --nowait --cpu-total --balloon --vcpu --interface --block'.split(' ');

/** What a person's script would run for each VM: a process per figure. */
const dashboardLoop = `
  for guest in "$@"; do
    name=\${guest%:*}
    virsh -q -c "$URI" dominfo "$name"
    virsh -q -c "$URI" domstats --raw --cpu-total "$name"
    virsh -q -c "$URI" dommemstat "$name"
    virsh -q -c "$URI" domblkstat "$name" vda
    virsh -q -c "$URI" domifstat "$name" "\${guest#*:}"
  done`;
const processesPerGuest = 5;

/** Figures of running guests over the open connection, against spawned virsh. */
export async function statsBench(): Promise<BenchResult> {
  const host = await startRigHost({ name: 'bench-stats' });
  try {
    const guests = await bootGuests(host, guestCount);
    // Just booted, they still have this and that to do
    await delay(3_000);
    const session = await openSession(host.socketPath);
    const connection = await openDriver(host.socketPath, qemuDriver);
    const domains = [...session.snapshot.domains.values()];
    const reader = createReader(connection);
    const fields = await statsInOneCall(connection);
    await expectSameFields(host, fields);
    const once = await sideBySide(runs, {
      oneCall: () => statsInOneCall(connection),
      batches: () => reader.read(domains),
      sampler: () => session.sampler.sampleNow(),
      virsh: () => virshStats(host),
    });
    const looped = await sideBySide(loopRuns, {
      sampler: () => session.sampler.sampleNow(),
      script: await dashboardScript(host, guests),
    });
    reader.expectRecords(guestCount * (runs + 1));
    session.dispose();
    connection.close();
    const wanted = { atLeast: 1.5 };
    return {
      figures: [
        plainFigure('parameters per reading of all', fields, 'of both'),
        medianFigure('one call for all', once.oneCall, 'ms'),
        medianFigure('in batches, as the sampler reads', once.batches, 'ms'),
        medianFigure('sampler.sampleNow(), rates and history included', once.sampler, 'ms'),
        medianFigure('virsh domstats', once.virsh, 'ms'),
        ratioFigure('virsh domstats / one call for all', once.virsh, once.oneCall),
        ratioFigure('virsh domstats / in batches', once.virsh, once.batches, wanted),
        ratioFigure('virsh domstats / sampler.sampleNow()', once.virsh, once.sampler, wanted),
        medianFigure(`loop of ${guestCount * processesPerGuest} virsh`, looped.script, 'ms'),
        ratioFigure('loop of virsh / sampler.sampleNow()', looped.script, looped.sampler, {
          atLeast: 10,
        }),
      ],
      notes: [
        `${guestCount} idle QEMU guests under TCG, with 2 vCPUs, a disk and an interface each. libvirtd asks each QEMU: most of the time is theirs.`,
        'Groups and flags are the same on both sides: cpu-total, balloon, vcpu, interface, block, nowait.',
        'The sampler also reads CPU and memory of the host itself. The loop is not charged for finding names.',
      ],
    };
  } finally {
    await host.stop();
  }
}

async function statsInOneCall(connection: Connection): Promise<number> {
  const args = { doms: [], stats: allGroups, flags: statsNoWait };
  const { retStats } = await connection.call(connectGetAllDomainStats, args);
  return retStats.reduce((sum, { params }) => sum + params.length, 0);
}

function virshStats(host: RigHost): Promise<string> {
  return host.mustVirsh('domstats', ...virshOptions);
}

/** A comparison of different things would be none. */
async function expectSameFields(host: RigHost, ours: number): Promise<void> {
  const theirs = (await virshStats(host)).split('\n').filter((line) => line.includes('=')).length;
  if (theirs !== ours) {
    throw new Error(`virsh tells ${theirs} parameters where we read ${ours}`);
  }
}

async function dashboardScript(
  host: RigHost,
  guests: readonly Guest[],
): Promise<() => Promise<string>> {
  const words = await Promise.all(
    guests.map(async ({ name }) => {
      const interfaces = await host.mustVirsh('domiflist', name);
      return `${name}:${interfaces.trim().split(/\s+/)[0] ?? ''}`;
    }),
  );
  return () => mustRun(['env', `URI=${host.uri}`, 'sh', '-ec', dashboardLoop, 'sh', ...words]);
}
