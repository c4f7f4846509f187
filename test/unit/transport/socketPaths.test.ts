import assert from 'node:assert/strict';
import { parseHostUri } from '../../../src/libvirt/uri.ts';
import { socketPaths, type SocketEnvironment } from '../../../src/transport/socketPaths.ts';

const person: SocketEnvironment = {
  isRoot: false,
  home: '/home/ann',
  xdgRuntimeDir: '/run/user/1000',
  xdgCacheHome: undefined,
  systemFolder: '/run/libvirt',
};

function paths(uri: string, environment: Partial<SocketEnvironment> = {}): readonly string[] {
  return socketPaths(parseHostUri(uri), { ...person, ...environment }).map(({ socket }) => socket);
}

function readOnlyPaths(uri: string): readonly string[] {
  return socketPaths(parseHostUri(uri), person).map(({ readOnly }) => readOnly);
}

describe('where a daemon keeps its socket', () => {
  it('the system: the modular daemon of the driver, then the one for all', () => {
    assert.deepEqual(paths('qemu:///system'), [
      '/run/libvirt/virtqemud-sock',
      '/run/libvirt/libvirt-sock',
    ]);
    assert.deepEqual(readOnlyPaths('qemu:///system'), [
      '/run/libvirt/virtqemud-sock-ro',
      '/run/libvirt/libvirt-sock-ro',
    ]);
    assert.deepEqual(paths('lxc:///system')[0], '/run/libvirt/virtlxcd-sock');
  });

  it('a mode leaves only one of the two', () => {
    assert.deepEqual(paths('qemu:///system?mode=legacy'), ['/run/libvirt/libvirt-sock']);
    assert.deepEqual(paths('qemu:///system?mode=direct'), ['/run/libvirt/virtqemud-sock']);
    assert.equal(paths('qemu:///system?mode=auto').length, 2);
  });

  it('the test driver has no daemon of its own', () => {
    assert.deepEqual(paths('test:///default'), ['/run/libvirt/libvirt-sock']);
    assert.deepEqual(paths('test:///default?mode=direct'), []);
  });

  it("a user's own: where GLib says, to which an empty variable is none", () => {
    const inRuntime = [
      '/run/user/1000/libvirt/virtqemud-sock',
      '/run/user/1000/libvirt/libvirt-sock',
    ];
    assert.deepEqual(paths('qemu:///session'), inRuntime);
    for (const xdgRuntimeDir of [undefined, '']) {
      const inCache = (xdgCacheHome: string | undefined): string | undefined =>
        paths('qemu:///session', { xdgRuntimeDir, xdgCacheHome })[1];
      assert.equal(inCache('/var/tmp/ann'), '/var/tmp/ann/libvirt/libvirt-sock');
      assert.equal(inCache(undefined), '/home/ann/.cache/libvirt/libvirt-sock');
      assert.equal(inCache(''), '/home/ann/.cache/libvirt/libvirt-sock');
    }
  });

  it('to look at a session, its one socket is used; root has no session', () => {
    assert.deepEqual(readOnlyPaths('qemu:///session'), paths('qemu:///session'));
    assert.deepEqual(paths('qemu:///session', { isRoot: true }), paths('qemu:///system'));
  });

  it('a socket that the URI names is the only one, with its sister to look', () => {
    assert.deepEqual(paths('qemu:///system?socket=/tmp/a%20b'), ['/tmp/a b']);
    assert.deepEqual(readOnlyPaths('qemu:///system?socket=/tmp/sock'), ['/tmp/sock-ro']);
    assert.deepEqual(readOnlyPaths('qemu:///system?socket=/tmp/sock-ro'), ['/tmp/sock-ro']);
    assert.deepEqual(readOnlyPaths('qemu:///session?socket=/tmp/sock'), ['/tmp/sock']);
  });
});
