import { createReadStream, createWriteStream, promises as fs, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import * as path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { allGroups } from '../../src/inventory/sampler.ts';
import type { Connection } from '../../src/libvirt/connection.ts';
import { statsGroup, statsNoWait } from '../../src/libvirt/constants.ts';
import { connectGetAllDomainStats } from '../../src/libvirt/protocol/connect.ts';
import {
  storageVolDownload,
  storageVolUpload,
} from '../../src/libvirt/protocol/networkAndStorage.ts';
import { storageVolLookupByPath } from '../../src/libvirt/protocol/otherClients.ts';
import type { RpcStream } from '../../src/libvirt/stream.ts';
import { openSession } from '../integration/inventory/rigSession.ts';
import { SshUser } from '../integration/ssh/sshUser.ts';
import { mustRun } from '../tools/rig/command.ts';
import { startRigHost, type RigHost } from '../tools/rig/rigHost.ts';
import { makeKey } from '../tools/rig/ssh/keys.ts';
import { startSshd, type Sshd } from '../tools/rig/ssh/sshd.ts';
import { createReader } from './batchReader.ts';
import { bootGuests } from './guests.ts';
import {
  medianFigure,
  plainFigure,
  ratioFigure,
  sideBySide,
  type BenchResult,
  type Figure,
} from './measure.ts';
import { openDriver, qemuDriver, testDriver, TestWorld } from './testWorld.ts';

const guestCount = 10;
const domainCount = 1_000;
const runs = 15;
const firstListRuns = 7;
const volumeMiB = 1_024;
const volumeRuns = 4;
const volumeStreams = 4;
const longCommand = { timeoutMs: 120_000 };
/** The same groups and flags as ours. */
const statsOptions = '--raw --nowait --cpu-total --balloon --vcpu --interface --block'.split(' ');
const systemSocket = '/run/libvirt/libvirt-sock';

/** A person's way to the rig's host: their files, their ssh, and a virsh that uses it. */
interface Way {
  readonly host: RigHost;
  readonly sshd: Sshd;
  readonly user: SshUser;
  /** Somebody with the same files and nothing open. */
  readonly newUser: (client: 'ssh2' | 'openssh') => SshUser;
  /** `ssh`, with their configuration. */
  readonly ssh: readonly string[];
  readonly scp: readonly string[];
  /** A program for libvirt's `?command=`, which starts that `ssh`. */
  readonly wrapper: string;
}

/** Over SSH: figures, lists, the first list and volumes, against what a person would run instead. */
export async function sshBench(): Promise<BenchResult> {
  const host = await startRigHost({ name: 'bench-ssh' });
  try {
    const way = await makeWay(host);
    await bootGuests(host, guestCount);
    const world = await TestWorld.open(host, domainCount);
    await delay(3_000); // just booted, guests have this and that to do
    const figures = [
      ...(await refresh(way)),
      ...(await lists(way)),
      ...(await firstList(way)),
      ...(await volumes(way)),
    ];
    world.close();
    way.user.close();
    return {
      figures,
      notes: [
        `${guestCount} idle QEMU guests under TCG and ${domainCount.toLocaleString('en')} VMs of the test driver, behind one sshd on the loopback device.`,
        'Groups and flags are the same on all sides. We ask over the connection that is open; `ssh` connects each time, "shared" over a',
        'ControlMaster that is open too. The rest of a refresh is the QEMUs: libvirtd asks each. What the unix socket takes is libvirtd.',
      ],
    };
  } finally {
    await host.stop();
  }
}

async function makeWay(host: RigHost): Promise<Way> {
  const sshd = await startSshd(host);
  const key = await makeKey(path.join(sshd.folder, 'id'));
  sshd.authorize(host.member, key);
  const config = [
    ...['Host rig', '  HostName 127.0.0.1', `  Port ${sshd.port}`, `  User ${host.member.name}`],
    ...[`  IdentityFile ${key.file}`, '  IdentitiesOnly yes', '  IdentityAgent none'],
    '  BatchMode yes',
  ].join('\n');
  let users = 0;
  const newUser = (client: 'ssh2' | 'openssh'): SshUser => {
    const folder = path.join(sshd.folder, `user-${++users}`);
    const made = new SshUser({ folder, config, client });
    made.trust(sshd);
    return made;
  };
  const user = newUser('ssh2');
  const wrapper = path.join(sshd.folder, 'ssh');
  writeFileSync(wrapper, `#!/bin/sh\nexec ssh -F ${user.configFile} "$@"\n`, { mode: 0o755 });
  return {
    host,
    sshd,
    user,
    newUser,
    ssh: ['ssh', '-F', user.configFile],
    scp: ['scp', '-q', '-F', user.configFile],
    wrapper,
  };
}

function virshOver({ wrapper }: Way, driver: 'qemu' | 'test'): readonly string[] {
  const place = driver === 'qemu' ? '/system' : '/default';
  const uri = `${driver}+ssh://rig${place}?command=${wrapper}&socket=${systemSocket}&proxy=netcat`;
  return ['virsh', '--quiet', '--connect', uri];
}

async function statistics(connection: Connection, groups: number): Promise<number> {
  const args = { doms: [], stats: groups, flags: groups === allGroups ? statsNoWait : 0 };
  const { retStats } = await connection.call(connectGetAllDomainStats, args);
  return groups === allGroups
    ? retStats.reduce((sum, { params }) => sum + params.length, 0)
    : retStats.length;
}

async function refresh(way: Way): Promise<readonly Figure[]> {
  const { sshd, user, ssh } = way;
  const before = sshd.accepted;
  const { connection } = await user.open('qemu+ssh://rig/system');
  const second = await user.open('qemu+ssh://rig/system');
  const local = await openDriver(way.host.socketPath, qemuDriver);
  const session = await openSession(way.host.socketPath);
  const domains = [...session.snapshot.domains.values()];
  const readers = { ours: createReader(connection), local: createReader(local) };
  const connections = sshd.accepted - before;
  const there = ['virsh', '-q', '-c', 'qemu:///system', 'domstats', ...statsOptions];
  const control = path.join(sshd.folder, 'control');
  const shared = [...ssh, '-S', control];
  await mustRun([...shared, '-M', '-N', '-f', '-o', 'ControlPersist=yes', 'rig']);
  const fields = await statistics(connection, allGroups);
  const theirs = await mustRun([...ssh, 'rig', ...there]);
  expectSame('virsh', theirs.split('\n').filter((line) => line.includes('=')).length, fields);
  const times = await sideBySide(runs, {
    ours: () => readers.ours.read(domains),
    local: () => readers.local.read(domains),
    ssh: () => mustRun([...ssh, 'rig', ...there]),
    shared: () => mustRun([...shared, 'rig', ...there]),
    virsh: () => mustRun([...virshOver(way, 'qemu'), 'domstats', ...statsOptions]),
  });
  await mustRun([...shared, '-O', 'exit', 'rig']);
  readers.ours.expectRecords(guestCount * (runs + 1));
  connection.close();
  second.connection.close();
  local.close();
  session.dispose();
  return [
    plainFigure('TCP connections for two RPC connections', connections, 'per host', { atMost: 1 }),
    plainFigure('parameters per refresh', fields, 'of all'),
    medianFigure('refresh', times.ours, 'ms'),
    medianFigure('the same over the unix socket', times.local, 'ms'),
    medianFigure('ssh HOST virsh domstats', times.ssh, 'ms'),
    medianFigure('the same, shared', times.shared, 'ms'),
    medianFigure('virsh -c qemu+ssh: domstats', times.virsh, 'ms'),
    ratioFigure('ssh HOST virsh domstats / refresh', times.ssh, times.ours, { atLeast: 5 }),
    ratioFigure('the same, shared / refresh', times.shared, times.ours),
    ratioFigure('virsh -c qemu+ssh: / refresh', times.virsh, times.ours, { atLeast: 9 }),
  ];
}

async function lists(way: Way): Promise<readonly Figure[]> {
  const { connection } = await way.user.open('test+ssh://rig/default');
  const local = await openDriver(way.host.socketPath, testDriver);
  const there = ['virsh', '-q', '-c', `'test+unix:///default?socket=${systemSocket}'`];
  const overSsh = async (): Promise<void> => {
    const output = await mustRun([...way.ssh, 'rig', ...there, 'list', '--all']);
    expectSame('virsh list', output.trim().split('\n').length, domainCount);
  };
  const overLibvirt = async (): Promise<void> => {
    const output = await mustRun([...virshOver(way, 'test'), 'list', '--all']);
    expectSame('virsh list', output.trim().split('\n').length, domainCount);
  };
  const times = await sideBySide(runs, {
    ours: async () => {
      expectSame('our list', await statistics(connection, statsGroup.state), domainCount);
    },
    local: () => statistics(local, statsGroup.state),
    ssh: overSsh,
    virsh: overLibvirt,
  });
  connection.close();
  local.close();
  const of = `${domainCount.toLocaleString('en')} VMs:`;
  return [
    medianFigure(`${of} names and states`, times.ours, 'ms'),
    medianFigure(`${of} the same over the unix socket`, times.local, 'ms'),
    medianFigure(`${of} ssh HOST virsh list --all`, times.ssh, 'ms'),
    medianFigure(`${of} virsh -c test+ssh: list --all`, times.virsh, 'ms'),
    ratioFigure(`${of} ssh HOST virsh list / ours`, times.ssh, times.ours, { atLeast: 100 }),
    ratioFigure(`${of} virsh -c test+ssh: list / ours`, times.virsh, times.ours, { atLeast: 100 }),
  ];
}

/** From nothing to a list: resolve, connect, log in, reach the socket, open, list. */
async function firstList(way: Way): Promise<readonly Figure[]> {
  const first = async (client: 'ssh2' | 'openssh'): Promise<void> => {
    const user = way.newUser(client);
    const { connection } = await user.open('qemu+ssh://rig/system');
    expectSame('our list', await statistics(connection, statsGroup.state), guestCount);
    connection.close();
    user.close();
  };
  const times = await sideBySide(firstListRuns, {
    ours: () => first('ssh2'),
    openssh: () => first('openssh'),
    virsh: () => mustRun([...virshOver(way, 'qemu'), 'list', '--all']),
  });
  return [
    medianFigure('click to first list', times.ours, 'ms'),
    medianFigure('click to first list, by OpenSSH', times.openssh, 'ms'),
    medianFigure('virsh -c qemu+ssh: list --all', times.virsh, 'ms'),
    ratioFigure('virsh -c qemu+ssh: list / click to first list', times.virsh, times.ours),
  ];
}

async function volumes(way: Way): Promise<readonly Figure[]> {
  const { host, user, scp, sshd } = way;
  const virsh = (command: string, file: string): Promise<string> =>
    mustRun([...virshOver(way, 'qemu'), command, '--pool', 'bench', 'disk.raw', file], longCommand);
  const pool = await host.createPool('bench');
  const file = path.join(pool, 'disk.raw');
  await host.mustVirsh('vol-create-as', 'bench', 'disk.raw', `${volumeMiB}M`, '--format', 'raw');
  const here = path.join(sshd.folder, 'here');
  await fs.writeFile(here, '');
  for (let mib = 0; mib < volumeMiB; mib += 64) {
    await fs.appendFile(here, randomBytes(64 << 20)); // zeroes might be treated as holes
  }
  await fs.chmod(pool, 0o777);
  const { connection } = await user.open('qemu+ssh://rig/system');
  const { vol } = await connection.call(storageVolLookupByPath, { path: file });
  const upload = async (): Promise<void> => {
    const streams = await openRanges((range) =>
      connection.open(storageVolUpload, { vol, ...range }),
    );
    await Promise.all(
      streams.map(async ({ stream, start, end }) => {
        const source = createReadStream(here, { start, end: end - 1, highWaterMark: 1 << 20 });
        for await (const chunk of source) {
          await stream.write(chunk as Buffer);
        }
        await stream.finish();
      }),
    );
  };
  const back = (whose: string): string => path.join(sshd.folder, `back-${whose}`);
  const download = async (): Promise<void> => {
    await fs.writeFile(back('ours'), '');
    const streams = await openRanges((range) =>
      connection.open(storageVolDownload, { vol, ...range }),
    );
    await Promise.all(
      streams.map(async ({ stream, start }) => {
        const target = createWriteStream(back('ours'), {
          flags: 'r+',
          start,
          highWaterMark: 4 << 20,
        });
        await pipeline(Readable.from(stream), target);
        await stream.finish();
      }),
    );
    expectSame('our download', (await fs.stat(back('ours'))).size, volumeMiB << 20);
  };
  const copy = path.join(host.member.home, 'copy');
  await upload();
  await mustRun(['cmp', here, file]);
  const up = await sideBySide(volumeRuns, {
    ours: upload,
    scp: () => mustRun([...scp, here, `rig:${copy}`], longCommand),
    virsh: () => virsh('vol-upload', here),
    // Or the next who writes to it pays for giving back what it held
    nobody: () => fs.rm(copy),
  });
  await fs.chmod(file, 0o666);
  await fs.copyFile(file, copy);
  await download();
  await mustRun(['cmp', file, back('ours')]);
  const down = await sideBySide(volumeRuns, {
    ours: download,
    scp: () => mustRun([...scp, `rig:${copy}`, back('scp')], longCommand),
    virsh: () => virsh('vol-download', back('virsh')),
    nobody: () => Promise.all(['ours', 'scp', 'virsh'].map((whose) => fs.rm(back(whose)))),
  });
  connection.close();
  const rate = (times: readonly number[]): readonly number[] =>
    times.map((ms) => (volumeMiB / ms) * 1_000);
  const of = `${volumeMiB} MiB`;
  return [
    medianFigure(`${of} up by volume streams`, rate(up.ours), 'MiB/s'),
    medianFigure(`${of} up by scp`, rate(up.scp), 'MiB/s'),
    medianFigure(`${of} up by virsh -c qemu+ssh:`, rate(up.virsh), 'MiB/s'),
    ratioFigure(`${of} up: time of scp / of the streams`, up.scp, up.ours, { atLeast: 0.8 }),
    medianFigure(`${of} down by volume streams`, rate(down.ours), 'MiB/s'),
    medianFigure(`${of} down by scp`, rate(down.scp), 'MiB/s'),
    medianFigure(`${of} down by virsh -c qemu+ssh:`, rate(down.virsh), 'MiB/s'),
    ratioFigure(`${of} down: time of scp / of the streams`, down.scp, down.ours, { atLeast: 0.8 }),
  ];
}

/**
 * Opens a stream for each part of the volume: while libvirtd reads or writes for one, others are on their way. One after
 * the other, since libvirtd refuses to open a volume while it is opening it already.
 */
async function openRanges(
  open: (range: {
    readonly offset: bigint;
    readonly length: bigint;
    readonly flags: number;
  }) => Promise<{ readonly stream: RpcStream }>,
): Promise<
  readonly { readonly stream: RpcStream; readonly start: number; readonly end: number }[]
> {
  const length = (volumeMiB << 20) / volumeStreams;
  const opened = [];
  for (let start = 0; start < volumeMiB << 20; start += length) {
    const { stream } = await open({ offset: BigInt(start), length: BigInt(length), flags: 0 });
    opened.push({ stream, start, end: start + length });
  }
  return opened;
}

function expectSame(who: string, found: number, wanted: number): void {
  if (found !== wanted) {
    throw new Error(`${who} told of ${found} where there should be ${wanted}`);
  }
}
