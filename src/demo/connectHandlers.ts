import { daemonFeature, listDomains, statsGroup } from '../libvirt/constants.ts';
import * as connect from '../libvirt/protocol/connect.ts';
import * as others from '../libvirt/protocol/otherClients.ts';
import { capabilitiesXml, nodeCpuStats, nodeInfo, nodeMemoryStats } from './demoNode.ts';
import type { DemoVm } from './demoVm.ts';
import { writeDomainStats } from './domainStats.ts';
import type { EventKind } from './eventHub.ts';
import { qemuAnswers } from './locks.ts';
import { invalidArgument, noDriver, refusalDomain } from './refusal.ts';
import { WrittenReply, type Client, type Handlers } from './serving.ts';
import type { World } from './world.ts';

const openReadOnly = 1;
/** Typed parameters with texts; the rest we ask for ourselves. */
const supportedFeatures: ReadonlySet<number> = new Set([9, ...Object.values(daemonFeature)]);
/** libvirt 9.0.0 with QEMU 7.2.0, packed as libvirt does. */
const libvirtVersion = 9_000_000n;
const qemuVersion = 7_002_000n;
const allGroups = Object.values(statsGroup).reduce((mask, group) => mask | group, 0);

/** The connection itself: opening, what the daemon is, lists, statistics, events. */
export function handleConnect(handlers: Handlers, world: World): void {
  handlers
    .on(connect.authList, () => ({ types: [0] }))
    .on(connect.connectOpen, ({ name, flags }, { client }) => {
      if (name !== null && !/^(qemu:\/\/\/(system|session)|demo:\/\/)/.test(name)) {
        throw noDriver(name);
      }
      client.openedUri = name ?? 'qemu:///system';
      client.isReadOnly ||= (flags & openReadOnly) !== 0;
    })
    .on(connect.connectClose, () => undefined)
    .on(connect.connectGetType, () => ({ type: 'QEMU' }))
    .on(connect.connectGetVersion, () => ({ hvVer: qemuVersion }))
    .on(connect.connectGetLibVersion, () => ({ libVer: libvirtVersion }))
    .on(connect.connectGetHostname, () => ({ hostname: world.hostname }))
    .on(others.connectGetUri, (_args, { client }) => ({
      uri: client.openedUri ?? 'qemu:///system',
    }))
    .on(connect.connectSupportsFeature, ({ feature }, { client }) => {
      if (feature === daemonFeature.keepalive) {
        client.watch();
      }
      return { supported: supportedFeatures.has(feature) ? 1 : 0 };
    })
    .on(connect.connectRegisterCloseCallback, () => undefined)
    .on(others.connectUnregisterCloseCallback, () => undefined)
    .on(connect.connectGetCapabilities, () => ({ capabilities: capabilitiesXml(world) }))
    .on(connect.nodeGetInfo, () => nodeInfo(world))
    .on(connect.nodeGetCpuStats, ({ nparams }) => nodeCpuStats(world, nparams))
    .on(connect.nodeGetMemoryStats, ({ nparams }) => nodeMemoryStats(world, nparams))
    .on(others.nodeGetFreeMemory, () => ({
      freeMem:
        (nodeMemoryStats(world, 4).params.find(({ field }) => field === 'free')?.value ?? 0n) *
        1_024n,
    }))
    .on(others.nodeGetSecurityModel, () => ({ model: chars('none'), doi: chars('0') }));
  handleLists(handlers, world);
  handleEvents(handlers, world);
}

function handleLists(handlers: Handlers, world: World): void {
  const active = (): DemoVm[] => [...world.vms].filter((vm) => vm.isActive);
  const inactive = (): DemoVm[] => [...world.vms].filter((vm) => !vm.isActive);
  handlers
    .on(connect.connectListAllDomains, ({ needResults, flags }) => {
      const found = [...world.vms].filter((vm) => matches(vm, flags));
      return { domains: needResults === 0 ? [] : found.map((vm) => vm.wire), ret: found.length };
    })
    .on(others.connectNumOfDomains, () => ({ num: active().length }))
    .on(others.connectNumOfDefinedDomains, () => ({ num: inactive().length }))
    .on(others.connectListDomains, ({ maxids }) => ({
      ids: active()
        .slice(0, maxids)
        .map((vm) => vm.id),
    }))
    .on(others.connectListDefinedDomains, ({ maxnames }) => ({
      names: inactive()
        .slice(0, maxnames)
        .map((vm) => vm.name),
    }))
    .on(others.connectListAllNodeDevices, () => ({ devices: [], ret: 0 }))
    .on(others.connectListAllSecrets, () => ({ secrets: [], ret: 0 }))
    .on(connect.connectGetAllDomainStats, async ({ doms, stats, flags }) => {
      const groups = stats === 0 ? allGroups : stats;
      const chosen =
        doms.length === 0
          ? [...world.vms]
          : doms.map((dom) => world.byUuid(dom.uuid)).filter((vm) => vm !== undefined);
      const vms = chosen.filter((vm) => matches(vm, flags & 0xff));
      for (const vm of vms) {
        // A hung QEMU holds up everybody who is asked for with it, whether or not one is ready to wait
        if (vm.faults.isStuck && (groups & ~statsGroup.state) !== 0) {
          await qemuAnswers(world.time, vm).catch(() => undefined);
        }
      }
      return new WrittenReply((writer) => {
        writeDomainStats(writer, vms, groups, world.time);
      });
    });
}

