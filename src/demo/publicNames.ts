import * as domains from '../libvirt/protocol/domain.ts';
import * as resources from '../libvirt/protocol/networkAndStorage.ts';
import * as others from '../libvirt/protocol/otherClients.ts';
import type { Procedure } from '../libvirt/protocol/procedure.ts';

/** What a read-only connection may not do. */
const changing: ReadonlySet<string> = new Set(
  [
    domains.domainReboot,
    domains.domainResume,
    domains.domainSetAutostart,
    domains.domainSuspend,
    domains.domainAbortJob,
    domains.domainManagedSave,
    domains.domainManagedSaveRemove,
    domains.domainCreateWithFlags,
    domains.domainOpenConsole,
    domains.domainScreenshot,
    domains.domainUndefineFlags,
    domains.domainDestroyFlags,
    domains.domainReset,
    domains.domainShutdownFlags,
    domains.domainSetMetadata,
    domains.domainPmWakeup,
    domains.domainDefineXmlFlags,
    domains.domainRename,
    resources.storagePoolRefresh,
    others.domainCreate,
    others.domainDefineXml,
    others.domainDestroy,
    others.domainShutdown,
    others.domainUndefine,
    others.networkCreate,
    others.networkDestroy,
    others.networkSetAutostart,
    others.storagePoolCreate,
    others.storagePoolDestroy,
    others.storagePoolSetAutostart,
  ].map(({ name }) => name),
);

export function changesSomething(procedure: Procedure<unknown, unknown>): boolean {
  return changing.has(procedure.name);
}

/** The function of libvirt's library that makes such calls, by which refusals name it. */
export function publicName({ name }: Pick<Procedure<unknown, unknown>, 'name'>): string {
  const words = name.replace(/Xml/g, 'XML').replace(/^domainPm/, 'domainPM');
  return `vir${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}
