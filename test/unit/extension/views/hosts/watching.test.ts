import assert from 'node:assert/strict';
import { watching } from '../../../../../src/extension/views/hosts/watching.ts';
import { statsGroup } from '../../../../../src/libvirt/constants.ts';

describe('how closely hosts are watched for the Hosts view', () => {
  const open = { isVisible: true, isFocused: true, showsAllFigures: false };

  it('every 2 s in the window that is worked in, every 30 s in any other', () => {
    assert.equal(watching(open)?.intervalMs, 2_000);
    assert.equal(watching({ ...open, isFocused: false })?.intervalMs, 30_000);
  });

  it('not at all while the view is closed', () => {
    assert.equal(watching({ ...open, isVisible: false }), undefined);
  });

  it('disks only where a filter asks for them', () => {
    const has = (showsAllFigures: boolean): boolean =>
      ((watching({ ...open, showsAllFigures })?.groups ?? 0) & statsGroup.block) !== 0;
    assert.equal(has(false), false);
    assert.equal(has(true), true);
  });
});