/** Each pair of `virConnectListAllDomainsFlags` and what has the first, then the second of it. */
const pairs: readonly (readonly [first: number, (vm: DemoVm) => boolean])[] = [
  [1 << 0, (vm) => vm.isActive],
  [listDomains.persistent, (vm) => vm.persistent],
  [listDomains.managedSave, (vm) => vm.hasManagedSave],
  [listDomains.autostart, (vm) => vm.autostart],
  [listDomains.hasSnapshot, () => false],
  [1 << 14, () => false], // has a checkpoint
];
const states = { running: 1 << 4, paused: 1 << 5, shutoff: 1 << 6, other: 1 << 7 } as const;

/** Of flags that exclude each other both may be set: then either will do. */
function matches(vm: DemoVm, flags: number): boolean {
  for (const [first, has] of pairs) {
    const wanted = flags & (first | (first << 1));
    if (wanted !== 0 && (wanted & (has(vm) ? first : first << 1)) === 0) {
      return false;
    }
  }
  const wantedStates = flags & 0xf0;
  return wantedStates === 0 || (wantedStates & stateFlag(vm)) !== 0;
}

function stateFlag({ state }: DemoVm): number {
  return state === 'running' || state === 'paused' || state === 'shutoff'
    ? states[state]
    : states.other;
}

function handleEvents(handlers: Handlers, world: World): void {
  const register = (
    client: Client,
    kind: EventKind,
    eventID: number,
    one: { readonly uuid?: Uint8Array } | null,
  ): { callbackID: number } => ({
    callbackID: world.events.register(client, kind, eventID, one?.uuid),
  });
  const deregister = (client: Client, kind: EventKind, callbackID: number): void => {
    if (!world.events.deregister(client, kind, callbackID)) {
      throw invalidArgument(
        `${kind} event callback ${callbackID} not registered`,
        refusalDomain.rpc,
      );
    }
  };
  handlers
    .on(connect.connectDomainEventCallbackRegisterAny, ({ eventID, dom }, { client }) =>
      register(client, 'domain', eventID, dom),
    )
    .on(connect.connectNetworkEventRegisterAny, ({ eventID, net }, { client }) =>
      register(client, 'network', eventID, net),
    )
    .on(connect.connectStoragePoolEventRegisterAny, ({ eventID, pool }, { client }) =>
      register(client, 'storagePool', eventID, pool),
    )
    .on(connect.connectNodeDeviceEventRegisterAny, ({ eventID }, { client }) =>
      register(client, 'nodeDevice', eventID, null),
    )
    .on(connect.connectSecretEventRegisterAny, ({ eventID, secret }, { client }) =>
      register(client, 'secret', eventID, secret),
    )
    .on(connect.connectDomainEventCallbackDeregisterAny, ({ callbackID }, { client }) => {
      deregister(client, 'domain', callbackID);
    })
    .on(others.connectNetworkEventDeregisterAny, ({ callbackID }, { client }) => {
      deregister(client, 'network', callbackID);
    })
    .on(others.connectStoragePoolEventDeregisterAny, ({ callbackID }, { client }) => {
      deregister(client, 'storagePool', callbackID);
    })
    .on(others.connectNodeDeviceEventDeregisterAny, ({ callbackID }, { client }) => {
      deregister(client, 'nodeDevice', callbackID);
    })
    .on(others.connectSecretEventDeregisterAny, ({ callbackID }, { client }) => {
      deregister(client, 'secret', callbackID);
    });
}

/** A C string in an array of characters. */
function chars(text: string): readonly number[] {
  return [...Buffer.from(`${text}\0`)];
}
