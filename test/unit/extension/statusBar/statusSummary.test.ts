import assert from 'node:assert/strict';
import { readHostSettings } from '../../../../src/extension/hosts/hostSettings.ts';
import {
  statusSummary,
  type StatusSummary,
} from '../../../../src/extension/statusBar/statusSummary.ts';
import type { Domain } from '../../../../src/model/domain.ts';
import type { Host, HostStatus } from '../../../../src/model/host.ts';
import { aDomain, aRunningDomain } from '../../inventory/aDomain.ts';
import { plainL10n } from '../plainL10n.ts';

type Known = readonly [status: HostStatus, ...domains: Domain[]];

function host(name: string, [status, ...domains]: Known): Host {
  return {
    name,
    uri: 'qemu:///system',
    status,
    node: undefined,
    domains: new Map(domains.map((domain, index) => [String(index), domain])),
    networks: new Map(),
    pools: new Map(),
    devicesRevision: 0,
    secretsRevision: 0,
    readAt: 1,
    problems: [],
    revision: 1,
  };
}

/** Hosts by name; undefined is one whose entry cannot be used. */
function summarize(hosts: Readonly<Record<string, Known | undefined>>): StatusSummary | undefined {
  const entries = readHostSettings(
    Object.fromEntries(
      Object.entries(hosts).map(([name, known]) => [name, { uri: known ? 'qemu:///system' : '' }]),
    ),
  );
  return statusSummary(
    entries,
    (name) => {
      const known = hosts[name];
      return known && host(name, known);
    },
    plainL10n,
  );
}

const connected: HostStatus = { state: 'connected' };
const away: HostStatus = { state: 'disconnected', kind: 'closed', cause: 'x', retryAt: 1 };

describe('the status bar', () => {
  it('is not there without hosts', () => {
    assert.equal(summarize({}), undefined);
  });

  it('counts what runs of all that can be asked', () => {
    assert.deepEqual(
      summarize({
        a: [connected, aRunningDomain(), aDomain()],
        b: [{ state: 'readOnly' }, aRunningDomain({ state: 'paused' })],
        off: [{ state: 'idle' }, aRunningDomain()],
      }),
      {
        icon: 'vm',
        text: '1/3',
        severity: 'none',
        spoken: 'VM Deck: 1 of 3 VMs running',
      },
    );
  });

  it('says nothing of VMs while no host can be asked', () => {
    assert.deepEqual(summarize({ a: [{ state: 'connecting' }, aRunningDomain()] }), {
      icon: 'vm-outline',
      text: '–',
      severity: 'none',
      spoken: 'VM Deck: no host connected',
    });
  });

  it('warns of what may need a look, by shape and by word', () => {
    const crashed = summarize({
      a: [connected, aDomain({ state: 'crashed' }), aRunningDomain({ notAnsweringSince: 1 })],
    });
    assert.deepEqual(
      [crashed?.icon, crashed?.text, crashed?.severity],
      ['warning', '1/2', 'warning'],
    );
    assert.equal(
      crashed?.spoken,
      'VM Deck: 1 of 2 VMs running, crashed VMs: 1, VMs not answering: 1',
    );
    const gone = summarize({ a: [away, aRunningDomain()], b: [connected] });
    assert.deepEqual([gone?.text, gone?.severity], ['0/0', 'warning']);
    assert.match(gone!.spoken, /hosts not reached: 1/);
  });

  it('is an error where only a person can help', () => {
    const refused: HostStatus = { state: 'needsAttention', kind: 'permission', cause: 'x' };
    assert.equal(summarize({ a: [refused], b: [away] })?.severity, 'error');
    const broken = summarize({ a: undefined, b: [connected, aRunningDomain()] });
    assert.deepEqual([broken?.icon, broken?.text, broken?.severity], ['error', '1/1', 'error']);
    assert.match(broken!.spoken, /hosts that need attention: 1/);
  });
});
