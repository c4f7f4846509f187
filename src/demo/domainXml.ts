import type { Blueprint } from './blueprint.ts';
import {
  element,
  elementsOf,
  find,
  withAttributes,
  withChildren,
  type XmlNode,
} from './xmlTree.ts';

const emulator = '/usr/bin/qemu-system-x86_64';

/** The definition of a generated VM. */
export function definitionOf(blueprint: Blueprint, name: string, uuid: string): XmlNode {
  const { hardware, title, description, os } = blueprint;
  const pciSlots = createSlots();
  return element(
    'domain',
    { type: 'kvm' },
    element('name', {}, name),
    element('uuid', {}, uuid),
    element('title', {}, title),
    element('description', {}, description),
    element('memory', { unit: 'KiB' }, String(hardware.maxMemoryKiB)),
    element('currentMemory', { unit: 'KiB' }, String(hardware.memoryKiB)),
    element('vcpu', { placement: 'static' }, String(hardware.maxVcpus)),
    element(
      'os',
      {},
      element('type', { arch: 'x86_64', machine: 'pc-q35-7.2' }, 'hvm'),
      element('boot', { dev: 'hd' }),
    ),
    element('features', {}, element('acpi'), element('apic')),
    element('cpu', { mode: 'host-passthrough', check: 'none', migratable: 'on' }),
    element('clock', { offset: os === 'windows' ? 'localtime' : 'utc' }),
    element('on_poweroff', {}, 'destroy'),
    element('on_reboot', {}, 'restart'),
    element('on_crash', {}, 'destroy'),
    element(
      'devices',
      {},
      element('emulator', {}, emulator),
      ...hardware.disks.map((disk) =>
        element(
          'disk',
          { type: 'file', device: disk.device },
          element('driver', { name: 'qemu', type: disk.format }),
          ...(disk.path === undefined ? [] : [element('source', { file: disk.path })]),
          element('target', { dev: disk.target, bus: disk.bus }),
          ...(disk.device === 'cdrom' ? [element('readonly')] : []),
          ...(disk.bus === 'virtio' ? [pciSlots()] : []),
        ),
      ),
      element('controller', { type: 'pci', index: '0', model: 'pcie-root' }),
      ...hardware.interfaces.map((each) =>
        element(
          'interface',
          { type: 'network' },
          element('mac', { address: each.mac }),
          element('source', { network: each.network }),
          element('model', { type: each.model }),
          pciSlots(),
        ),
      ),
      element(
        'serial',
        { type: 'pty' },
        element(
          'target',
          { type: 'isa-serial', port: '0' },
          element('model', { name: 'isa-serial' }),
        ),
      ),
      element('console', { type: 'pty' }, element('target', { type: 'serial', port: '0' })),
      ...(hardware.hasAgent
        ? [
            element(
              'channel',
              { type: 'unix' },
              element('target', { type: 'virtio', name: 'org.qemu.guest_agent.0' }),
              element('address', { type: 'virtio-serial', controller: '0', bus: '0', port: '1' }),
            ),
          ]
        : []),
      element('input', { type: 'keyboard', bus: 'ps2' }),
      element('input', { type: 'mouse', bus: 'ps2' }),
      element(
        'graphics',
        { type: 'vnc', port: '-1', autoport: 'yes', listen: '127.0.0.1' },
        element('listen', { type: 'address', address: '127.0.0.1' }),
      ),
      element(
        'video',
        {},
        element('model', { type: 'vga', vram: '16384', heads: '1', primary: 'yes' }),
      ),
      element(
        'memballoon',
        { model: 'virtio' },
        ...(hardware.tellsMemory ? [element('stats', { period: '5' })] : []),
        pciSlots(),
      ),
    ),
  );
}

