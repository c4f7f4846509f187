import type { Guest } from '../tools/rig/guest.ts';
import type { RigHost } from '../tools/rig/rigHost.ts';

/** QEMU guests that have booted and then do nothing, with a disk and an interface that libvirt counts. */
export async function bootGuests(host: RigHost, count: number): Promise<readonly Guest[]> {
  await host.startDefaultNetwork();
  const guests: Guest[] = [];
  for (let index = 0; index < count; index++) {
    const name = `guest-${String(index).padStart(2, '0')}`;
    guests.push(await host.defineGuest({ name, memoryMiB: 96, vcpus: 2, network: 'network' }));
  }
  await Promise.all(guests.map((guest) => guest.start()));
  await Promise.all(guests.map((guest) => guest.waitReady({ timeoutMs: 100_000 })));
  return guests;
}
