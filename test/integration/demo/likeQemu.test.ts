import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../../src/base/clock.ts';
import { silentLog } from '../../../src/base/log.ts';
import type { Connection } from '../../../src/libvirt/connection.ts';
import { domainEventId, metadataType, statsGroup } from '../../../src/libvirt/constants.ts';
import { LibvirtError } from '../../../src/libvirt/errors.ts';
import { openConnection } from '../../../src/libvirt/openConnection.ts';
import * as connect from '../../../src/libvirt/protocol/connect.ts';
import * as domains from '../../../src/libvirt/protocol/domain.ts';
import * as events from '../../../src/libvirt/protocol/events.ts';
import * as others from '../../../src/libvirt/protocol/otherClients.ts';
import type { WireDomain } from '../../../src/libvirt/protocol/types.ts';
import { parseHostUri } from '../../../src/libvirt/uri.ts';
import { createUnixDialer } from '../../../src/transport/unixDialer.ts';
import { DemoProcess } from '../../tools/demo/demoProcess.ts';
import { startRigHost, type RigHost } from '../../tools/rig/rigHost.ts';

/** What a client saw of a daemon while it did the same to it as to another. */
class Story {
  /** What was done, and how it ended. */
  readonly lines: string[] = [];
  /** Apart, since libvirtd sends an event before the reply of what caused it or after, as it comes. */
  readonly events: string[] = [];
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
    connection.on(events.domainLifecycleEvent, ({ msg }) => {
      this.events.push(`lifecycle ${msg.event}/${msg.detail}, ${msg.dom.id < 0 ? 'off' : 'on'}`);
    });
    connection.on(events.domainAgentLifecycleEvent, ({ state, reason }) => {
      // When the guest's own agent comes and goes is the guest's affair
      if (reason === 1) {
        this.events.push(`agent ${state}`);
      }
    });
    connection.on(events.domainMetadataChangeEvent, ({ type, nsuri }) => {
      this.events.push(`metadata ${type} ${nsuri}`);
    });
    connection.on(events.domainJobCompletedEvent, ({ params }) => {
      const operation = params.find(({ field }) => field === 'operation');
      this.events.push(`job ${operation?.type}:${String(operation?.value)}`);
    });
  }

  async listen(): Promise<void> {
    const { lifecycle, agentLifecycle, metadataChange, jobCompleted } = domainEventId;
    for (const eventID of [lifecycle, agentLifecycle, metadataChange, jobCompleted]) {
      await this.#connection.call(connect.connectDomainEventCallbackRegisterAny, {
        eventID,
        dom: null,
      });
    }
  }

  /** Tells of a step, what it led to and how it ended. */
  async tell<T>(step: string, action: Promise<T>): Promise<T | undefined> {
    this.lines.push(step);
    try {
      return await action;
    } catch (error) {
      assert.ok(error instanceof LibvirtError, String(error));
      const text = error.message.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'UUID').split('\n')[0];
      this.lines.push(`refused ${error.code} by ${error.domain}: ${text}`);
      return undefined;
    }
  }

  async state(dom: WireDomain): Promise<void> {
    const { state, reason } = await this.#connection.call(domains.domainGetState, {
      dom,
      flags: 0,
    });
    this.lines.push(`state ${state}/${reason}`);
  }

  /** Names and types of all figures. */
  async figures(dom: WireDomain, stats: number): Promise<void> {
    const { retStats } = await this.#connection.call(connect.connectGetAllDomainStats, {
      doms: [dom],
      stats,
      flags: 0,
    });
    this.lines.push(
      ...retStats.flatMap(({ params }) =>
        [...params].map(({ field, type }) => `${field}: ${type}`),
      ),
    );
  }
}

