import assert from 'node:assert/strict';
import { domainStates } from '../../../src/libvirt/constants.ts';
import { isActive } from '../../../src/model/domain.ts';
import { guardLifecycle, lifecycleActions } from '../../../src/operations/guards.ts';
import { aDomain, aRunningDomain } from '../inventory/aDomain.ts';

const connected = { state: 'connected' } as const;

/** In which states each action is possible, for a persistent VM without saved state or autostart. */
const possible: Readonly<Record<(typeof lifecycleActions)[number], readonly string[]>> = {
  start: ['nostate', 'shutoff', 'crashed'],
  shutdown: ['running', 'blocked', 'shutdown'],
  reboot: ['running', 'blocked', 'shutdown'],
  reset: ['running', 'blocked', 'paused', 'shutdown', 'pmsuspended'],
  destroy: ['running', 'blocked', 'paused', 'shutdown', 'pmsuspended'],
  suspend: ['running', 'blocked', 'shutdown', 'pmsuspended'],
  resume: ['paused'],
  managedSave: ['running', 'blocked', 'paused', 'shutdown', 'pmsuspended'],
  managedSaveRemove: [],
  autostartOn: domainStates,
  autostartOff: [],
};

describe('what may be done to a VM', () => {
  for (const action of lifecycleActions) {
    it(`${action} in: ${possible[action].join(', ')}`, () => {
      const allowed = domainStates.filter(
        (state) =>
          guardLifecycle(action, aDomain({ state, id: isActive(state) ? 3 : -1 }), connected) ===
          undefined,
      );
      assert.deepEqual(allowed, possible[action]);
    });

    it(`${action} not without a connection, not read-only, not when it is gone`, () => {
      for (const domain of [aDomain(), aRunningDomain()]) {
        for (const status of [
          { state: 'idle' },
          { state: 'connecting' },
          { state: 'readOnly' },
          { state: 'disconnected', kind: 'absent', cause: 'x', retryAt: 1 },
          { state: 'needsAttention', kind: 'permission', cause: 'x' },
        ] as const) {
          assert.match(guardLifecycle(action, domain, status) ?? '', /^The host is /);
        }
      }
      assert.equal(guardLifecycle(action, undefined, connected), 'The VM does not exist any more.');
    });
  }

  it('what depends on more than the state', () => {
    const guard = (...args: Parameters<typeof guardLifecycle>): boolean =>
      guardLifecycle(...args) === undefined;
    assert.ok(guard('managedSaveRemove', aDomain({ hasManagedSave: true }), connected));
    assert.ok(guard('autostartOff', aDomain({ autostart: true }), connected));
    assert.ok(!guard('autostartOn', aDomain({ autostart: true }), connected));
    assert.ok(!guard('autostartOn', aRunningDomain({ persistent: false }), connected));
    assert.ok(!guard('managedSave', aRunningDomain({ persistent: false }), connected));
    assert.ok(guard('destroy', aDomain({ state: 'crashed', id: 4 }), connected));
  });
});
