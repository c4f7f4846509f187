import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { type Account, type RigAccounts, writeAccounts } from './accounts.ts';
import { keepCapabilities, seedCapabilities } from './capabilitiesCache.ts';
import {
  CommandError,
  type CommandOptions,
  type CommandResult,
  mustRun,
  runCommand,
} from './command.ts';
import { Daemon } from './daemon.ts';
import { type Config, daemonDefaults, emulatorDefaults, formatConfig } from './daemonConfig.ts';
import { guestImage } from './guest/image.ts';
import { Guest } from './guest.ts';
import { type GuestOptions, guestXml } from './guestXml.ts';
import { Keeper } from './keeper.ts';
import { requireRig } from './requirements.ts';
import { createRigFolder, removeRigFolder, sweepRigFolders } from './rigFolder.ts';
import { type TestDriverDomain, testDriverXml } from './testDriver.ts';

/** What a test may choose about a host. */
export interface RigHostOptions {
  /** Its hostname, seen by `hostname` and by libvirt. */
  readonly name?: string;
  /** Settings of libvirtd that differ from `daemonDefaults`, such as `max_client_requests` or `unix_sock_rw_perms`. */
  readonly daemonConfig?: Config;
  /** Settings of the QEMU driver that differ from `emulatorDefaults`. */
  readonly emulatorConfig?: Config;
}

/** Hosts that were started and not yet stopped. */
const running = new Set<RigHost>();

function defaultNetwork(folder: string): void {
  const source = '/etc/libvirt/qemu/networks/default.xml';
  const target = path.join(folder, 'etc', 'qemu', 'networks', 'default.xml');
  fs.mkdirSync(path.dirname(target), { recursive: true });
  fs.copyFileSync(source, target);
}

function makeHome({ home, uid, gid }: Account): void {
  fs.mkdirSync(home, { mode: 0o700 });
  fs.chownSync(home, uid, gid);
}

/** A real libvirt host of its own on this machine; see `startRigHost`. */
export class RigHost {
  readonly name: string;
  /** Its folder, at the same path inside and outside. */
  readonly folder: string;
  readonly uuid: string;
  /** The group that may use the read-write socket. */
  readonly socketGroupId: number;
  /** Somebody who is neither root nor in that group. */
  readonly person: Account;
  /** Somebody who is in that group, and not root. */
  readonly member: Account;
  readonly keeper: Keeper;
  readonly #daemon: Daemon;
  readonly #closers: (() => Promise<void>)[] = [];
  #stopped: Promise<void> | undefined;

  private constructor(parts: {
    name: string;
    folder: string;
    uuid: string;
    accounts: RigAccounts;
    keeper: Keeper;
  }) {
    this.name = parts.name;
    this.folder = parts.folder;
    this.uuid = parts.uuid;
    this.socketGroupId = parts.accounts.socketGroupId;
    this.person = parts.accounts.person;
    this.member = parts.accounts.member;
    this.keeper = parts.keeper;
    this.#daemon = new Daemon(parts.keeper, parts.folder);
  }

  /** Use `startRigHost`. */
  static async start(options: RigHostOptions): Promise<RigHost> {
    requireRig();
    sweepRigFolders();
    const name = options.name ?? 'rig';
    const uuid = randomUUID();
    const folder = createRigFolder();
    let host: RigHost | undefined;
    try {
      const accounts = writeAccounts(path.join(folder, 'accounts'), {
        person: path.join(folder, 'home'),
        member: path.join(folder, 'member'),
      });
      makeHome(accounts.person);
      makeHome(accounts.member);
      defaultNetwork(folder);
      const etc = path.join(folder, 'etc');
      fs.writeFileSync(
        path.join(etc, 'libvirtd.conf'),
        formatConfig({ ...daemonDefaults(uuid), ...options.daemonConfig }),
      );
      fs.writeFileSync(
        path.join(etc, 'qemu.conf'),
        formatConfig({ ...emulatorDefaults, ...options.emulatorConfig }),
      );
      seedCapabilities(path.join(folder, 'cache'));
      const keeper = await Keeper.start(folder, name);
      host = new RigHost({ name, folder, uuid, accounts, keeper });
      running.add(host);
      await host.startDaemon();
      return host;
    } catch (error) {
      await host?.stop();
      removeRigFolder(folder);
      throw error;
    }
  }

  get socketPath(): string {
    return path.join(this.folder, 'run', 'libvirt-sock');
  }

  get readOnlySocketPath(): string {
    return path.join(this.folder, 'run', 'libvirt-sock-ro');
  }

  /** libvirt's URI of the QEMU driver through this host's socket. */
  get uri(): string {
    return `qemu:///system?socket=${this.socketPath}`;
  }

  /** libvirt's URI of the test driver through this host's socket. */
  get testUri(): string {
    return `test+unix:///default?socket=${this.socketPath}`;
  }

  /** The id of libvirtd as seen from here. */
  get daemonPid(): number {
    return this.#daemon.pid;
  }

  /** Runs virsh against the QEMU driver. A failure is in the result. */
  virsh(...args: string[]): Promise<CommandResult> {
    return runCommand(['virsh', '--quiet', '--connect', this.uri, ...args]);
  }

