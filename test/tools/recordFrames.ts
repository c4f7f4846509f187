// Records frames of a real libvirtd into test/fixtures/frames: node --import tsx test/tools/recordFrames.ts
import * as fs from 'node:fs';
import type { Duplex } from 'node:stream';
import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import type { Connection } from '../../src/libvirt/connection.ts';
import { decodeBody } from '../../src/libvirt/decode.ts';
import { encodeFrame, FrameDecoder, messageStatus, messageType } from '../../src/libvirt/frame.ts';
import { openConnection } from '../../src/libvirt/openConnection.ts';
import { PackedDomainStats } from '../../src/libvirt/protocol/domainStats.ts';
import * as connect from '../../src/libvirt/protocol/connect.ts';
import * as domains from '../../src/libvirt/protocol/domain.ts';
import { domainLifecycleEvent } from '../../src/libvirt/protocol/events.ts';
import * as resources from '../../src/libvirt/protocol/networkAndStorage.ts';
import type { Procedure } from '../../src/libvirt/protocol/procedure.ts';
import { eventMessages, procedures } from '../../src/libvirt/protocol/table.ts';
import { remoteErrorCodec } from '../../src/libvirt/protocol/types.ts';
import type { Codec } from '../../src/libvirt/xdr/codec.ts';
import { parseHostUri } from '../../src/libvirt/uri.ts';
import { createUnixDialer } from '../../src/transport/unixDialer.ts';
import { startRigHost } from './rig/rigHost.ts';

interface Recorded {
  readonly name: string;
  readonly hex: string;
  readonly expected: unknown;
}

const recorded: Recorded[] = [];
let label = '';

/** The codec of a frame's body, or nothing if it has none. */
function codecOf(header: {
  type: number;
  status: number;
  procedure: number;
}): Codec<unknown> | undefined {
  if (header.status === messageStatus.error) {
    return remoteErrorCodec;
  }
  if (header.type === messageType.reply) {
    return procedures.find((row) => row.number === header.procedure)?.ret;
  }
  return eventMessages.find((row) => row.number === header.procedure)?.message;
}

/** Notes each kind of frame once under the label of the moment. */
function tap(duplex: Duplex): Duplex {
  const decoder = new FrameDecoder();
  duplex.on('data', (chunk: Buffer) => {
    for (const { header, body } of decoder.push(chunk)) {
      const codec = codecOf(header);
      if (label === '' || !codec || header.type === messageType.stream) {
        continue;
      }
      const kind = header.type === messageType.message ? 'event' : '';
      const row = [...procedures, ...eventMessages].find(
        (each) => each.number === header.procedure,
      );
      const name = [label, kind, kind === '' ? '' : (row?.name ?? '')].filter(Boolean).join(' ');
      const hex = encodeFrame(header, body).toString('hex');
      if (!recorded.some((frame) => frame.name === name || frame.hex === hex)) {
        recorded.push({
          name,
          hex,
          expected: decodeBody(codec, body),
        });
      }
    }
  });
  return duplex;
}

/** Values that JSON lacks, marked. */
function marked(_key: string, value: unknown): unknown {
  if (value instanceof PackedDomainStats) {
    return { dom: value.dom, params: [...value.params] };
  }
  if (typeof value === 'bigint') {
    return `${value}n`;
  }
  return value instanceof Uint8Array ? `hex:${Buffer.from(value).toString('hex')}` : value;
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

async function recordDriver(driver: string, text: string, name: string): Promise<void> {
  const uri = parseHostUri(text);
  const dialer = createUnixDialer(uri, systemClock);
  label = `${driver}: authList`;
  const connection = await openConnection({
    uri,
    dialer: { ...dialer, dial: async (options) => tap(await dialer.dial(options)) },
    clock: systemClock,
    log: silentLog,
  });
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

const host = await startRigHost({ name: 'recorder' });
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
await recordDriver('qemu', host.uri, 'web-01');
await recordDriver('test', host.testUri, 'test');
await host.stop();
fs.mkdirSync('test/fixtures/frames', { recursive: true });
fs.writeFileSync('test/fixtures/frames/frames.json', `${JSON.stringify(recorded, marked, 1)}\n`);
console.log(`${recorded.length} frames`);
