import type { Guest } from '../rig/guest.ts';
import type { GuestOptions } from '../rig/guestXml.ts';
import { type RigHost, startRigHost } from '../rig/rigHost.ts';
import { someTestDomains } from '../rig/testDriver.ts';
import type { WorkbenchOptions } from '../workbench/launchWorkbench.ts';

/** Hosts in every state, none at all, or one with a thousand VMs. */
export type WorldKind = 'lab' | 'none' | 'farm';

/** What the pictures show: hosts and VMs in every state. */
export interface World {
  readonly lab: RigHost;
  /** Its socket refuses the user of the workbench. */
  readonly closed: RigHost;
  /** A guest of the lab that runs, to be stopped for a moment. */
  readonly running: Guest;
  /** A guest of the lab that is off, and so can lose its disk for a moment. */
  readonly off: Guest;
  /** Entries of `vmDeck.hosts`, for each kind of world that a scene may want. */
  readonly hosts: Readonly<Record<WorldKind, NonNullable<WorkbenchOptions['hosts']>>>;
  stop(): Promise<void>;
}

const description = 'The shop, behind the load balancer';

async function fillLab(lab: RigHost): Promise<Pick<World, 'running' | 'off'>> {
  await lab.startDefaultNetwork();
  const define = (name: string, more: Partial<GuestOptions> = {}): Promise<Guest> =>
    lab.defineGuest({ name, memoryMiB: 128, network: 'network', ...more });
  const web = await define('web-01', { vcpus: 2, description, autostart: true });
  const busy = await define('web-02', { vcpus: 2, busy: true });
  const build = await define('build');
  const saved = await define('staging');
  const crashed = await define('test-7');
  const deaf = await define('mail', { powerButton: 'ignore', agent: false });
  const asleep = await define('laptop');
  const off = await define('old-db', { network: 'none' });
  const running = [web, busy, build, saved, crashed, deaf, asleep];
  await Promise.all(running.map((guest) => guest.start()));
  await Promise.all(running.map((guest) => guest.waitReady({ timeoutMs: 300_000 })));
  await Promise.all([web, asleep].map((guest) => guest.waitAgent({ timeoutMs: 300_000 })));
  await lab.mustVirsh('suspend', 'build');
  await lab.mustVirsh('managedsave', 'staging');
  await lab.mustVirsh('dompmsuspend', 'laptop', 'mem');
  crashed.signal('SIGKILL');
  await crashed.waitState('shut off');
  return { running: busy, off };
}

/** Starts hosts that between them are in every state that can be held still for a picture. */
export async function startWorld(): Promise<World> {
  const lab = await startRigHost({
    name: 'lab-1',
    daemonConfig: { unix_sock_rw_perms: '0777' },
  });
  const closed = await startRigHost({ name: 'lab-2' });
  const stop = async (): Promise<void> => {
    await Promise.all([lab.stop(), closed.stop()]);
  };
  let guests: Pick<World, 'running' | 'off'>;
  try {
    guests = await fillLab(lab);
    await closed.defineGuest({ name: 'proxy' });
    await closed.defineGuest({ name: 'metrics' });
  } catch (error) {
    await stop();
    throw error;
  }
  const farm = lab.writeTestWorld('farm', someTestDomains(1_000)).replace('test:', 'test+unix:');
  const labs = {
    'lab-1': { uri: lab.uri, order: 1 },
    'lab-2 (look only)': { uri: closed.uri, order: 2, readOnly: true },
    'lab-2': { uri: closed.uri, order: 3 },
    'lab-3': { uri: 'qemu:///system?socket=/run/lab-3/libvirt-sock', order: 4 },
    spare: { uri: lab.uri, order: 5, autoConnect: false },
    mistyped: { uri: 'qemu//system', order: 6 },
  };
  const hosts = {
    lab: labs,
    none: {},
    farm: { farm: { uri: `${farm}?socket=${lab.socketPath}`, order: 1 } },
  };
  return { lab, closed, ...guests, hosts, stop };
}
