import type { Domain } from '../../../src/model/domain.ts';

/** A persistent VM that is off, but for what a test says. */
export function aDomain(fields: Partial<Domain> = {}): Domain {
  return {
    uuid: '11111111-2222-3333-4444-555555555555',
    name: 'web-01',
    id: -1,
    state: 'shutoff',
    reason: 'unknown',
    stateSince: undefined,
    persistent: true,
    autostart: false,
    hasManagedSave: false,
    hasSnapshots: false,
    maxMemoryKiB: undefined,
    memoryKiB: undefined,
    vcpus: undefined,
    notAnsweringSince: undefined,
    ...fields,
  };
}

/** The same, running. */
export function aRunningDomain(fields: Partial<Domain> = {}): Domain {
  return aDomain({ id: 7, state: 'running', reason: 'booted', ...fields });
}
