import type { Guest } from '../rig/guest.ts';
import type { GuestOptions } from '../rig/guestXml.ts';
import { type RigHost, startRigHost } from '../rig/rigHost.ts';
import type { WorkbenchOptions } from '../workbench/launchWorkbench.ts';

/** What the pictures show: hosts and VMs in every state. */
export interface World {
  readonly lab: RigHost;
  /** Its socket refuses the user of the workbench. */
  readonly closed: RigHost;
  /** Entries of `vmDeck.hosts`. */
  readonly hosts: NonNullable<WorkbenchOptions['hosts']>;
  stop(): Promise<void>;
}

const description = 'The shop, behind the load balancer';

async function fillLab(lab: RigHost): Promise<void> {
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
  await define('old-db', { network: 'none' });
  const running = [web, busy, build, saved, crashed, deaf, asleep];
  await Promise.all(running.map((guest) => guest.start()));
  await Promise.all(running.map((guest) => guest.waitReady({ timeoutMs: 300_000 })));
  await Promise.all([web, asleep].map((guest) => guest.waitAgent({ timeoutMs: 300_000 })));
  await lab.mustVirsh('suspend', 'build');
  await lab.mustVirsh('managedsave', 'staging');
  await lab.mustVirsh('dompmsuspend', 'laptop', 'mem');
  crashed.signal('SIGKILL');
  await crashed.waitState('shut off');
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
  try {
    await fillLab(lab);
    await closed.defineGuest({ name: 'proxy' });
    await closed.defineGuest({ name: 'metrics' });
  } catch (error) {
    await stop();
    throw error;
  }
  const hosts = {
    'lab-1': { uri: lab.uri, order: 1 },
    'lab-2 (look only)': { uri: closed.uri, order: 2, readOnly: true },
    'lab-2': { uri: closed.uri, order: 3 },
    'lab-3': { uri: 'qemu:///system?socket=/run/lab-3/libvirt-sock', order: 4 },
    spare: { uri: lab.uri, order: 5, autoConnect: false },
    mistyped: { uri: 'qemu//system', order: 6 },
  };
  return { lab, closed, hosts, stop };
}
