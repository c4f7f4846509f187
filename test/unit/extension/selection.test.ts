import assert from 'node:assert/strict';

import { Selection } from '../../../src/extension/selection.ts';

const vm = (uuid: string): object => ({ kind: 'vm', id: `vm:lab/${uuid}`, host: 'lab', uuid });

describe('what a command is about', () => {
  const selection = new Selection({
    selection: [vm('selected')],
  } as unknown as ConstructorParameters<typeof Selection>[0]);
  const uuids = (...args: [clicked?: unknown, selected?: unknown]): readonly string[] =>
    selection.vms(args[0], args[1]).map(({ uuid }) => uuid);

  it('is the selection when it was called on nothing', () => {
    assert.deepEqual(uuids(), ['selected']);
  });

  it('is the clicked row, whatever is selected', () => {
    assert.deepEqual(uuids(vm('clicked'), undefined), ['clicked']);
  });

  it('is all that are selected when the clicked row is among them', () => {
    assert.deepEqual(uuids(vm('a'), [vm('a'), vm('b')]), ['a', 'b']);
  });

  it('leaves out rows that have gone since, and never takes the clicked one alone for all', () => {
    assert.deepEqual(uuids(vm('a'), [vm('a'), null, vm('c')]), ['a', 'c']);
  });
});
