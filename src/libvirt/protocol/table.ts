import * as connect from './connect.ts';
import * as domain from './domain.ts';
import * as events from './events.ts';
import * as networkAndStorage from './networkAndStorage.ts';
import * as otherClients from './otherClients.ts';
import type { EventMessage, Procedure } from './procedure.ts';

/** Every procedure known here: what a simulated daemon serves and what a test compares with libvirt's own files. */
export const procedures: readonly Procedure<unknown, unknown>[] = [
  ...Object.values(connect),
  ...Object.values(domain),
  ...Object.values(networkAndStorage),
  ...Object.values(otherClients),
] as readonly Procedure<unknown, unknown>[];

/** Every event message this client can decode. Others are counted and ignored. */
export const eventMessages = Object.values(events) as readonly EventMessage<unknown>[];