  /** Runs virsh against the test driver, which forgets everything when its last connection closes. */
  virshTest(...args: string[]): Promise<CommandResult> {
    return runCommand(['virsh', '--quiet', '--connect', this.testUri, ...args]);
  }

  /** Runs virsh against the QEMU driver; it must succeed. Returns what it printed. */
  async mustVirsh(...args: string[]): Promise<string> {
    const result = await this.virsh(...args);
    if (result.code !== 0) {
      throw new CommandError(['virsh', ...args], result);
    }
    return result.stdout;
  }

  /** Runs a program in the host's namespaces. A failure is in the result. */
  exec(argv: readonly string[], options?: CommandOptions): Promise<CommandResult> {
    return runCommand(this.keeper.inside(argv), options);
  }

  /** The same as the person, with a home and nothing else in the environment. A failure is in the result. */
  execAsPerson(argv: readonly string[], options?: CommandOptions): Promise<CommandResult> {
    const { uid, gid, home } = this.person;
    return this.exec(
      [
        ...['setpriv', '--reuid', String(uid), '--regid', String(gid), '--clear-groups', '--'],
        ...['env', '--ignore-environment', `--chdir=${home}`],
        ...[`HOME=${home}`, 'PATH=/usr/bin:/bin', 'LC_ALL=C', ...argv],
      ],
      options,
    );
  }

  /** Defines a guest with a new empty disk; `start` it yourself. */
  async defineGuest(options: GuestOptions): Promise<Guest> {
    const uuid = options.uuid ?? randomUUID();
    const files = {
      disk: path.join(this.folder, 'disks', `${uuid}.qcow2`),
      serialLog: path.join(this.folder, 'log', `${uuid}.serial`),
    };
    const image = await guestImage();
    await mustRun(
      ['qemu-img', 'create', '-q', '-f', 'qcow2'].concat(files.disk, `${options.diskMiB ?? 64}M`),
    );
    const xml = path.join(this.folder, 'disks', `${uuid}.xml`);
    fs.writeFileSync(xml, guestXml(options, uuid, image, files));
    await this.mustVirsh('define', xml);
    if (options.autostart === true) {
      await this.mustVirsh('autostart', uuid);
    }
    return new Guest(this, options.name, uuid, files);
  }

  /** Starts libvirt's own NAT network `default`, with its bridge and DHCP server, inside this host. */
  async startDefaultNetwork(): Promise<void> {
    await this.mustVirsh('net-start', 'default');
  }

  /** Defines and starts a storage pool of a folder, and returns the folder. */
  async createPool(name: string): Promise<string> {
    const target = path.join(this.folder, 'pools', name);
    await this.mustVirsh('pool-define-as', name, 'dir', '--target', target);
    await this.mustVirsh('pool-build', name);
    await this.mustVirsh('pool-start', name);
    return target;
  }

  /**
   * Writes a world for libvirt's test driver and returns the URI to send in CONNECT_OPEN. Every connection gets a
   * world of its own.
   */
  writeTestWorld(name: string, domains: readonly TestDriverDomain[]): string {
    const file = path.join(this.folder, `${name}.xml`);
    fs.writeFileSync(file, testDriverXml(domains));
    return `test://${file}`;
  }

  /** Sends a signal to libvirtd: SIGSTOP makes a host that accepts and never answers, SIGCONT wakes it. */
  signalDaemon(signal: NodeJS.Signals): void {
    this.#daemon.signal(signal);
  }

  /** Kills libvirtd and waits until it has gone. The guests run on. */
  async killDaemon(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.#daemon.kill(signal);
  }

  /** Ends libvirtd in order. The guests run on. */
  async stopDaemon(): Promise<void> {
    await this.#daemon.stop();
  }

  /** Starts libvirtd again after `killDaemon` or `stopDaemon`, and waits until it answers. */
  async startDaemon(): Promise<void> {
    await this.#daemon.start();
    keepCapabilities(path.join(this.folder, 'cache'));
  }

  /** What libvirtd has logged so far. */
  daemonLog(): string {
    return fs.readFileSync(path.join(this.folder, 'log', 'libvirtd.log'), 'utf8');
  }

  /** Has something outside the host closed before it ends. */
  atStop(close: () => Promise<void>): void {
    this.#closers.push(close);
  }

  /** Ends the host with everything that runs in it, and removes its folder. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    await Promise.all(this.#closers.map((close) => close()));
    keepCapabilities(path.join(this.folder, 'cache'));
    await this.keeper.stop();
    removeRigFolder(this.folder);
    running.delete(this);
  }

  /** The same at once, for when the test process is ending. */
  abandon(): void {
    this.keeper.kill();
    removeRigFolder(this.folder);
  }
}

process.once('exit', () => {
  for (const host of running) {
    host.abandon();
  }
});
// Without a handler these end the process with no 'exit', and the folders stay. SIGINT is mocha's own.
for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => process.exit(1));
}

/**
 * Starts a host: libvirtd, and later QEMU guests, in mount, UTS, network and PID namespaces of their own, with state
 * of their own. Nothing of the machine's libvirt, users or network is touched. Resolves when libvirtd answers.
 * Stop it with `stop()`; should the test process die, the host dies with it.
 */
export function startRigHost(options: RigHostOptions = {}): Promise<RigHost> {
  return RigHost.start(options);
}
