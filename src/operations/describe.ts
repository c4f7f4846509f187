import type { HostSession } from '../inventory/hostSession.ts';
import { wireDomain } from '../inventory/readDomains.ts';
import { affect, metadataType } from '../libvirt/constants.ts';
import { errorCode, LibvirtError } from '../libvirt/errors.ts';
import { domainGetMetadata, domainSetMetadata } from '../libvirt/protocol/domain.ts';
import { isActive, type Domain } from '../model/domain.ts';
import { runAction, type ActionOptions, type ActionResult } from './runAction.ts';

/** What people wrote about a VM; null where there is nothing. */
export interface Description {
  /** One line. */
  readonly title: string | null;
  readonly description: string | null;
}

/** As it stands: of the running instance if there is one. @throws LibvirtError, TransportError */
export async function readDescription(
  session: HostSession,
  domain: Domain,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Description> {
  const read = async (type: number): Promise<string | null> => {
    try {
      const args = { dom: wireDomain(domain), type, uri: null, flags: affect.current };
      return (await session.call(domainGetMetadata, args, options)).metadata;
    } catch (error) {
      if (error instanceof LibvirtError && error.code === errorCode.noDomainMetadata) {
        return null;
      }
      throw error;
    }
  };
  const [title, description] = await Promise.all([
    read(metadataType.title),
    read(metadataType.description),
  ]);
  return { title, description };
}

/**
 * Writes title and description, for the running instance and the next start alike. What is left out stays as it
 * is; empty text and null remove.
 */
export async function setDescription(
  session: HostSession,
  uuid: string,
  wanted: Partial<Description>,
  options: ActionOptions,
): Promise<ActionResult> {
  const { signal } = options;
  return runAction(
    session,
    uuid,
    'editDescription',
    {
      run: async (domain) => {
        if (wanted.title?.includes('\n')) {
          return { status: 'refused', reason: 'A title is a single line.' };
        }
        const flags =
          (domain.persistent ? affect.config : 0) | (isActive(domain.state) ? affect.live : 0);
        const write = async (type: number, text: string | null | undefined): Promise<void> => {
          if (text !== undefined) {
            const metadata = text === '' ? null : text;
            await session.callSlow(
              domainSetMetadata,
              { dom: wireDomain(domain), type, metadata, key: null, uri: null, flags },
              { signal },
            );
          }
        };
        await write(metadataType.title, wanted.title);
        await write(metadataType.description, wanted.description);
        return { status: 'done' };
      },
      findOut: async (now) => {
        const found = now && (await readDescription(session, now, { signal }));
        return found && isAsWanted(found, wanted) ? { status: 'done' } : undefined;
      },
    },
    options,
  );
}

function isAsWanted(found: Description, wanted: Partial<Description>): boolean {
  return (['title', 'description'] as const).every(
    (field) => wanted[field] === undefined || (wanted[field] ?? '') === (found[field] ?? ''),
  );
}
