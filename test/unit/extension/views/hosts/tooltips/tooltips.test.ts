import assert from 'node:assert/strict';
import { hostTooltip } from '../../../../../../src/extension/views/hosts/tooltips/hostTooltip.ts';
import { vmTooltip } from '../../../../../../src/extension/views/hosts/tooltips/vmTooltip.ts';
import { readDomainXml } from '../../../../../../src/model/domainXml.ts';
import { parseHostUri } from '../../../../../../src/libvirt/uri.ts';
import type { Host } from '../../../../../../src/model/host.ts';
import { plainL10n } from '../../../../../fakes/plainL10n.ts';
import { aDomain, aRunningDomain } from '../../../../inventory/aDomain.ts';

const now = new Date(2026, 10, 24, 12, 0).getTime();

function ofVm(fields: Partial<Parameters<typeof vmTooltip>[0]> = {}): string {
  const domain = fields.domain ?? aRunningDomain();
  return vmTooltip(
    {
      node: { kind: 'vm', id: 'vm', host: 'lab', uuid: domain.uuid },
      host: { name: 'lab', status: { state: 'connected' } },
      domain,
      sample: undefined,
      devices: undefined,
      description: undefined,
      addresses: [],
      activity: undefined,
      now,
      ...fields,
    },
    plainL10n,
  );
}

