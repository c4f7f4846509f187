import type { GuestImage } from './guest/image.ts';
import { xmlText } from './xmlText.ts';

/** What a test may choose about a guest. */
export interface GuestOptions {
  readonly name: string;
  readonly uuid?: string;
  readonly title?: string;
  readonly description?: string;
  /** Memory at start; 96 is the least that boots. */
  readonly memoryMiB?: number;
  /** What its memory may grow to; the memory at start unless told. */
  readonly maxMemoryMiB?: number;
  readonly vcpus?: number;
  readonly maxVcpus?: number;
  /** `user`: QEMU's own NAT, no set-up needed. `network`: libvirt's network `default`, which must be started. */
  readonly network?: 'user' | 'network' | 'none';
  readonly diskMiB?: number;
  /** The guest agent's channel is there and the agent runs. */
  readonly agent?: boolean;
  readonly autostart?: boolean;
  /** A guest that ignores it never shuts down when asked by ACPI. */
  readonly powerButton?: 'obey' | 'ignore';
  /** The guest burns a processor for as long as it runs. */
  readonly busy?: boolean;
  /** XML put into `<metadata>`. */
  readonly metadata?: string;
  /** XML put into `<devices>`. */
  readonly devices?: string;
}

/** Files of a guest on its host. */
export interface GuestFiles {
  readonly disk: string;
  readonly serialLog: string;
}

/** The name a guest calls itself: letters, digits and hyphens. */
export function guestHostname(name: string): string {
  return name.replace(/[^A-Za-z0-9-]/g, '-');
}

function interfaceXml(network: 'user' | 'network' | 'none'): string {
  switch (network) {
    case 'user':
      return `<interface type='user'><model type='virtio'/></interface>`;
    case 'network':
      return `<interface type='network'><source network='default'/><model type='virtio'/></interface>`;
    case 'none':
      return '';
  }
}

function commandLine(options: GuestOptions): string {
  const words = ['console=ttyS0', 'quiet', 'panic=1', `host=${guestHostname(options.name)}`];
  // The kernel's tests of its ciphers take half a second of a boot.
  words.push('cryptomgr.notests');
  if (options.powerButton === 'ignore') {
    words.push('ignorepower');
  }
  if (options.busy === true) {
    words.push('busy');
  }
  return words.join(' ');
}

function element(name: string, text: string | undefined): string {
  return text === undefined ? '' : `<${name}>${xmlText(text)}</${name}>`;
}

/** The domain XML of a guest that boots in seconds without hardware virtualisation. */
export function guestXml(
  options: GuestOptions,
  uuid: string,
  image: GuestImage,
  files: GuestFiles,
): string {
  const memory = options.memoryMiB ?? 128;
  const vcpus = options.vcpus ?? 1;
  const agent =
    options.agent === false
      ? ''
      : `<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>`;
  return `<domain type='qemu'>
  <name>${xmlText(options.name)}</name>
  <uuid>${uuid}</uuid>
  ${element('title', options.title)}
  ${element('description', options.description)}
  <metadata>${options.metadata ?? ''}</metadata>
  <memory unit='MiB'>${options.maxMemoryMiB ?? memory}</memory>
  <currentMemory unit='MiB'>${memory}</currentMemory>
  <vcpu current='${vcpus}'>${options.maxVcpus ?? vcpus}</vcpu>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
    <kernel>${xmlText(image.kernel)}</kernel>
    <initrd>${xmlText(image.initrd)}</initrd>
    <cmdline>${commandLine(options)}</cmdline>
  </os>
  <features><acpi/><apic/><tcg><tb-cache unit='MiB'>32</tb-cache></tcg></features>
  <cpu mode='custom'><model>qemu64</model></cpu>
  <clock offset='utc'><timer name='hpet' present='no'/></clock>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>destroy</on_crash>
  <pm><suspend-to-mem enabled='yes'/><suspend-to-disk enabled='no'/></pm>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2'/>
      <source file='${xmlText(files.disk)}'/>
      <target dev='vda' bus='virtio'/>
    </disk>
    ${interfaceXml(options.network ?? 'user')}
    <serial type='pty'><log file='${xmlText(files.serialLog)}' append='off'/></serial>
    <console type='pty'><target type='serial' port='0'/></console>
    ${agent}
    <input type='keyboard' bus='ps2'/>
    <graphics type='vnc' port='-1' autoport='yes' listen='127.0.0.1'/>
    <video><model type='vga' vram='4096'/></video>
    <memballoon model='virtio'><stats period='1'/></memballoon>
    <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
    <controller type='usb' model='none'/>
    ${options.devices ?? ''}
  </devices>
</domain>
`;
}
