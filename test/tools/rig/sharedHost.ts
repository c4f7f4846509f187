import type { Guest } from './guest.ts';
import { type RigHost, startRigHost } from './rigHost.ts';

/**
 * One host and one booted guest for all integration tests of a run: mocha runs every file in one process, so the first
 * that asks pays and the others do not. Importing this file is enough to have them stopped at the end.
 *
 * The host is for tests that leave it as they found it: guests, pools and networks of their own, removed after use.
 * The guest is for tests that only read or that put back what they change. For anything rougher (a daemon killed or
 * stopped, other settings) start a host with `startRigHost`; it takes a fifth of a second.
 */
let host: Promise<RigHost> | undefined;
let guest: Promise<Guest> | undefined;

/** The host that all integration tests share. */
export function sharedHost(): Promise<RigHost> {
  host ??= startRigHost({ name: 'shared' });
  return host;
}

async function bootGuest(): Promise<Guest> {
  const booted = await (await sharedHost()).defineGuest({ name: 'shared' });
  await booted.start();
  await booted.waitReady();
  await booted.waitAgent();
  return booted;
}

/** A guest named `shared` on the shared host: running, booted, its agent answering. */
export function sharedGuest(): Promise<Guest> {
  guest ??= bootGuest();
  return guest;
}

// At the top of a file this is mocha's root suite: it runs once, after the last test of the last file.
after(async () => {
  await (await host)?.stop();
});