/** Does to a VM what can be done to it, and what cannot. */
async function live(connection: Connection, xml: string): Promise<readonly string[]> {
  const story = new Story(connection);
  await story.listen();
  const call = connection.call.bind(connection);
  const define = (text: string) => call(domains.domainDefineXmlFlags, { xml: text, flags: 0 });
  let dom = (await story.tell('define', define(xml)))!.dom;
  await story.tell('define another of its name', define(xml));
  await story.state(dom);
  const { state, balloon, vcpu, block, cpuTotal } = statsGroup;
  const net = statsGroup.interface;
  await story.figures(dom, state | balloon | vcpu | block);
  const all = { dom, flags: 0 };
  await story.tell('suspend', call(domains.domainSuspend, { dom }));
  await story.tell('resume', call(domains.domainResume, { dom }));
  await story.tell('destroy', call(domains.domainDestroyFlags, all));
  await story.tell('shut down', call(domains.domainShutdownFlags, all));
  await story.tell('reboot', call(domains.domainReboot, all));
  await story.tell('reset', call(domains.domainReset, all));
  await story.tell('wake', call(domains.domainPmWakeup, all));
  await story.tell('save', call(domains.domainManagedSave, all));
  await story.tell('abort', call(domains.domainAbortJob, { dom }));
  await story.tell('job', call(domains.domainGetJobStats, all));
  await story.tell('screen', call(domains.domainScreenshot, { ...all, screen: 0 }));
  await story.tell('addresses', call(domains.domainInterfaceAddresses, { ...all, source: 0 }));
  const element = { ...all, type: metadataType.element, uri: 'urn:x' };
  await story.tell('read metadata', call(domains.domainGetMetadata, element));
  const write = { ...element, metadata: '<note>kept</note>', key: 'x' };
  await story.tell('write metadata', call(domains.domainSetMetadata, write));
  const read = await story.tell('read metadata', call(domains.domainGetMetadata, element));
  story.lines.push(read!.metadata);
  await story.tell('rename to itself', call(domains.domainRename, { ...all, newName: dom.name }));

  dom = (await story.tell('start', call(domains.domainCreateWithFlags, all)))!.dom;
  await story.state(dom);
  await story.figures(dom, state | cpuTotal | balloon | vcpu | net | block);
  const on = { dom, flags: 0 };
  await story.tell('start', call(domains.domainCreateWithFlags, on));
  await story.tell('resume', call(domains.domainResume, { dom }));
  await story.tell('wake', call(domains.domainPmWakeup, on));
  await story.tell('abort', call(domains.domainAbortJob, { dom }));
  await story.tell('rename', call(domains.domainRename, { ...on, newName: 'other' }));
  await story.tell('suspend', call(domains.domainSuspend, { dom }));
  await story.tell('suspend', call(domains.domainSuspend, { dom }));
  await story.state(dom);
  await story.tell('resume', call(domains.domainResume, { dom }));
  await story.state(dom);
  await story.tell('save', call(domains.domainManagedSave, on));
  await story.state(dom);
  await story.tell('undefine', call(domains.domainUndefineFlags, on));
  await story.tell('rename', call(domains.domainRename, { ...on, newName: 'other' }));
  dom = (await story.tell('start', call(domains.domainCreateWithFlags, on)))!.dom;
  await story.state(dom);
  await story.tell('destroy', call(domains.domainDestroyFlags, { dom, flags: 0 }));
  await story.state(dom);
  await story.tell('start paused', call(domains.domainCreateWithFlags, { dom, flags: 1 }));
  await story.state(dom);
  await story.tell('undefine', call(domains.domainUndefineFlags, { dom, flags: 0 }));
  await story.tell('undefine', call(domains.domainUndefineFlags, { dom, flags: 0 }));
  await story.tell('destroy', call(domains.domainDestroyFlags, { dom, flags: 0 }));
  await delay(300); // a transient VM is forgotten right after
  await story.tell('look up', call(domains.domainLookupByUuid, { uuid: dom.uuid }));

  dom = (await story.tell('define', define(xml)))!.dom;
  await story.tell('rename', call(domains.domainRename, { dom, flags: 0, newName: 'other' }));
  await story.tell('undefine', call(domains.domainUndefineFlags, { dom, flags: 0 }));
  await story.tell('look up', call(domains.domainLookupByName, { name: 'none' }));
  await story.tell('look up', call(others.domainLookupById, { id: 9_999 }));
  await story.tell('no system', define('<domain type="qemu"><name>x</name></domain>'));
  await story.tell('network', call(others.networkLookupByName, { name: 'none' }));
  await story.tell('pool', call(others.storagePoolLookupByName, { name: 'none' }));
  await story.tell('path', call(others.storageVolLookupByPath, { path: '/none' }));
  await delay(300);
  return [...story.lines, ...story.events];
}

async function liveAt(uriText: string, xml: string): Promise<readonly string[]> {
  const uri = parseHostUri(uriText);
  const connection = await openConnection({
    uri,
    dialer: createUnixDialer(uri, systemClock),
    clock: systemClock,
    log: silentLog,
  });
  try {
    return await live(connection, xml);
  } finally {
    connection.close();
  }
}

describe('the simulated daemon, beside libvirtd with QEMU', function () {
  this.timeout(120_000);
  let demo: DemoProcess;
  let host: RigHost;

  before(async () => {
    host = await startRigHost({ name: 'beside' });
    demo = await DemoProcess.start({ vms: 2 });
  });

  after(async () => {
    await demo.stop();
    await host.stop();
  });

  it('tells the same events, refusals, states and figures in the same order', async () => {
    const guest = await host.defineGuest({ name: 'beside', network: 'none', agent: true });
    const xml = (await host.mustVirsh('dumpxml', '--inactive', guest.name)).replace(
      /<uuid>.*<\/uuid>/,
      '',
    );
    await host.mustVirsh('undefine', guest.name);
    const real = await liveAt(host.uri, xml);
    assert.ok(real.length > 150, 'the real daemon had little to tell');
    assert.deepEqual(await liveAt(demo.uri, xml), real);
  });
});
