import assert from 'node:assert/strict';
import {
  formatCores,
  formatMemory,
  formatSince,
} from '../../../../src/extension/views/hosts/format.ts';
import { hostRow } from '../../../../src/extension/views/hosts/hostRow.ts';
import { vmStates } from '../../../../src/contract/vmStates.ts';
import { vmCategory } from '../../../../src/extension/views/hosts/vmCategory.ts';
import type { ArrangedVm } from '../../../../src/extension/views/hosts/arrange.ts';
import { vmRow, type VmRowMore } from '../../../../src/extension/views/hosts/vmRow.ts';
import type { Domain } from '../../../../src/model/domain.ts';
import type { Host, HostStatus } from '../../../../src/model/host.ts';
import type { DomainSample } from '../../../../src/model/sample.ts';
import { parseHostUri } from '../../../../src/libvirt/uri.ts';
import { aDomain, aRunningDomain } from '../../inventory/aDomain.ts';
import { plainL10n } from '../plainL10n.ts';

const now = new Date(2026, 5, 15, 14, 30).getTime();
const connected: HostStatus = { state: 'connected' };

function row(
  domain: Domain,
  input: Partial<ArrangedVm & VmRowMore> = {},
): ReturnType<typeof vmRow> {
  const host = { name: 'lab', status: connected };
  const { activity, showsHost = false, ...vm } = input;
  return vmRow(
    { host, domain, sample: undefined, addresses: [], ...vm },
    { activity, showsHost, now },
    plainL10n,
  );
}

const sample = {
  at: now,
  cpuCores: 0.24,
  vcpus: 2,
  memoryKiB: 4 * 1024 * 1024,
  memoryUsedKiB: 1.2 * 1024 * 1024,
} as DomainSample;

describe('the row of a VM', () => {
  it('tells CPU, memory and address of one that runs', () => {
    const { label, description, accessibilityLabel } = row(aRunningDomain(), {
      sample,
      addresses: ['10.0.0.21', 'fe80::1'],
    });
    assert.equal(label, 'web-01');
    assert.equal(description, '2 vCPU 12% · 1.2/4 GiB · 10.0.0.21');
    assert.equal(accessibilityLabel, 'web-01, running, 2 vCPU 12% · 1.2/4 GiB · 10.0.0.21, lab');
  });

  it('leaves out what is not known', () => {
    assert.equal(row(aRunningDomain()).description, '');
    assert.equal(row(aRunningDomain({ vcpus: 1, memoryKiB: 512 })).description, '1 vCPU · 512 KiB');
  });

  it('tells every other state, and since when', () => {
    const stateSince = new Date(2026, 4, 12).getTime();
    const since = formatSince(stateSince, now);
    assert.equal(row(aDomain()).description, 'off');
    assert.equal(row(aDomain({ stateSince })).description, `off since ${since}`);
    assert.equal(row(aDomain({ hasManagedSave: true })).description, 'saved');
    assert.equal(row(aRunningDomain({ state: 'paused' })).description, 'paused');
    assert.equal(row(aRunningDomain({ state: 'pmsuspended' })).description, 'asleep');
    assert.equal(row(aDomain({ reason: 'crashed' })).description, 'crashed');
    assert.match(
      row(aRunningDomain({ notAnsweringSince: now - 60_000 })).description,
      /^not answering since /,
    );
  });

  it('looks different in each state, by shape alone', () => {
    const looks = [
      row(aRunningDomain()),
      row(aRunningDomain({ state: 'paused' })),
      row(aDomain()),
      row(aDomain({ reason: 'crashed' })),
      row(aDomain({ hasManagedSave: true })),
      row(aRunningDomain({ state: 'pmsuspended' })),
      row(aRunningDomain({ notAnsweringSince: 1 })),
      row(aRunningDomain(), {
        activity: { kind: 'running', text: 'starting', progress: undefined, canCancel: false },
      }),
      row(aRunningDomain(), { host: { name: 'lab', status: { state: 'idle' } } }),
    ];
    assert.equal(new Set(looks.map(({ icon }) => icon.id)).size, looks.length);
  });

  it('of a host that cannot be asked only tells what was', () => {
    const status: HostStatus = {
      state: 'disconnected',
      kind: 'refused',
      cause: 'gone',
      retryAt: 0,
    };
    const { description, contextValue } = row(aRunningDomain(), { host: { name: 'lab', status } });
    assert.equal(description, 'was running');
    assert.doesNotMatch(contextValue, /\bcan-(start|shutdown|destroy)\b/);
    assert.match(contextValue, /\bhas-shutdown\b/);
  });

  it('shows what is being done to it, and what came of it', () => {
    const saving = row(aRunningDomain(), {
      activity: { kind: 'running', text: 'saving', progress: 0.456, canCancel: true },
    });
    assert.equal(saving.description, 'saving… 45 %');
    assert.match(saving.contextValue, /\bcan-cancel\b/);
    assert.doesNotMatch(saving.contextValue, /\bcan-shutdown\b/);
    assert.match(saving.contextValue, /\bcan-destroy\b/);
    const failed = row(aDomain(), {
      activity: { kind: 'problem', text: 'could not start', detail: 'It has no disk.' },
    });
    assert.equal(failed.description, 'could not start · off');
    assert.match(failed.contextValue, /\bcan-dismiss\b/);
    assert.match(failed.accessibilityLabel, /could not start/);
    const cancelled = row(aDomain(), {
      activity: { kind: 'note', text: 'cancelled', detail: 'It was cancelled.' },
    });
    assert.equal(cancelled.description, 'cancelled · off');
    assert.match(cancelled.contextValue, /\bcan-dismiss\b/);
    assert.notEqual(cancelled.icon.color, failed.icon.color, 'nothing bad happened');
  });

  it('can be acted on while its guest is waited for', () => {
    const waiting = row(aRunningDomain(), {
      activity: { kind: 'waiting', text: 'shutting down' },
    });
    assert.equal(waiting.description, 'shutting down…');
    assert.match(waiting.contextValue, /\bcan-shutdown\b/);
    assert.doesNotMatch(waiting.contextValue, /\bcan-cancel\b/);
  });

  it('allows what its state allows, and only while the host does', () => {
    const readOnly: HostStatus = { state: 'readOnly' };
    const off = row(aDomain()).contextValue.split(' ');
    assert.ok(off.includes('can-start') && !off.includes('has-shutdown'));
    assert.ok(off.includes('can-rename') && off.includes('can-deleteDefinition'));
    assert.ok(!row(aRunningDomain()).contextValue.includes('has-rename'), 'only while it is off');
    const looking = row(aDomain(), { host: { name: 'lab', status: readOnly } });
    assert.match(looking.contextValue, /\bhas-start\b/);
    assert.doesNotMatch(looking.contextValue, /\bcan-start\b/);
  });

  it('names its host where it does not stand below it', () => {
    assert.equal(row(aDomain(), { showsHost: true }).description, 'off · lab');
  });
});

