import { networkEventId } from '../libvirt/constants.ts';
import { errorCode } from '../libvirt/errors.ts';
import * as connect from '../libvirt/protocol/connect.ts';
import * as domains from '../libvirt/protocol/domain.ts';
import { networkLifecycleEvent } from '../libvirt/protocol/events.ts';
import * as resources from '../libvirt/protocol/networkAndStorage.ts';
import * as others from '../libvirt/protocol/otherClients.ts';
import { formatUuid } from '../model/uuid.ts';
import type { DemoVm } from './demoVm.ts';
import { guestAddress } from './guestAddress.ts';
import type { Lifecycle } from './lifecycle.ts';
import { qemuAnswers } from './locks.ts';
import { agentUnresponsive, DemoRefusal, invalidOperation, refusalDomain } from './refusal.ts';
import { matchesList, type DemoNetwork } from './resources.ts';
import type { Handlers } from './serving.ts';
import type { World } from './world.ts';
import { element, formatTree } from './xmlTree.ts';

interface WireNetwork {
  readonly name: string;
  readonly uuid: Uint8Array;
}

const leaseSeconds = 3_600;

/** `virNetworkEventLifecycleType` */
const networkStarted = 2;
const networkStopped = 3;
/** `virDomainInterfaceAddressesSource` */
const fromAgent = 1;

/** Networks and the addresses of guests. */
export function handleNetworks(handlers: Handlers, world: World, lifecycle: Lifecycle): void {
  const get = ({ uuid }: WireNetwork): DemoNetwork =>
    found(
      world.networks.find((each) => same(each.uuid, uuid)),
      `no network with matching uuid '${formatUuid(uuid)}'`,
    );
  const changed = (net: DemoNetwork, event: number): void => {
    world.events.emit(
      'network',
      networkEventId.lifecycle,
      net.uuid,
      networkLifecycleEvent,
      (callbackID) => ({ callbackID, net, event, detail: 0 }),
    );
  };
  handlers
    .on(connect.connectListAllNetworks, ({ needResults, flags }) => {
      const nets = world.networks.filter((net) => matchesList(net, flags));
      return { nets: needResults === 0 ? [] : nets, ret: nets.length };
    })
    .on(others.networkLookupByName, ({ name }) => ({
      net: found(
        world.networks.find((net) => net.name === name),
        `no network with matching name '${name}'`,
      ),
    }))
    .on(others.networkLookupByUuid, ({ uuid }) => ({ net: get({ name: '', uuid }) }))
    .on(others.networkGetBridgeName, ({ net }) => ({ name: get(net).bridge }))
    .on(others.networkIsPersistent, ({ net }) => ({ persistent: get(net).name === '' ? 0 : 1 }))
    .on(others.networkSetAutostart, ({ net, autostart }) => {
      get(net).autostart = autostart !== 0;
    })
    .on(others.networkCreate, ({ net }) => {
      const network = get(net);
      if (network.active) {
        throw invalidOperation('network is already active', refusalDomain.network);
      }
      network.active = true;
      changed(network, networkStarted);
    })
    .on(others.networkDestroy, ({ net }) => {
      const network = get(net);
      if (!network.active) {
        throw invalidOperation(`network '${network.name}' is not active`, refusalDomain.network);
      }
      network.active = false;
      changed(network, networkStopped);
    })
    .on(resources.networkIsActive, ({ net }) => ({ active: get(net).active ? 1 : 0 }))
    .on(resources.networkGetAutostart, ({ net }) => ({ autostart: get(net).autostart ? 1 : 0 }))
    .on(resources.networkGetXmlDesc, ({ net }) => ({ xml: networkXml(get(net)) }))
    .on(resources.networkGetDhcpLeases, ({ net, mac, needResults }) => {
      const leases = leasesOf(world, get(net)).filter((lease) => mac === null || lease.mac === mac);
      return { leases: needResults === 0 ? [] : leases, ret: leases.length };
    })
    .on(domains.domainInterfaceAddresses, async ({ dom, source }) => {
      const vm = world.get(dom);
      lifecycle.requireRunning(vm);
      if (source === fromAgent) {
        if (!vm.isUp || !vm.liveHardware.hasAgent) {
          throw agentUnresponsive('QEMU guest agent is not connected');
        }
        await qemuAnswers(world.time, vm);
      }
      return { ifaces: vm.isUp ? addressesOf(world, vm, source) : [] };
    });
}

function addressesOf(
  world: World,
  vm: DemoVm,
  source: number,
): readonly {
  name: string;
  hwaddr: string;
  addrs: { type: number; addr: string; prefix: number }[];
}[] {
  const named = vm.liveHardware.interfaces.map((nic, at) => {
    const network = world.networks.find(({ name }) => name === nic.network);
    return {
      name: source === fromAgent ? `enp${at + 1}s0` : `vnet${vm.firstTap + at}`,
      hwaddr: nic.mac,
      addrs: network ? [{ type: 0, addr: guestAddress(network, nic.mac), prefix: 24 }] : [],
    };
  });
  const loopback = {
    name: 'lo',
    hwaddr: '00:00:00:00:00:00',
    addrs: [{ type: 0, addr: '127.0.0.1', prefix: 8 }],
  };
  return source === fromAgent ? [loopback, ...named] : named;
}

function leasesOf(
  world: World,
  network: DemoNetwork,
): {
  iface: string;
  expirytime: bigint;
  type: number;
  mac: string;
  iaid: null;
  ipaddr: string;
  prefix: number;
  hostname: string;
  clientid: string;
}[] {
  const leases = [];
  for (const vm of world.vms) {
    if (!network.active || !vm.isActive || !vm.isUp) {
      continue;
    }
    for (const nic of vm.liveHardware.interfaces.filter((each) => each.network === network.name)) {
      // Renewed when half of its time is over
      const age = Math.floor(world.time.now() / 1_000 - vm.bootedAt / 1_000);
      const expires =
        Math.floor(world.time.now() / 1_000) - (age % (leaseSeconds / 2)) + leaseSeconds;
      leases.push({
        iface: network.bridge,
        expirytime: BigInt(expires),
        type: 0,
        mac: nic.mac,
        iaid: null,
        ipaddr: guestAddress(network, nic.mac),
        prefix: 24,
        hostname: vm.name,
        clientid: `01:${nic.mac}`,
      });
    }
  }
  return leases;
}

function networkXml(net: DemoNetwork): string {
  return formatTree(
    element(
      'network',
      {},
      element('name', {}, net.name),
      element('uuid', {}, formatUuid(net.uuid)),
      ...(net.forward ? [element('forward', { mode: net.forward })] : []),
      element('bridge', { name: net.bridge, stp: 'on', delay: 0 }),
      element('mac', { address: '52:54:00:de:00:01' }),
      element(
        'ip',
        { address: `${net.prefix}.1`, netmask: '255.255.255.0' },
        element(
          'dhcp',
          {},
          element('range', { start: `${net.prefix}.2`, end: `${net.prefix}.254` }),
        ),
      ),
    ),
  );
}

function found<T>(resource: T | undefined, otherwise: string): T {
  if (!resource) {
    throw new DemoRefusal(
      errorCode.noNetwork,
      refusalDomain.network,
      'Network not found: %s',
      otherwise,
    );
  }
  return resource;
}

function same(left: Uint8Array, right: Uint8Array): boolean {
  return left.every((byte, at) => byte === right[at]);
}
