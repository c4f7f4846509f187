import assert from 'node:assert/strict';
import {
  addHost,
  brokenScope,
  changeHost,
  hostFields,
  hostNames,
  moveHost,
  removeHosts,
  restoreHosts,
  scopeOf,
  type HostsByScope,
} from '../../../../src/extension/hosts/hostScopes.ts';

const bad = { uri: 7, owner: 'me' };
const scopes: HostsByScope = {
  user: { lab: { uri: 'qemu:///system', note: 'kept' }, broken: bad, text: 'no object' },
  workspace: { team: { uri: 'test:///default', order: 2 } },
};

describe('editing the hosts of the settings', () => {
  it('adds a host to the user, after all others, and keeps what is there as it is', () => {
    const added = addHost(scopes, 'new', { uri: 'xen:///system', readOnly: true });
    assert.deepEqual(added.user, {
      ...(scopes.user as object),
      new: { uri: 'xen:///system', readOnly: true, order: 3 },
    });
    assert.equal(added.workspace, scopes.workspace, 'nothing is written there');
  });

  it('gives the first host no number', () => {
    assert.deepEqual(addHost({ user: undefined, workspace: undefined }, 'a', { uri: 'u' }), {
      user: { a: { uri: 'u' } },
      workspace: undefined,
    });
  });

  it('changes a host where it is defined, in its place, with what else it says', () => {
    const changed = changeHost(scopes, 'lab', { name: 'lab-2', uri: 'qemu:///session' });
    assert.deepEqual(Object.entries(changed.user as object)[0], [
      'lab-2',
      { uri: 'qemu:///session', note: 'kept' },
    ]);
    assert.equal(changed.workspace, scopes.workspace);
    const inWorkspace = changeHost(scopes, 'team', { readOnly: true });
    assert.equal(inWorkspace.user, scopes.user);
    assert.deepEqual(inWorkspace.workspace, {
      team: { uri: 'test:///default', order: 2, readOnly: true },
    });
  });

  it('a host of both scopes is edited in the workspace, and renamed in both', () => {
    const both = { user: { lab: { uri: 'a' } }, workspace: { lab: { order: 1 } } };
    assert.equal(scopeOf(both, 'lab'), 'workspace');
    assert.deepEqual(hostFields(both, 'lab'), { uri: 'a', readOnly: false });
    assert.deepEqual(changeHost(both, 'lab', { name: 'x', uri: 'b' }), {
      user: { x: { uri: 'a' } },
      workspace: { x: { order: 1, uri: 'b' } },
    });
  });

  it('drops of the edited entry only values that nobody could use', () => {
    const changed = changeHost(
      { user: { lab: { uri: 7, order: 'x', owner: 'me' } }, workspace: undefined },
      'lab',
      { uri: 'qemu:///system' },
    );
    assert.deepEqual(changed.user, { lab: { uri: 'qemu:///system', owner: 'me' } });
    assert.deepEqual(
      (changeHost(scopes, 'text', { uri: 'a' }).user as Record<string, unknown>)['text'],
      { uri: 'a' },
    );
  });

  it('removes hosts from every scope, and brings them back', () => {
    const names = new Set(['broken', 'team']);
    const removed = removeHosts(scopes, names);
    assert.deepEqual([...hostNames(removed)], ['lab', 'text']);
    const restored = restoreHosts(removed, scopes, names);
    assert.deepEqual(
      [hostNames(restored).size, (restored.user as { broken: unknown }).broken],
      [4, bad],
    );
    assert.deepEqual(restored.workspace, scopes.workspace);
  });

  it('does not bring back a host whose name has been given away', () => {
    const removed = removeHosts(scopes, new Set(['lab']));
    const replaced = addHost(removed, 'lab', { uri: 'xen:///system' });
    assert.equal(restoreHosts(replaced, scopes, new Set(['lab'])), replaced);
  });

  it('moves a host over all scopes, and numbers all from 1', () => {
    const three = {
      user: { a: { uri: 'a' }, c: { uri: 'c' }, odd: 'kept' },
      workspace: { b: { uri: 'b', order: 9 } },
    };
    // As shown: b has a number, a and c follow by name
    assert.deepEqual(moveHost(three, 'c', -1), {
      user: { a: { uri: 'a', order: 3 }, c: { uri: 'c', order: 2 }, odd: 'kept' },
      workspace: { b: { uri: 'b', order: 1 } },
    });
    assert.equal(moveHost(three, 'b', -1), three, 'it is the first');
    assert.equal(moveHost(three, 'c', 1), three, 'it is the last that can be moved');
    assert.equal(moveHost(three, 'nobody', 1), three);
  });

  it('finds a setting into which nothing can be put', () => {
    assert.equal(brokenScope(scopes), undefined);
    assert.equal(brokenScope({ user: ['a'], workspace: {} }), 'user');
    assert.equal(brokenScope({ user: {}, workspace: 'text' }), 'workspace');
    assert.equal(brokenScope({ user: undefined, workspace: null }), undefined);
  });

  it('a name that JavaScript itself uses is a name like any other', () => {
    const added = addHost({ user: undefined, workspace: undefined }, '__proto__', { uri: 'u' });
    assert.deepEqual([...hostNames(added)], ['__proto__']);
    assert.equal(hostFields(added, '__proto__').uri, 'u');
    assert.deepEqual([...hostNames(removeHosts(added, new Set(['__proto__'])))], []);
  });
});
