import assert from 'node:assert/strict';
import { watching } from '../../../src/extension/watching.ts';
import { statsGroup } from '../../../src/libvirt/constants.ts';

describe('how closely hosts are watched for a view', () => {
  const open = { isVisible: true, isFocused: true, showsAllFigures: false, unfocusedMs: 10_000 };
  const groupsAt = (state: Parameters<typeof watching>[0]): Record<number, number> =>
    Object.fromEntries(watching(state).map(({ intervalMs, groups }) => [intervalMs, groups]));

  it('every 2 s in the window that is worked in, more seldom in any other, vCPUs every 30 s', () => {
    const { vcpu, cpuTotal, balloon } = statsGroup;
    const moving = cpuTotal | balloon;
    assert.deepEqual(groupsAt(open), { 2_000: moving, 30_000: vcpu });
    assert.deepEqual(groupsAt({ ...open, isFocused: false }), { 10_000: moving, 30_000: vcpu });
    assert.ok(watching(open).every(({ isVisible }) => isVisible));
  });

  it('not at all while the view is closed', () => {
    assert.deepEqual(watching({ ...open, isVisible: false }), []);
  });

  it('disks only where a filter asks for them', () => {
    const has = (showsAllFigures: boolean): boolean =>
      ((groupsAt({ ...open, showsAllFigures })[2_000] ?? 0) & statsGroup.block) !== 0;
    assert.equal(has(false), false);
    assert.equal(has(true), true);
  });
});
