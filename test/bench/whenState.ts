import type { HostSession } from '../../src/inventory/hostSession.ts';
import type { DomainState } from '../../src/libvirt/constants.ts';

const patienceMs = 5_000;

/** The moment, of `performance.now()`, when a session tells that a VM came into a state. */
export function whenState(session: HostSession, uuid: string, state: DomainState): Promise<number> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      subscription.dispose();
      reject(new Error(`no change to ${state} was told within ${patienceMs} ms`));
    }, patienceMs);
    const subscription = session.onDidChange((changes) => {
      const isTold = changes.some(
        (change) =>
          change.kind === 'domainChanged' &&
          change.domain.uuid === uuid &&
          change.domain.state === state,
      );
      if (isTold) {
        const at = performance.now();
        clearTimeout(timer);
        subscription.dispose();
        resolve(at);
      }
    });
  });
}