describe('the category of a VM', () => {
  it('has a place in the order of urgency', () => {
    for (const state of ['running', 'paused', 'shutoff', 'crashed', 'pmsuspended'] as const) {
      assert.ok(vmStates.includes(vmCategory(aDomain({ state }), connected)));
    }
  });
});

describe('figures in a row', () => {
  it('are short', () => {
    assert.equal(formatCores(0.5, 2), '25%');
    assert.equal(formatCores(1, undefined), '100%');
    assert.equal(formatMemory(undefined, 1024), '1 MiB');
    assert.equal(formatMemory(512 * 1024, 1536 * 1024), '0.5/1.5 GiB');
    assert.equal(formatMemory(undefined, 512), '512 KiB');
    assert.equal(formatMemory(undefined, 300 * 1024), '300 MiB');
  });
});

describe('the row of a host', () => {
  const uri = parseHostUri('qemu:///system');
  const entry = { name: 'lab', uri, order: 1, autoConnect: true, readOnly: false };

  function host(status: HostStatus, domains: readonly Domain[] = []): Host {
    return {
      name: 'lab',
      uri: uri.text,
      status,
      node: undefined,
      domains: new Map(domains.map((domain) => [domain.uuid, domain])),
      networks: new Map(),
      pools: new Map(),
      devicesRevision: 0,
      secretsRevision: 0,
      readAt: now,
      problems: [],
      revision: 1,
    };
  }

  function show(status: HostStatus, domains: readonly Domain[] = []): ReturnType<typeof hostRow> {
    return hostRow(
      {
        entry,
        host: host(status, domains),
        sample: {
          at: now,
          cpuUse: 0.34,
          memoryTotalKiB: 100,
          memoryUsedKiB: 61,
        },
        isFirst: true,
        isLast: false,
        now,
      },
      plainL10n,
    );
  }

  it('counts its VMs and tells how busy it is', () => {
    const domains = [aRunningDomain(), aDomain({ uuid: 'other' })];
    assert.equal(show(connected, domains).description, '1 of 2 running · CPU 34% · memory 61%');
  });

  it('counts its VMs as soon as they are known, though its networks and pools are not', () => {
    const listed = { ...host(connected, [aRunningDomain()]), readAt: undefined };
    const input = { entry, host: listed, sample: undefined, isFirst: true, isLast: false, now };
    assert.equal(hostRow(input, plainL10n).description, '1 of 1 running');
  });

  it('tells how we stand with it, each in its own shape', () => {
    const statuses: readonly (readonly [HostStatus, RegExp])[] = [
      [{ state: 'idle' }, /^not connected/],
      [{ state: 'connecting' }, /^connecting…/],
      [connected, /^0 of 0 running/],
      [{ state: 'readOnly' }, /^read-only · 0 of 0 running/],
      [{ state: 'degraded', cause: 'silent', since: now }, /^not answering since/],
      [
        { state: 'disconnected', kind: 'refused', cause: 'refused', retryAt: now },
        /^disconnected: refused/,
      ],
      [{ state: 'needsAttention', kind: 'permission', cause: 'You may not.' }, /^You may not\./],
    ];
    const rows = statuses.map(([status, words]) => {
      const row = show(status);
      assert.match(row.description, words);
      assert.match(row.accessibilityLabel, /^lab, host, /);
      return row;
    });
    assert.equal(new Set(rows.map(({ icon }) => icon.id)).size, rows.length);
  });

  it('offers what fits how we stand', () => {
    assert.match(show({ state: 'idle' }).contextValue, /\bcan-connect\b/);
    assert.doesNotMatch(show({ state: 'idle' }).contextValue, /\bcan-disconnect\b/);
    assert.match(show(connected).contextValue, /\bcan-refresh\b/);
    assert.match(
      show({ state: 'needsAttention', kind: 'permission', cause: 'x' }).contextValue,
      /\bhas-help\b/,
    );
    assert.doesNotMatch(show(connected).contextValue, /\bcan-move-up\b/);
    assert.match(show(connected).contextValue, /\bcan-move-down\b/);
  });

  it('says what is wrong with an entry that cannot be used', () => {
    const row = hostRow(
      {
        entry: { name: 'lab', order: 1, problem: '"uri" is missing.' },
        host: undefined,
        sample: undefined,
        isFirst: true,
        isLast: true,
        now,
      },
      plainL10n,
    );
    assert.equal(row.description, 'cannot be used: "uri" is missing.');
    assert.match(row.contextValue, /\bbad-entry\b/);
  });
});
