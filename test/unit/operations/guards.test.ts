import assert from 'node:assert/strict';
import { domainStates } from '../../../src/libvirt/constants.ts';
import { isActive } from '../../../src/model/domain.ts';
import {
  guardAction,
  guardHost,
  guardLifecycle,
  guardState,
  lifecycleActions,
  vmActions,
} from '../../../src/operations/guards.ts';
import { aDomain, aRunningDomain } from '../inventory/aDomain.ts';

const connected = { state: 'connected' } as const;

/** In which states each action is possible, for a persistent VM without saved state or autostart. */
const possible: Readonly<Record<(typeof vmActions)[number], readonly string[]>> = {
  start: ['nostate', 'shutoff', 'crashed'],
  shutdown: ['running', 'blocked', 'shutdown'],
  reboot: ['running', 'blocked', 'shutdown'],
  reset: ['running', 'blocked', 'paused', 'shutdown', 'pmsuspended'],
  destroy: ['running', 'blocked', 'paused', 'shutdown', 'pmsuspended'],
  suspend: ['running', 'blocked', 'shutdown', 'pmsuspended'],
  resume: ['paused'],
  wake: ['pmsuspended'],
  managedSave: ['running', 'blocked', 'paused', 'shutdown', 'pmsuspended'],
  managedSaveRemove: [],
  autostartOn: domainStates,
  autostartOff: [],
  rename: ['nostate', 'shutoff', 'crashed'],
  editDescription: domainStates,
  takeScreenshot: ['running', 'blocked', 'paused', 'shutdown', 'pmsuspended'],
  openConsole: ['running', 'blocked', 'paused', 'shutdown', 'pmsuspended'],
  openDefinition: domainStates,
  deleteDefinition: domainStates,
};

describe('what may be done to a VM', () => {
  for (const action of vmActions) {
    it(`${action} in: ${possible[action].join(', ')}`, () => {
      const allowed = domainStates.filter(
        (state) =>
          guardState(action, aDomain({ state, id: isActive(state) ? 3 : -1 })) === undefined,
      );
      assert.deepEqual(allowed, possible[action]);
    });

    it(`${action} not without a connection, not when it is gone`, () => {
      for (const domain of [aDomain(), aRunningDomain()]) {
        for (const status of [
          { state: 'idle' },
          { state: 'connecting' },
          { state: 'disconnected', kind: 'absent', cause: 'x', retryAt: 1 },
          { state: 'needsAttention', kind: 'permission', cause: 'x' },
        ] as const) {
          assert.equal(guardAction(action, domain, status), 'The host is not connected.');
        }
      }
      assert.equal(guardAction(action, undefined, connected), 'The VM does not exist any more.');
    });
  }

  it('looking is all that a read-only connection allows', () => {
    const allowed = vmActions.filter(
      (action) => guardHost(action, { state: 'readOnly' }) === undefined,
    );
    assert.deepEqual(allowed, ['openDefinition']);
    const degraded = { state: 'degraded', cause: 'x', since: 1 } as const;
    assert.ok(vmActions.every((action) => guardHost(action, degraded) === undefined));
    for (const action of lifecycleActions) {
      assert.equal(
        guardLifecycle(action, aDomain(), { state: 'readOnly' }),
        'The host is connected read-only.',
      );
    }
  });

  it('what depends on more than the state', () => {
    const guard = (...args: Parameters<typeof guardAction>): boolean =>
      guardAction(...args) === undefined;
    assert.ok(guard('managedSaveRemove', aDomain({ hasManagedSave: true }), connected));
    assert.ok(guard('autostartOff', aDomain({ autostart: true }), connected));
    assert.ok(!guard('autostartOn', aDomain({ autostart: true }), connected));
    assert.ok(!guard('autostartOn', aRunningDomain({ persistent: false }), connected));
    assert.ok(!guard('managedSave', aRunningDomain({ persistent: false }), connected));
    assert.ok(guard('destroy', aDomain({ state: 'crashed', id: 4 }), connected));
    assert.ok(!guard('rename', aDomain({ state: 'crashed', id: 4 }), connected));
    assert.ok(!guard('rename', aDomain({ persistent: false }), connected));
    assert.ok(!guard('rename', aDomain({ hasManagedSave: true }), connected));
    assert.ok(!guard('deleteDefinition', aRunningDomain({ persistent: false }), connected));
    assert.ok(guard('openConsole', aRunningDomain({ persistent: false }), connected));
  });
});
