import type { HostSession } from '../inventory/hostSession.ts';
import { isGone, wireDomain } from '../inventory/readDomains.ts';
import { domainXmlFlag } from '../libvirt/constants.ts';
import { domainDefineXmlFlags, domainGetXmlDesc } from '../libvirt/protocol/domain.ts';
import { isActive } from '../model/domain.ts';
import { formatUuid } from '../model/uuid.ts';
import { guardActing } from './guards.ts';
import { runAttempt, type ActionOptions, type ActionResult } from './runAction.ts';

export interface ReadDefinitionOptions {
  /** That of the running instance, or that for the next start. */
  readonly which: 'live' | 'inactive';
  /** With passwords and the like, which libvirt gives nobody who may only look. */
  readonly secure?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads the XML of a VM; null if there is no such definition: of a VM that is off, transient or gone.
 * @throws LibvirtError, TransportError
 */
export async function readDefinition(
  session: HostSession,
  uuid: string,
  { which, secure = false, signal }: ReadDefinitionOptions,
): Promise<string | null> {
  const domain = session.domain(uuid);
  const exists = which === 'live' ? domain && isActive(domain.state) : domain?.persistent;
  if (!domain || !exists) {
    return null;
  }
  const flags =
    (which === 'inactive' ? domainXmlFlag.inactive : 0) | (secure ? domainXmlFlag.secure : 0);
  try {
    return (await session.call(domainGetXmlDesc, { dom: wireDomain(domain), flags }, { signal }))
      .xml;
  } catch (error) {
    if (isGone(error)) {
      return null;
    }
    throw error;
  }
}

/** A VM has this definition now. */
export interface Defined {
  readonly status: 'done';
  readonly uuid: string;
}

/**
 * Gives a VM this definition, or makes one that has it; which, the XML's UUID says. A running VM keeps its own
 * until the next start.
 */
export async function define(
  session: HostSession,
  xml: string,
  options: ActionOptions,
): Promise<ActionResult<Defined>> {
  const reason = guardActing(session.snapshot.status);
  if (reason !== undefined) {
    return { status: 'refused', reason };
  }
  const attempt = {
    what: 'define a VM',
    domain: undefined,
    run: async (): Promise<Defined> => {
      const args = { xml, flags: 0 };
      const { dom } = await session.callSlow(domainDefineXmlFlags, args, options);
      const uuid = formatUuid(dom.uuid);
      await session.refreshDomain(uuid);
      return { status: 'done', uuid };
    },
  };
  return runAttempt(session, attempt, options);
}
