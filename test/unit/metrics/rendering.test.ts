import assert from 'node:assert/strict';
import { formatBytes } from '../../../src/base/units.ts';
import type { HostChange } from '../../../src/inventory/changes.ts';
import { renderText } from '../../../src/metrics/door/textReport.ts';
import { changeToJson, renderChange } from '../../../src/metrics/door/watchLines.ts';
import { aDomain, aRunningDomain } from '../inventory/aDomain.ts';

const nothing = {
  ...{ vcpuCores: [], disks: [], interfaces: [], vcpus: 2, memoryKiB: 4_096 },
  ...{ memoryToldAt: undefined, residentKiB: undefined, receiveBytesPerSecond: undefined },
  ...{ readRequestsPerSecond: 0, writeRequestsPerSecond: 0, transmitBytesPerSecond: undefined },
};

describe('what is printed', () => {
  it('a host and its VMs, as a table', () => {
    const text = renderText({
      name: 'lab',
      uri: 'qemu:///system',
      status: { state: 'connected' },
      node: {
        hostname: 'lab-1',
        cpuModel: 'x86_64',
        cpus: 8,
        mhz: 2_000,
        memoryKiB: 16 * 1024 ** 2,
        libvirtVersion: '9.0.0',
        hypervisor: 'QEMU',
        hypervisorVersion: '7.2.22',
      },
      problems: ['The storage pools of this host could not be read: no driver'],
      sample: { at: 1, cpuUse: 0.256, memoryTotalKiB: 16 * 1024 ** 2, memoryUsedKiB: 1024 ** 2 },
      domains: [
        { ...aDomain({ name: 'old', hasManagedSave: true, vcpus: 1 }), sample: undefined },
        {
          ...aRunningDomain({ vcpus: 2, memoryKiB: 4_096 }),
          sample: {
            ...nothing,
            at: 1,
            cpuCores: 1.5,
            memoryUsedKiB: 2_048,
            readBytesPerSecond: 0,
            writeBytesPerSecond: 3_000,
          },
        },
      ],
      networks: [{ uuid: 'n', name: 'default', active: true, persistent: true, autostart: true }],
      pools: [],
    });
    assert.equal(
      text,
      [
        'qemu:///system  connected  lab-1: libvirt 9.0.0, QEMU 7.2.22, 8 CPUs, 26 % busy, 1.0 GiB of 16.0 GiB memory',
        '  ! The storage pools of this host could not be read: no driver',
        '  ID  NAME    STATE                 VCPUS  CPU    MEMORY   GUEST USES  READ/S  WRITE/S  IN/S  OUT/S',
        '  -   old     shutoff, saved state  1      -      -        -           -       -        -     -',
        '  7   web-01  running (booted)      2      150 %  4.0 MiB  2.0 MiB     0 B     2.9 KiB  -     -',
        '  network default  active, autostart',
        '',
      ].join('\n'),
    );
  });

  it('changes that matter to a person, as a line', () => {
    const line = (domain: Parameters<typeof aDomain>[0], before: Parameters<typeof aDomain>[0]) =>
      renderChange({ kind: 'domainChanged', domain: aDomain(domain), before: aDomain(before) });
    assert.equal(line({ state: 'paused', reason: 'user' }, {}), 'web-01: paused (user)');
    assert.equal(line({ name: 'b' }, {}), 'b: was named web-01');
    assert.equal(line({ notAnsweringSince: 1 }, {}), 'web-01: does not answer');
    assert.equal(
      line({}, { notAnsweringSince: 1, autostart: true }),
      'web-01: answers again, does not start with the host',
    );
    assert.equal(line({ vcpus: 2 }, {}), undefined);
    const domain = aRunningDomain();
    assert.equal(
      renderChange({ kind: 'domainAdded', domain }),
      'web-01 appeared, running (booted)',
    );
    assert.equal(renderChange({ kind: 'domainRemoved', domain }), 'web-01 is gone');
    assert.equal(
      renderChange({
        kind: 'status',
        status: { state: 'needsAttention', kind: 'permission', cause: 'No.' },
      }),
      'host needsAttention: No.',
    );
    const sampled: HostChange = { kind: 'sampled', uuids: [] };
    assert.deepEqual(
      [renderChange(sampled), changeToJson('lab', 5, sampled)],
      [undefined, undefined],
    );
    assert.deepEqual(JSON.parse(changeToJson('lab', 5, { kind: 'node' })!), {
      host: 'lab',
      at: 5,
      kind: 'node',
    });
  });

  it('bytes in binary units, never 1024 of one', () => {
    assert.deepEqual(
      [0, 1_023, 1_024, 1_536, 1_048_575, 150 * 1_048_576, 2 ** 60].map(formatBytes),
      ['0 B', '1023 B', '1.0 KiB', '1.5 KiB', '1.0 MiB', '150 MiB', '1024 PiB'],
    );
  });
});
