// Records frames of a real libvirtd into test/fixtures/frames: node --import tsx test/tools/recordFrames.ts
// Frames that are there already stay, for their values were checked by hand; delete the file to record all afresh.
import * as fs from 'node:fs';
import type { Duplex } from 'node:stream';
import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import type { Connection } from '../../src/libvirt/connection.ts';
import {
  encodeFrame,
  FrameDecoder,
  messageStatus,
  messageType,
  type Frame,
} from '../../src/libvirt/frame.ts';
import { openConnection } from '../../src/libvirt/openConnection.ts';
import * as connect from '../../src/libvirt/protocol/connect.ts';
import * as domains from '../../src/libvirt/protocol/domain.ts';
import { domainLifecycleEvent, networkLifecycleEvent } from '../../src/libvirt/protocol/events.ts';
import * as resources from '../../src/libvirt/protocol/networkAndStorage.ts';
import { program, type Procedure } from '../../src/libvirt/protocol/procedure.ts';
import { eventMessages, procedures } from '../../src/libvirt/protocol/table.ts';
import type { WireDomain } from '../../src/libvirt/protocol/types.ts';
import type { RpcStream } from '../../src/libvirt/stream.ts';
import { parseHostUri } from '../../src/libvirt/uri.ts';
import { createUnixDialer } from '../../src/transport/unixDialer.ts';
import { codecOf, marked, meaningOf } from './frameMeaning.ts';
import { type RigHost, startRigHost } from './rig/rigHost.ts';

const file = 'test/fixtures/frames/frames.json';

interface Recorded {
  readonly name: string;
  readonly hex: string;
  readonly expected: unknown;
}

const recorded: Recorded[] = fs.existsSync(file)
  ? (JSON.parse(fs.readFileSync(file, 'utf8')) as Recorded[])
  : [];
let label = '';
/** Which of a stream's data tells something. */
let isTelling = (data: Buffer): boolean => data.length === 0;

/** What a frame is called under the label of the moment; undefined if it is not to be noted. */
function nameOf(frame: Frame): string | undefined {
  const { header, body } = frame;
  if (label === '') {
    return undefined;
  }
  if (header.program === program.keepalive) {
    return `qemu: keepalive ${header.procedure === 1 ? 'ping' : 'pong'}`;
  }
  if (header.type === messageType.stream) {
    if (header.status !== messageStatus.continue) {
      return `${label}: stream ${header.status === messageStatus.ok ? 'finished' : 'broken'}`;
    }
    if (!isTelling(body)) {
      return undefined;
    }
    return `${label}: stream ${body.length === 0 ? 'end of data' : 'data'}`;
  }
  if (!codecOf(frame)) {
    return undefined;
  }
  const kind = header.type === messageType.message ? 'event' : '';
  const row = [...procedures, ...eventMessages].find((each) => each.number === header.procedure);
  return [label, kind, kind === '' ? '' : (row?.name ?? '')].filter(Boolean).join(' ');
}

/** Notes each kind of frame once. */
function tap(duplex: Duplex): Duplex {
  const decoder = new FrameDecoder();
  duplex.on('data', (chunk: Buffer) => {
    for (const frame of decoder.push(chunk)) {
      const name = nameOf(frame);
      const hex = encodeFrame(frame.header, frame.body).toString('hex');
      if (
        name !== undefined &&
        !recorded.some((known) => known.name === name || known.hex === hex)
      ) {
        recorded.push({ name, hex, expected: meaningOf(frame) });
        console.log(`new: ${name}`);
      }
    }
  });
  return duplex;
}

async function record<Args, Ret>(
  connection: Connection,
  what: string,
  procedure: Procedure<Args, Ret>,
  args: Args,
): Promise<Ret | undefined> {
  label = `${what}: ${procedure.name}`;
  try {
    return await connection.call(procedure, args);
  } catch {
    return undefined; // a refusal is a frame too
  } finally {
    await new Promise((resolve) => setTimeout(resolve, 60));
    label = '';
  }
}

async function openTapped(
  text: string,
): Promise<{ readonly connection: Connection; readonly duplex: Duplex }> {
  const uri = parseHostUri(text);
  const dialer = createUnixDialer(uri, systemClock);
  const dialled: Duplex[] = [];
  const connection = await openConnection({
    uri,
    dialer: {
      ...dialer,
      dial: async (options) => {
        dialled.push(tap(await dialer.dial(options)));
        return dialled[0]!;
      },
    },
    clock: systemClock,
    log: silentLog,
  });
  return { connection, duplex: dialled[0]! };
}

