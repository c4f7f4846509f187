import type { HostSession } from '../inventory/hostSession.ts';
import type { CallOptions } from '../libvirt/connection.ts';
import { TransportError } from '../libvirt/errors.ts';
import type { Procedure } from '../libvirt/protocol/procedure.ts';

/**
 * A call that goes beside others that may hang. Where all places for those are taken by VMs that do not answer,
 * it is the way out, and the daemon keeps workers apart for it.
 */
export async function besideHung<Args, Ret>(
  session: HostSession,
  procedure: Procedure<Args, Ret>,
  args: Args,
  options: CallOptions,
): Promise<Ret> {
  // Places held by calls that somebody still waits for are no better: behind those it might wait for ever
  if (session.hasSlowPlace) {
    try {
      return await session.callSlow(procedure, args, options);
    } catch (error) {
      if (!(error instanceof TransportError) || error.outcome !== 'notSent') {
        throw error;
      }
    }
  }
  return session.call(procedure, args, options);
}
