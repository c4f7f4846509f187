import assert from 'node:assert/strict';
import { applyLifecycleEvent } from '../../../src/inventory/lifecycleEvent.ts';
import { domainLifecycle } from '../../../src/libvirt/constants.ts';
import type { Domain } from '../../../src/model/domain.ts';
import { aDomain, aRunningDomain } from './aDomain.ts';

const now = 1_000_000;

function apply(
  known: Domain | undefined,
  event: keyof typeof domainLifecycle,
  detail = 0,
  fields: { readonly name?: string; readonly id?: number } = {},
): ReturnType<typeof applyLifecycleEvent> {
  return applyLifecycleEvent(
    known,
    {
      uuid: aDomain().uuid,
      name: 'web-01',
      id: 7,
      event: domainLifecycle[event],
      detail,
      ...fields,
    },
    now,
  );
}

function put(...args: Parameters<typeof apply>): Domain {
  const outcome = apply(...args);
  assert.equal(outcome.kind, 'put');
  return (outcome as { readonly domain: Domain }).domain;
}

describe('lifecycle events', () => {
  const states = [
    ['started', 0, 'running', 'booted'],
    ['started', 2, 'running', 'restored'],
    ['suspended', 0, 'paused', 'user'],
    ['suspended', 2, 'paused', 'I/O error'],
    ['resumed', 0, 'running', 'unpaused'],
    ['shutdown', 1, 'shutdown', 'unknown'],
    ['pmsuspended', 0, 'pmsuspended', 'unknown'],
    ['crashed', 0, 'crashed', 'panicked'],
    ['started', 99, 'running', 'unknown'],
  ] as const;
  for (const [event, detail, state, reason] of states) {
    it(`${event}/${detail} makes it ${state} (${reason})`, () => {
      const domain = put(aRunningDomain({ id: 3 }), event, detail);
      assert.deepEqual(
        [domain.state, domain.reason, domain.id, domain.stateSince],
        [state, reason, 7, now],
      );
    });
  }

  it('stopped: a VM with a definition is off, and answers for nothing any more', () => {
    const domain = put(aRunningDomain({ notAnsweringSince: 5 }), 'stopped', 4, { id: -1 });
    assert.deepEqual(domain, aDomain({ reason: 'saved', stateSince: now }));
  });

  it('stopped: a transient VM is gone', () => {
    assert.deepEqual(apply(aRunningDomain({ persistent: false }), 'stopped'), { kind: 'removed' });
  });

  it('stopped: of a VM nobody knew, it cannot be', () => {
    assert.deepEqual(apply(undefined, 'stopped'), { kind: 'contradiction' });
  });

  it('an unknown VM that starts is transient until something else is read', () => {
    const domain = put(undefined, 'resumed');
    assert.deepEqual([domain.state, domain.persistent], ['running', false]);
  });

  it('defined: a new VM appears, off; a known one keeps its state', () => {
    assert.deepEqual(put(undefined, 'defined', 0, { id: -1 }), aDomain({ stateSince: now }));
    const known = aRunningDomain({ persistent: false });
    assert.deepEqual(put(known, 'defined'), { ...known, persistent: true });
  });

  it('undefined: a VM that is off is gone, a running one becomes transient', () => {
    assert.deepEqual(apply(aDomain(), 'undefined'), { kind: 'removed' });
    const domain = put(aRunningDomain({ autostart: true }), 'undefined');
    assert.deepEqual(
      [domain.persistent, domain.autostart, domain.state],
      [false, false, 'running'],
    );
  });

  it('a rename is two events and loses nothing', () => {
    assert.deepEqual(apply(aDomain(), 'undefined', 1), { kind: 'none' });
    const renamed = put(aDomain(), 'defined', 2, { name: 'web-02', id: -1 });
    assert.deepEqual(renamed, aDomain({ name: 'web-02' }));
  });

  it('an event of a kind to come changes nothing', () => {
    const event = { uuid: aDomain().uuid, name: 'web-01', id: 7, event: 77, detail: 0 };
    assert.deepEqual(applyLifecycleEvent(aDomain(), event, now), { kind: 'none' });
  });
});
