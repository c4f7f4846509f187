import type { HostSession } from '../inventory/hostSession.ts';
import { isUnsupported, wireDomain } from '../inventory/readDomains.ts';
import { undefineFlag } from '../libvirt/constants.ts';
import { connectGetLibVersion, connectGetType } from '../libvirt/protocol/connect.ts';
import {
  domainListAllCheckpoints,
  domainListAllSnapshots,
  domainSetAutostart,
  domainUndefineFlags,
} from '../libvirt/protocol/domain.ts';
import type { Domain } from '../model/domain.ts';
import { findElements, parseXml } from '../xml/parseXml.ts';
import { define, readDefinition, type Defined } from './definition.ts';
import { runAction, type ActionOptions, type ActionResult, type Refused } from './runAction.ts';

/** What a VM loses with its definition unless it is kept, and what must be asked about first. */
export interface DeletionFacts {
  readonly hasSavedState: boolean;
  /** How many snapshots libvirt remembers. Their data stays in the disks. */
  readonly snapshots: number;
  readonly checkpoints: number;
  /** It has an emulated TPM whose content the daemon would throw away. */
  readonly losesTpm: boolean;
}

/** What a person agreed to lose. */
export interface DeletionChoices {
  readonly removeSavedState?: boolean;
  /** What libvirt remembers of them: disks are not touched. */
  readonly removeSnapshots?: boolean;
  readonly removeCheckpoints?: boolean;
}

/** All that brings a deleted definition back, by {@link restoreDefinition}. Holds secrets: not for a log. */
export interface DeletedDefinition {
  readonly uuid: string;
  readonly name: string;
  /** With its secrets. */
  readonly xml: string;
  readonly autostart: boolean;
}

interface Deleted {
  readonly status: 'done';
  readonly deleted: DeletedDefinition;
}

/** The first libvirt that can be told to keep a TPM's state: 8.9.0. */
const keepTpmSince = 8_009_000n;

/** Looks what deleting a VM's definition would take with it. @throws LibvirtError, TransportError */
export async function readDeletionFacts(
  session: HostSession,
  domain: Domain,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<DeletionFacts> {
  const xml = await readDefinition(session, domain.uuid, { which: 'inactive', ...options });
  return collectFacts(session, domain, xml, options.signal);
}

/**
 * Deletes what libvirt knows of a VM. Its disks, its firmware's variables and its TPM's state stay; a VM that
 * runs goes on as a transient one. Refused while it would lose what nobody agreed to.
 */
export async function deleteDefinition(
  session: HostSession,
  uuid: string,
  choices: DeletionChoices,
  options: ActionOptions,
): Promise<ActionResult<Deleted>> {
  const { signal } = options;
  let deleted: DeletedDefinition | undefined;
  return runAction<Deleted>(
    session,
    uuid,
    'deleteDefinition',
    {
      run: async (domain) => {
        const which = 'inactive';
        const xml = await readDefinition(session, uuid, { which, secure: true, signal });
        if (xml === null) {
          return { status: 'refused', reason: 'The VM does not exist any more.' };
        }
        const facts = await collectFacts(session, domain, xml, signal);
        const refusal = guardLoss(facts, choices);
        if (refusal) {
          return refusal;
        }
        deleted = { uuid, name: domain.name, xml, autostart: domain.autostart };
        const flags = (await keepFlags(session, signal)) | choiceFlags(choices);
        await session.callSlow(domainUndefineFlags, { dom: wireDomain(domain), flags }, { signal });
        return { status: 'done', deleted };
      },
      findOut: (now) =>
        Promise.resolve(deleted && !now?.persistent ? { status: 'done', deleted } : undefined),
    },
    options,
  );
}

/** Defines a VM again as it was when its definition was deleted. What was agreed to be lost does not come back. */
export async function restoreDefinition(
  session: HostSession,
  { xml, autostart }: DeletedDefinition,
  options: ActionOptions,
): Promise<ActionResult<Defined>> {
  const result = await define(session, xml, options);
  const domain = result.status === 'done' ? session.domain(result.uuid) : undefined;
  if (!domain || !autostart) {
    return result;
  }
  return runAction<Defined>(
    session,
    domain.uuid,
    'autostartOn',
    {
      run: async () => {
        const args = { dom: wireDomain(domain), autostart: 1 };
        await session.call(domainSetAutostart, args, { signal: options.signal });
        return { status: 'done', uuid: domain.uuid };
      },
      findOut: (now) =>
        Promise.resolve(now?.autostart ? { status: 'done', uuid: domain.uuid } : undefined),
    },
    options,
  );
}

async function collectFacts(
  session: HostSession,
  domain: Domain,
  xml: string | null,
  signal: AbortSignal | undefined,
): Promise<DeletionFacts> {
  const args = { dom: wireDomain(domain), needResults: 0, flags: 0 };
  const count = async (ask: Promise<{ readonly ret: number }>): Promise<number> => {
    try {
      return (await ask).ret;
    } catch (error) {
      if (isUnsupported(error)) {
        return 0; // a driver without them has none
      }
      throw error;
    }
  };
  const hasTpm = xml !== null && hasEmulatedTpm(xml);
  const [snapshots, checkpoints, keepsTpm] = await Promise.all([
    count(session.call(domainListAllSnapshots, args, { signal })),
    count(session.call(domainListAllCheckpoints, args, { signal })),
    hasTpm ? knowsKeepTpm(session, signal) : true,
  ]);
  return {
    hasSavedState: domain.hasManagedSave,
    snapshots,
    checkpoints,
    losesTpm: hasTpm && !keepsTpm,
  };
}

function guardLoss(facts: DeletionFacts, choices: DeletionChoices): Refused | undefined {
  const refuse = (reason: string): Refused => ({ status: 'refused', reason });
  if (facts.losesTpm) {
    return refuse(
      'It has an emulated TPM, and this libvirt (before 8.9) would delete its content with the definition.',
    );
  }
  if (facts.hasSavedState && !choices.removeSavedState) {
    return refuse('It has a saved state, which would be deleted with the definition.');
  }
  if (facts.snapshots > 0 && !choices.removeSnapshots) {
    return refuse(`libvirt would forget its ${plural(facts.snapshots, 'snapshot')}.`);
  }
  if (facts.checkpoints > 0 && !choices.removeCheckpoints) {
    return refuse(`libvirt would forget its ${plural(facts.checkpoints, 'checkpoint')}.`);
  }
  return undefined;
}

function choiceFlags(choices: DeletionChoices): number {
  return (
    (choices.removeSavedState ? undefineFlag.managedSave : 0) |
    (choices.removeSnapshots ? undefineFlag.snapshotsMetadata : 0) |
    (choices.removeCheckpoints ? undefineFlag.checkpointsMetadata : 0)
  );
}

/** Only QEMU's driver keeps firmware variables and TPMs; others refuse flags about them. */
async function keepFlags(session: HostSession, signal: AbortSignal | undefined): Promise<number> {
  const { type } = await session.call(connectGetType, undefined, { signal });
  if (type !== 'QEMU') {
    return 0;
  }
  return (
    undefineFlag.keepNvram | ((await knowsKeepTpm(session, signal)) ? undefineFlag.keepTpm : 0)
  );
}

async function knowsKeepTpm(
  session: HostSession,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const { libVer } = await session.call(connectGetLibVersion, undefined, { signal });
  return libVer >= keepTpmSince;
}

function hasEmulatedTpm(xml: string): boolean {
  return findElements(parseXml(xml), 'devices', 'tpm', 'backend').some(
    ({ attributes }) => attributes['type'] === 'emulator',
  );
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
