import assert from 'node:assert/strict';
import type { HostChange } from '../../../src/inventory/changes.ts';
import { HostModel } from '../../../src/inventory/hostModel.ts';
import type { Pool } from '../../../src/model/pool.ts';
import { aDomain, aRunningDomain } from './aDomain.ts';

describe('the picture of a host', () => {
  function create(): { readonly model: HostModel; readonly changes: HostChange[] } {
    const changes: HostChange[] = [];
    return {
      model: new HostModel('lab', 'qemu:///system', (change) => changes.push(change)),
      changes,
    };
  }

  it('reports each change once, and nothing that is the same', () => {
    const { model, changes } = create();
    model.putDomain(aDomain());
    model.putDomain(aDomain());
    model.putDomain(aRunningDomain());
    model.removeDomain(aDomain().uuid);
    model.removeDomain(aDomain().uuid);
    model.setStatus({ state: 'idle' });
    model.setStatus({ state: 'connecting' });
    assert.deepEqual(
      changes.map((change) => change.kind),
      ['domainAdded', 'domainChanged', 'domainRemoved', 'status'],
    );
    assert.deepEqual(changes[1], {
      kind: 'domainChanged',
      domain: aRunningDomain(),
      before: aDomain(),
    });
    assert.equal(model.snapshot.revision, 4);
  });

  it('gives snapshots that stay as they were', () => {
    const { model } = create();
    model.putDomain(aDomain());
    const before = model.snapshot;
    assert.equal(model.snapshot, before, 'unchanged, it is the same object');
    model.putDomain(aRunningDomain());
    assert.equal(before.domains.get(aDomain().uuid)?.state, 'shutoff');
    assert.equal(model.snapshot.domains.get(aDomain().uuid)?.state, 'running');
    assert.ok(Object.isFrozen(before));
  });

  it('replaces lists by difference', () => {
    const { model, changes } = create();
    const network = {
      uuid: 'a',
      name: 'default',
      active: true,
      persistent: true,
      autostart: false,
    };
    model.replaceNetworks([network, { ...network, uuid: 'b', name: 'other' }]);
    model.replaceNetworks([{ ...network, active: false }]);
    model.replaceNetworks([{ ...network, active: false }]);
    assert.deepEqual(
      changes.map((change) => change.kind),
      ['networkAdded', 'networkAdded', 'networkRemoved', 'networkChanged'],
    );
    changes.length = 0;
    const pool: Pool = {
      uuid: 'p',
      name: 'images',
      state: 'running',
      persistent: true,
      autostart: true,
      capacityBytes: 10,
      allocationBytes: 1,
      availableBytes: 9,
    };
    model.replacePools([pool]);
    model.replacePools([{ ...pool, allocationBytes: 2 }]);
    model.replacePools([]);
    assert.deepEqual(
      changes.map((change) => change.kind),
      ['poolAdded', 'poolChanged', 'poolRemoved'],
    );
  });
});