/** As Markdown shows it. */
function shown(markdown: string): string {
  return markdown.replace(/\]\(command:[^)]*\)/g, ']').replace(/\\([!-/:-@[-`{-~])/g, '$1');
}

describe('the tooltip of a VM', () => {
  it('tells what it is, in which state and why, and what can be opened', () => {
    const text = shown(
      ofVm({ domain: aRunningDomain({ vcpus: 2, memoryKiB: 4 * 1024 * 1024, autostart: true }) }),
    );
    for (const part of [
      '**web-01**',
      'running (booted)',
      'starts with the host',
      'vCPUs: 2',
      'Memory: 4 GiB',
      'Host: lab',
      'UUID: 11111111-2222-3333-4444-555555555555',
      '[Definition] · [Console] · [Screenshot]',
    ]) {
      assert.ok(text.includes(part), `${part} in ${text}`);
    }
  });

  it('of one that is off offers no console, and tells of its saved state', () => {
    const text = shown(ofVm({ domain: aDomain({ hasManagedSave: true }) }));
    assert.doesNotMatch(text, /Console/);
    assert.match(text, /has a saved state/);
  });

  it('tells of disks, networks and addresses, and what an action came to', () => {
    const description = readDomainXml(`<domain><title>Shop</title><devices>
      <disk type='file'><driver type='qcow2'/><source file='/a.qcow2'/><target dev='vda'/></disk>
      <interface type='network'><mac address='52:54:00:00:00:01'/><source network='default'/></interface>
      <graphics type='vnc'/></devices></domain>`);
    const text = shown(
      ofVm({
        description,
        addresses: ['10.0.0.21', 'fe80::1'],
        activity: { kind: 'problem', text: 'not started', detail: 'Could not start: no space' },
      }),
    );
    assert.match(text, /Shop/);
    assert.match(text, /vda: \/a\.qcow2 \(qcow2\)/);
    assert.match(text, /52:54:00:00:00:01 · network default/);
    assert.match(text, /Addresses: 10\.0\.0\.21, fe80::1/);
    assert.match(text, /Graphics: vnc/);
    assert.match(text, /⚠ Could not start: no space/);
  });

  it('is no page: of many disks some are counted', () => {
    const disk = (index: number): string => `<disk><target dev='vd${index}'/></disk>`;
    const description = readDomainXml(
      `<domain><devices>${Array.from({ length: 20 }, (_, index) => disk(index)).join('')}</devices></domain>`,
    );
    assert.match(shown(ofVm({ description })), /vd7: empty[^v]*… and 12 more/);
  });

  for (const name of [
    '[x](command:vmDeck.vm.forceOff)',
    '<img src=x>',
    '**bold**',
    '$(trash)',
    '`a`\n# b',
  ]) {
    it(`shows what others named literally: ${JSON.stringify(name)}`, () => {
      const description = readDomainXml('<domain/>');
      const text = ofVm({
        domain: aRunningDomain({ name }),
        host: { name, status: { state: 'connected' } },
        description: { ...description, title: name, description: name, osId: name },
        addresses: [name],
        activity: { kind: 'problem', text: 'not started', detail: name },
      });
      const inOneLine = name.replace('\n', ' ');
      assert.equal(shown(text).split(inOneLine).length - 1, 7);
      assert.equal(text.includes(inOneLine), false, 'it is never there as Markdown');
      assert.doesNotMatch(text, /forceOff\)/);
    });
  }
});

describe('the tooltip of a host', () => {
  const host: Host = {
    name: 'lab',
    uri: 'qemu:///system',
    status: { state: 'connected' },
    node: {
      hostname: 'lab.example',
      cpuModel: 'x86_64',
      cpus: 8,
      mhz: 2_400,
      memoryKiB: 16 * 1024 * 1024,
      libvirtVersion: '9.0.0',
      hypervisor: 'QEMU',
      hypervisorVersion: '7.2.22',
    },
    domains: new Map(),
    networks: new Map(),
    pools: new Map(),
    devicesRevision: 0,
    secretsRevision: 0,
    readAt: now,
    problems: [],
    revision: 1,
  };
  const entry = {
    name: 'lab',
    uri: parseHostUri('qemu:///system'),
    order: 1,
    autoConnect: true,
    readOnly: false,
  };
  const node = { kind: 'host', id: 'host:lab', host: 'lab' } as const;

  function ofHost(fields: Partial<Parameters<typeof hostTooltip>[0]> = {}): string {
    return hostTooltip(
      {
        ...{ node, entry, host, sample: undefined, route: undefined, statusSince: undefined, now },
        ...fields,
      },
      plainL10n,
    );
  }

  it('tells what it is and since when it is connected', () => {
    const text = shown(ofHost({ statusSince: now, host: { ...host, problems: ['No <pools>.'] } }));
    for (const part of [
      '**lab**',
      'connected since',
      'qemu:///system',
      'Name: lab.example',
      'libvirt 9.0.0, QEMU 7.2.22',
      '8 CPUs, x86_64, 2400 MHz',
      'Memory: 16 GiB',
      '⚠ No <pools>.',
    ]) {
      assert.ok(text.includes(part), `${part} in ${text}`);
    }
    assert.doesNotMatch(text, /\[Connect\]/);
  });

  it('tells how much memory is in use, of all that its figures know, as long as it is connected', () => {
    const gib = 1024 * 1024;
    const sample = { at: now, cpuUse: 0.1, memoryTotalKiB: 24 * gib, memoryUsedKiB: 3 * gib };
    assert.ok(shown(ofHost({ sample })).includes('Memory: 3/24 GiB'));
    const lost = { ...host, status: { state: 'idle' } } as const;
    assert.ok(shown(ofHost({ sample, host: lost })).includes('Memory: 24 GiB'));
  });

  it('of one over SSH tells the way there, and what of the configuration is not followed', () => {
    const text = shown(
      ofHost({
        route: {
          client: 'ssh2',
          destination: 'ada@lab-1:22',
          via: ['jump:22'],
          way: 'helper',
          found: [{ step: 'hostKey', detail: 'ssh-ed25519 SHA256:abc' }],
          notes: ['Compression is not used.'],
        },
      }),
    );
    for (const part of [
      'SSH to ada@lab-1:22 by way of jump:22',
      "by VM Deck's own SSH client, through virt-ssh-helper",
      'ssh-ed25519 SHA256:abc',
      '⚠ Compression is not used.',
    ]) {
      assert.ok(text.includes(part), `${part} in ${text}`);
    }
  });

  it('of one that cannot be reached tells why, and what can be done', () => {
    const cause = 'There is no socket at /run/[x](y).';
    const status = { state: 'disconnected', kind: 'absent', cause, retryAt: now } as const;
    const text = ofHost({ host: { ...host, node: undefined, status } });
    assert.ok(shown(text).includes(cause));
    assert.match(shown(text), /\[Connect\] · \[What Can I Do\?\] · \[Show Log\]/);
  });

  it('of an entry that cannot be used tells what is wrong with it', () => {
    const bad = { name: 'lab', order: 1, problem: '"uri" is missing.' };
    const text = shown(ofHost({ entry: bad, host: undefined }));
    assert.match(text, /cannot be used: "uri" is missing\./);
    assert.match(text, /\[Open in Settings\]/);
  });
});