/** PCI addresses, one after the other. */
function createSlots(): () => XmlNode {
  let bus = 0;
  return () => {
    bus++;
    return element('address', {
      type: 'pci',
      domain: '0x0000',
      bus: `0x${bus.toString(16).padStart(2, '0')}`,
      slot: '0x00',
      function: '0x0',
    });
  };
}

/** What a running VM's definition says beyond what was defined. */
export interface LiveFacts {
  readonly id: number;
  /** Names of the host's side of the NICs, in order. */
  readonly interfaceTargets: readonly string[];
  readonly agentConnected: boolean;
}

/** The definition as libvirt gives it of a running VM: with its id, device aliases, ports and paths. */
export function liveTree(definition: XmlNode, facts: LiveFacts): XmlNode {
  const counts = new Map<string, number>();
  let nic = 0;
  const alive = (device: XmlNode): XmlNode => {
    const stem = aliasStem(device);
    if (stem === undefined) {
      return device;
    }
    const at = counts.get(stem) ?? 0;
    counts.set(stem, at + 1);
    const alias = element('alias', {
      name: device.name === 'console' ? 'serial0' : `${stem}${at}`,
    });
    const withAlias = insertAlias(device, alias);
    switch (device.name) {
      case 'disk':
        return mapChildren(withAlias, 'source', (source) =>
          withAttributes(source, { index: at + 1 }),
        );
      case 'interface':
        return liveInterface(withAlias, facts.interfaceTargets[nic++] ?? 'vnet0');
      case 'serial':
      case 'console':
        return livePty(withAlias, facts.id);
      case 'channel':
        return mapChildren(withAlias, 'target', (target) =>
          withAttributes(target, { state: facts.agentConnected ? 'connected' : 'disconnected' }),
        );
      case 'graphics':
        return device.attributes['autoport'] === 'yes'
          ? withAttributes(device, { port: 5_900 + (facts.id % 100) })
          : device;
      default:
        return withAlias;
    }
  };
  const tree = withAttributes(definition, { id: facts.id });
  return mapChildren(tree, 'devices', (devices) =>
    withChildren(
      devices,
      devices.children.map((child) => (typeof child === 'string' ? child : alive(child))),
    ),
  );
}

const stems: Readonly<Record<string, string>> = {
  interface: 'net',
  serial: 'serial',
  console: 'console',
  channel: 'channel',
  input: 'input',
  graphics: 'graphics',
  video: 'video',
  memballoon: 'balloon',
  rng: 'rng',
};

function aliasStem(device: XmlNode): string | undefined {
  return device.name === 'disk'
    ? `${find(device, 'target')?.attributes['bus'] ?? 'virtio'}-disk`
    : stems[device.name];
}

/** An alias stands before the address; graphics have none. */
function insertAlias(device: XmlNode, alias: XmlNode): XmlNode {
  if (device.name === 'graphics' || find(device, 'alias')) {
    return device;
  }
  const at = device.children.findIndex(
    (child) => typeof child !== 'string' && child.name === 'address',
  );
  return withChildren(
    device,
    device.children.toSpliced(at < 0 ? device.children.length : at, 0, alias),
  );
}

function liveInterface(device: XmlNode, target: string): XmlNode {
  const without = elementsOf(device).filter(({ name }) => name !== 'target');
  const at = without.findIndex(({ name }) => name === 'source') + 1;
  return withChildren(device, without.toSpliced(at, 0, element('target', { dev: target })));
}

function livePty(device: XmlNode, id: number): XmlNode {
  const path = `/dev/pts/${id}`;
  const tree = withChildren(device, [
    element('source', { path }),
    ...elementsOf(device).filter(({ name }) => name !== 'source'),
  ]);
  return device.name === 'console' ? withAttributes(tree, { tty: path }) : tree;
}

function mapChildren(node: XmlNode, name: string, change: (child: XmlNode) => XmlNode): XmlNode {
  return withChildren(
    node,
    node.children.map((child) =>
      typeof child !== 'string' && child.name === name ? change(child) : child,
    ),
  );
}
