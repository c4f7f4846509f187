import type { HostSession } from '../inventory/hostSession.ts';
import { wireDomain } from '../inventory/readDomains.ts';
import { domainRename } from '../libvirt/protocol/domain.ts';
import type { Refusal } from './guards.ts';
import { runAction, type ActionOptions, type ActionResult } from './runAction.ts';

/**
 * Why a VM cannot have a name, in a sentence; undefined if it can. For a person who is typing it: libvirt has the
 * last word.
 * @param taken the names of the host's other VMs
 */
export function guardName(name: string, taken: Iterable<string>): Refusal {
  if (name.trim() === '') {
    return 'A VM needs a name.';
  }
  // libvirt 9.0 takes control characters, and then cannot read its own file of the definition
  if (/[/\p{Cc}]/u.test(name)) {
    return 'A name cannot contain a slash, a line break or another control character.';
  }
  for (const other of taken) {
    if (other === name) {
      return `There is already a VM named "${name}" on this host.`;
    }
  }
  return undefined;
}

/** Gives a VM that is off another name; its UUID, snapshots and autostart stay. */
export async function rename(
  session: HostSession,
  uuid: string,
  newName: string,
  options: ActionOptions,
): Promise<ActionResult> {
  return runAction(
    session,
    uuid,
    'rename',
    {
      run: async (domain) => {
        const others = [...session.snapshot.domains.values()].filter(
          (other) => other.uuid !== uuid,
        );
        const reason =
          domain.name === newName
            ? 'That is its name already.'
            : guardName(
                newName,
                others.map((other) => other.name),
              );
        if (reason !== undefined) {
          return { status: 'refused', reason };
        }
        const args = { dom: wireDomain(domain), newName, flags: 0 };
        await session.callSlow(domainRename, args, { signal: options.signal });
        return { status: 'done' };
      },
      findOut: (now) => Promise.resolve(now?.name === newName ? { status: 'done' } : undefined),
    },
    options,
  );
}
