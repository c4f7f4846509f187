import { createHash, randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { cacheFolder } from '../cacheFolder.ts';
import { mustRun } from '../command.ts';
import { type CpioEntry, cpio, fileEntry, folderEntry, linkEntry } from './cpio.ts';
import { loadOrder } from './kernelModules.ts';
import { plainKernel } from './plainKernel.ts';

/** What a guest boots. */
export interface GuestImage {
  readonly kernel: string;
  readonly initrd: string;
}

/** What `test/tools/setup/guestParts.mjs` unpacked from Debian's packages, without installing them. */
const partsFolder = path.join(cacheFolder, 'guest-parts');
const kernelFolder = path.join(partsFolder, 'kernel');
const agentProgram = path.join(partsFolder, 'agent', 'usr', 'sbin', 'qemu-ga');
/** Names the packages' versions. */
const partsList = path.join(partsFolder, 'parts.json');

const busybox = '/bin/busybox';

/** What the guest loads before it says READY. */
const modules = [
  ...['virtio_pci', 'virtio_blk', 'virtio_net', 'virtio_balloon', 'virtio_console'],
  // The power button and what reads it.
  ...['button', 'evdev'],
];

/** What few tests need and takes a while: loaded afterwards. This kernel has no driver for SATA. */
const lateModules = ['virtio_rng', 'virtio_scsi', 'sr_mod', 'isofs'];

const folders = [
  ...['bin', 'sbin', 'usr', 'usr/sbin', 'lib', 'lib/modules', 'etc'],
  ...['dev', 'proc', 'sys', 'run', 'tmp', 'var', 'var/log', 'var/run', 'mnt'],
];

/** The names under which the scripts beside this file stand in the guest. */
const scripts: Readonly<Record<string, string>> = {
  'init.sh': 'init',
  'shutdown.sh': 'sbin/shutdown',
  'powerButton.sh': 'etc/powerButton.sh',
  'dhcp.sh': 'etc/dhcp.sh',
};

/** Changes whenever an image made from these sources would be another one. */
function fingerprint(): string {
  const hash = createHash('sha256');
  for (const name of fs.readdirSync(import.meta.dirname).sort()) {
    hash.update(`${name}\0`).update(fs.readFileSync(path.join(import.meta.dirname, name)));
  }
  hash.update(fs.readFileSync(partsList)).update(fs.readFileSync(busybox));
  return hash.digest('hex').slice(0, 16);
}

/** The shared objects of a program of this machine's distribution, by the path at which it looks for them. */
async function sharedObjects(program: string): Promise<CpioEntry[]> {
  const listing = await mustRun(['ldd', program]);
  const missing = /^\s*(\S+) => not found/m.exec(listing)?.[1];
  if (missing !== undefined) {
    throw new Error(`${program} needs ${missing}, which is not installed`);
  }
  const files = [...listing.matchAll(/(?:=>\s+|^\s+)(\/\S+)/gm)].map((match) => match[1]!);
  return files.flatMap((file) => {
    const parents = file.split('/').slice(1, -1);
    return [
      ...parents.map((_, index) => folderEntry(parents.slice(0, index + 1).join('/'))),
      fileEntry(file.slice(1), fs.readFileSync(file), 0o755),
    ];
  });
}

async function initrd(): Promise<Buffer> {
  const [release] = fs.readdirSync(path.join(kernelFolder, 'lib', 'modules'));
  const moduleFolder = path.join(kernelFolder, 'lib', 'modules', release!);
  const early = loadOrder(moduleFolder, modules);
  const loaded = loadOrder(moduleFolder, [...modules, ...lateModules]);
  const names = loaded.map((module) => `${module.name}.ko\n`);
  const applets = (await mustRun([busybox, '--list'])).trim().split('\n');
  return cpio([
    ...folders.map(folderEntry),
    fileEntry('bin/busybox', fs.readFileSync(busybox), 0o755),
    ...applets
      .filter((name) => name !== 'busybox')
      .map((name) => linkEntry(`bin/${name}`, 'busybox')),
    fileEntry('usr/sbin/qemu-ga', fs.readFileSync(agentProgram), 0o755),
    ...(await sharedObjects(agentProgram)),
    ...loaded.map((module) => fileEntry(`lib/modules/${module.name}.ko`, module.content, 0o644)),
    fileEntry('etc/modules', Buffer.from(names.slice(0, early.length).join('')), 0o644),
    fileEntry('etc/lateModules', Buffer.from(names.slice(early.length).join('')), 0o644),
    ...Object.entries(scripts).map(([name, target]) =>
      fileEntry(target, fs.readFileSync(path.join(import.meta.dirname, name)), 0o755),
    ),
  ]);
}

async function build(folder: string): Promise<void> {
  const boot = path.join(kernelFolder, 'boot');
  const kernel = fs.readdirSync(boot).find((name) => name.startsWith('vmlinuz-'));
  // Another test process may be building the same: the whole folder appears at once.
  const temporary = path.join(cacheFolder, `guest.${randomUUID()}`);
  fs.mkdirSync(temporary, { recursive: true });
  const packed = fs.readFileSync(path.join(boot, kernel!));
  fs.writeFileSync(path.join(temporary, 'kernel'), plainKernel(packed) ?? packed);
  fs.writeFileSync(path.join(temporary, 'initrd'), await initrd());
  fs.mkdirSync(path.dirname(folder), { recursive: true });
  try {
    fs.renameSync(temporary, folder);
  } catch (error) {
    fs.rmSync(temporary, { recursive: true });
    if (!fs.existsSync(folder)) {
      throw error;
    }
  }
}

async function findOrBuild(): Promise<GuestImage> {
  if (!fs.existsSync(partsList)) {
    throw new Error(
      'The kernel and the guest agent are not there: run `npm run test:integration` once, it obtains them.',
    );
  }
  const folder = path.join(cacheFolder, 'guest', fingerprint());
  if (!fs.existsSync(folder)) {
    await build(folder);
  }
  return { kernel: path.join(folder, 'kernel'), initrd: path.join(folder, 'initrd') };
}

let image: Promise<GuestImage> | undefined;

/** The tiny guest: Debian's cloud kernel, busybox and the QEMU guest agent. Built once and kept in .cache/guest. */
export function guestImage(): Promise<GuestImage> {
  image ??= findOrBuild();
  return image;
}
