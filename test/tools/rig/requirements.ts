import * as fs from 'node:fs';
import * as path from 'node:path';
import { securityKeyProvider } from './ssh/securityKey.ts';

/** Every program that the rig runs, and what they load, with the Debian package it is in. */
const programs: Readonly<Record<string, string>> = {
  libvirtd: 'libvirt-daemon',
  virsh: 'libvirt-clients',
  'qemu-system-x86_64': 'qemu-system-x86',
  'qemu-img': 'qemu-utils',
  busybox: 'busybox-static',
  dnsmasq: 'dnsmasq-base',
  iptables: 'iptables',
  ip: 'iproute2',
  unshare: 'util-linux',
  nsenter: 'util-linux',
  setpriv: 'util-linux',
  taskset: 'util-linux',
  bindfs: 'bindfs',
  sshd: 'openssh-server',
  ssh: 'openssh-client',
  nc: 'netcat-openbsd',
  krb5kdc: 'krb5-kdc',
  'kadmin.local': 'krb5-admin-server',
  kinit: 'krb5-user',
  'softhsm2-util': 'softhsm2',
  [securityKeyProvider]: 'openssh-tests',
};

const capSysAdmin = 21;
const capNetAdmin = 12;

function hasCapabilities(): boolean {
  const status = fs.readFileSync('/proc/self/status', 'utf8');
  const mask = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`);
  return [capSysAdmin, capNetAdmin].every((bit) => (mask >> BigInt(bit)) & 1n);
}

function isInstalled(program: string): boolean {
  // Debian's own daemons lie in sbin folders, which are not in everybody's PATH.
  const folders = [...(process.env['PATH'] ?? '').split(path.delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => fs.existsSync(path.resolve(folder, program)));
}

/** What this machine lacks for rig hosts, one sentence each; empty when they can be started. */
function rigProblems(): string[] {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return [
      'The rig runs real libvirt daemons and x86-64 guests: it needs Linux on x86-64. Use a Debian virtual machine or a privileged container.',
    ];
  }
  const problems: string[] = [];
  if (process.getuid?.() !== 0 || !hasCapabilities()) {
    problems.push(
      'The rig makes mount, network and PID namespaces: run it as root, in a container with `--privileged`.',
    );
  }
  const missing = Object.entries(programs).filter(([program]) => !isInstalled(program));
  if (missing.length > 0) {
    const names = missing.map(([program]) => program).join(', ');
    const packages = [...new Set(missing.map(([, name]) => name))].join(' ');
    problems.push(
      `Not installed: ${names}. Run \`npm run test:integration\`, which installs them, or \`apt-get install --no-install-recommends ${packages}\`.`,
    );
  }
  return problems;
}

/** Throws an error that says what is missing and how to get it, if rig hosts cannot be started here. */
export function requireRig(): void {
  const problems = rigProblems();
  if (problems.length > 0) {
    throw new Error(problems.join(' '));
  }
}
