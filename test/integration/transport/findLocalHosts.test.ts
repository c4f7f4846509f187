import assert from 'node:assert/strict';
import { systemClock } from '../../../src/base/clock.ts';
import { silentLog } from '../../../src/base/log.ts';
import { testConnection } from '../../../src/inventory/connectionTest.ts';
import { findLocalHosts } from '../../../src/transport/findLocalHosts.ts';
import { createUnixDialer } from '../../../src/transport/unixDialer.ts';
import { startRigHost, type RigHost } from '../../tools/rig/rigHost.ts';

const nobody = 65_534;

describe('finding and trying a real daemon', function () {
  this.timeout(60_000);
  let host: RigHost;

  before(async () => {
    host = await startRigHost({ name: 'found' });
    await host.defineGuest({ name: 'web-01' });
  });

  after(async () => {
    await host.stop();
  });

  const find = (isRoot: boolean) =>
    findLocalHosts({
      clock: systemClock,
      log: silentLog,
      environment: {
        isRoot,
        home: host.folder,
        xdgRuntimeDir: `${host.folder}/nothing`,
        xdgCacheHome: undefined,
        systemFolder: `${host.folder}/run`,
        programFolders: ['/usr/sbin'],
      },
    });
  const tryOut = (uri: string) =>
    testConnection(uri, {
      createDialer: (parsed) => createUnixDialer(parsed, systemClock),
      clock: systemClock,
      log: silentLog,
    });

  /** Runs as somebody who is in no group of libvirt's. */
  async function asNobody<T>(action: () => Promise<T>): Promise<T> {
    process.seteuid!(nobody);
    try {
      return await action();
    } finally {
      process.seteuid!(0);
    }
  }

  it('root finds it and may act', async () => {
    const found = await find(true);
    assert.deepEqual(
      found.map(({ uri, access, asksPolkit }) => [uri, access, asksPolkit]),
      [['qemu:///system', 'readWrite', false]],
    );
    const { isOk, steps } = await tryOut(host.uri);
    assert.ok(isOk, JSON.stringify(steps));
    const list = steps.at(-1);
    assert.ok(list?.status === 'ok');
    assert.match(
      list.detail,
      /^found: 1 VM, 0 running; libvirt \d+\.\d+\.\d+, QEMU \d+\.\d+\.\d+$/,
    );
  });

  it('one outside the group finds that they may look, and what to do to act', async () => {
    const [found] = await asNobody(() => find(false));
    assert.equal(found?.access, 'readOnly');
    assert.match(found.reason ?? '', /usermod -aG libvirt/);
    const { isOk, steps, readOnlyWorks } = await asNobody(() => tryOut(host.uri));
    assert.equal(isOk, false);
    assert.equal(readOnlyWorks, true);
    const socket = steps[1];
    assert.ok(socket?.status === 'failed' && socket.kind === 'permission');
  });

  it('a driver that the daemon lacks, and a socket that is not there', async () => {
    const driver = (await tryOut(host.uri.replace('qemu', 'xen'))).steps[3];
    assert.ok(driver?.status === 'failed' && driver.kind === 'driver');
    const absent = (await tryOut('qemu:///system?socket=/run/not/there')).steps[1];
    assert.ok(absent?.status === 'failed' && absent.kind === 'absent');
  });
});