async function recordDriver(driver: string, text: string, name: string): Promise<void> {
  label = driver === 'qemu' ? `${driver}: authList` : '';
  const { connection } = await openTapped(text);
  label = '';
  const ask = <Args, Ret>(procedure: Procedure<Args, Ret>, args: Args): Promise<Ret | undefined> =>
    record(connection, driver, procedure, args);
  connection.on(domainLifecycleEvent, () => undefined);
  await ask(connect.connectDomainEventCallbackRegisterAny, { eventID: 0, dom: null });
  await ask(connect.connectNetworkEventRegisterAny, { eventID: 0, net: null });
  await ask(connect.connectGetType, undefined);
  await ask(connect.connectGetVersion, undefined);
  await ask(connect.connectGetLibVersion, undefined);
  await ask(connect.connectGetHostname, undefined);
  await ask(connect.nodeGetInfo, undefined);
  await ask(connect.nodeGetCpuStats, { cpuNum: -1, nparams: 4, flags: 0 });
  await ask(connect.nodeGetMemoryStats, { nparams: 4, cellNum: -1, flags: 0 });
  await ask(connect.connectListAllDomains, { needResults: 1, flags: 0 });
  await ask(connect.connectListAllNetworks, { needResults: 1, flags: 0 });
  await ask(connect.connectListAllStoragePools, { needResults: 1, flags: 0 });
  const dom = (await ask(domains.domainLookupByName, { name }))!.dom;
  await ask(domains.domainLookupByName, { name: 'not there' });
  await ask(domains.domainGetState, { dom, flags: 0 });
  await ask(domains.domainGetInfo, { dom });
  await ask(domains.domainGetControlInfo, { dom, flags: 0 });
  await ask(domains.domainGetAutostart, { dom });
  await ask(domains.domainIsPersistent, { dom });
  await ask(domains.domainHasManagedSaveImage, { dom, flags: 0 });
  await ask(domains.domainListAllSnapshots, { dom, needResults: 1, flags: 0 });
  await ask(connect.connectGetAllDomainStats, { doms: [dom], stats: 1 | 2 | 4 | 8, flags: 0 });
  await ask(domains.domainGetMetadata, { dom, type: 2, uri: 'urn:none', flags: 0 });
  await ask(domains.domainCreateWithFlags, { dom, flags: 0 });
  await ask(domains.domainSuspend, { dom });
  await ask(domains.domainResume, { dom });
  await ask({ ...connect.connectGetType, name: 'unknownProcedure', number: 9_999 }, undefined);
  const { pools } = await connection.call(connect.connectListAllStoragePools, {
    needResults: 1,
    flags: 0,
  });
  if (pools[0]) {
    await ask(resources.storagePoolGetInfo, { pool: pools[0] });
  }
  await ask(domains.domainDestroyFlags, { dom, flags: 0 });
  await ask(domains.domainDestroyFlags, { dom, flags: 0 });
  connection.close();
}

/** Notes frames under a name, and lets what was asked for arrive. */
async function under(name: string, action: () => Promise<unknown>, waitMs = 200): Promise<void> {
  label = name;
  await action();
  await new Promise((resolve) => setTimeout(resolve, waitMs));
  label = '';
}

/** Reads until something was said, or to the end. */
async function readUntil(stream: RpcStream, wanted?: string): Promise<void> {
  let seen = '';
  for await (const chunk of stream) {
    seen += Buffer.from(chunk).toString('latin1');
    if (wanted !== undefined && seen.includes(wanted)) {
      return;
    }
  }
}

async function recordStreams(connection: Connection, dom: WireDomain): Promise<void> {
  const args = { dom, devName: null, flags: 1 };
  // What is typed is echoed without the sum; the terminal may cut the answer anywhere
  isTelling = (data) => data.includes('42');
  await under('qemu: domainOpenConsole', async () => {
    const { stream } = await connection.open(domains.domainOpenConsole, args);
    await stream.write(Buffer.from('\necho frames=$((40 + 2))\n'));
    await readUntil(stream, '42');
    await stream.finish();
  });
  await under('qemu: domainOpenConsole aborted', async () => {
    const { stream } = await connection.open(domains.domainOpenConsole, args);
    stream.abort();
  });
  await under('qemu: domainOpenConsole taken over', async () => {
    await connection.open(domains.domainOpenConsole, args);
    const { stream } = await connection.open(domains.domainOpenConsole, args);
    await new Promise((resolve) => setTimeout(resolve, 200));
    stream.abort();
  });
  isTelling = (data) => data.length === 0;
  await under('qemu: domainScreenshot', async () => {
    const { stream } = await connection.open(domains.domainScreenshot, {
      dom,
      screen: 0,
      flags: 0,
    });
    await readUntil(stream);
    await stream.finish();
  });
}

async function recordNetwork(connection: Connection, host: RigHost): Promise<void> {
  connection.on(networkLifecycleEvent, () => undefined);
  await connection.call(connect.connectNetworkEventRegisterAny, { eventID: 0, net: null });
  for (const [command, what] of [
    ['net-start', 'started'],
    ['net-destroy', 'stopped'],
    ['net-undefine', 'undefined'],
  ] as const) {
    await under(`qemu: network ${what}`, () => host.mustVirsh(command, 'default'));
  }
}

/** What is not the answer to a call: streams, events of a network, and both sides of keepalive. */
async function recordTheRest(host: RigHost): Promise<void> {
  const { connection, duplex } = await openTapped(host.uri);
  const { dom } = await connection.call(domains.domainLookupByName, { name: 'web-01' });
  await recordStreams(connection, dom);
  console.log(await host.mustVirsh('net-uuid', 'default'));
  await recordNetwork(connection, host);
  const ping = { program: program.keepalive, procedure: 1, type: messageType.message };
  await under(
    'qemu: keepalive',
    () => {
      duplex.write(encodeFrame({ ...ping, serial: 0, status: messageStatus.ok }));
      return Promise.resolve();
    },
    3_000,
  );
  connection.close();
}

const host = await startRigHost({ name: 'recorder', daemonConfig: { keepalive_interval: 1 } });
const guest = await host.defineGuest({ name: 'web-01' });
await guest.start();
await guest.waitReady();
for (const args of [
  ['version'],
  ['dominfo', 'web-01'],
  ['nodeinfo'],
  ['domstats', '--balloon', '--vcpu', 'web-01'],
]) {
  console.log(await host.mustVirsh(...args));
}
await recordTheRest(host);
await recordDriver('qemu', host.uri, 'web-01');
await recordDriver('test', host.testUri, 'test');
await host.stop();
fs.mkdirSync('test/fixtures/frames', { recursive: true });
fs.writeFileSync(file, `${JSON.stringify(recorded, marked, 1)}\n`);
console.log(`${recorded.length} frames`);
