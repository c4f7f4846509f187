import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { systemClock } from '../../../src/base/clock.ts';
import { HostSession } from '../../../src/inventory/hostSession.ts';
import { TransportError } from '../../../src/libvirt/errors.ts';
import { connectGetHostname } from '../../../src/libvirt/protocol/connect.ts';
import { parseHostUri } from '../../../src/libvirt/uri.ts';
import { FaultProxy } from '../../tools/rig/faultProxy.ts';
import { startRigHost, type RigHost } from '../../tools/rig/rigHost.ts';
import { makeKey } from '../../tools/rig/ssh/keys.ts';
import { startSshd, type Sshd } from '../../tools/rig/ssh/sshd.ts';
import { silentLog } from '../../../src/base/log.ts';
import { until } from '../inventory/rigSession.ts';
import { SshUser } from './sshUser.ts';

describe('a host over SSH that goes away and comes back', function () {
  this.timeout(90_000);
  let host: RigHost;
  let sshd: Sshd;
  let proxy: FaultProxy;
  let user: SshUser;
  let session: HostSession;

  before(async () => {
    host = await startRigHost({ name: 'away' });
    sshd = await startSshd(host);
    const key = await makeKey(path.join(sshd.folder, 'id'));
    sshd.authorize(host.member, key);
    proxy = await FaultProxy.open(sshd.port);
    user = new SshUser({ folder: path.join(sshd.folder, 'user') });
    fs.writeFileSync(user.knownHosts, sshd.knownHosts(`[127.0.0.1]:${proxy.port}`));
    const uri = `qemu+ssh://${host.member.name}@127.0.0.1:${proxy.port}/system?keyfile=${key.file}`;
    session = new HostSession({
      name: 'away',
      uri: parseHostUri(uri),
      dialer: user.dialer(uri),
      clock: systemClock,
      log: silentLog,
    });
    session.connect();
    await session.whenReady(AbortSignal.timeout(20_000));
  });

  after(async () => {
    session.dispose();
    user.close();
    await proxy.close();
    await host.stop();
  });

  const state = (): string => session.snapshot.status.state;

  it('runs all its connections over one of SSH', async () => {
    await session.callSlow(connectGetHostname, undefined);
    assert.equal(sshd.accepted, 1);
    assert.equal(session.route?.way, 'forward');
  });

  it('a network that swallows everything is noticed within five seconds, and its end within ten', async () => {
    const call = session.call(connectGetHostname, undefined).then(
      () => undefined,
      (error: unknown) => error,
    );
    await call;
    proxy.stall();
    const hanging = session.call(connectGetHostname, undefined).then(
      () => undefined,
      (error: unknown) => error,
    );
    const stalledAt = performance.now();
    await until(session, 'the host is seen to be gone', () => state() === 'disconnected');
    const noticedMs = performance.now() - stalledAt;
    const error = await hanging;
    assert.ok(error instanceof TransportError && error.outcome === 'unknown', String(error));
    const { status } = session.snapshot;
    assert.ok(status.state === 'disconnected' && status.kind === 'timeout', JSON.stringify(status));
    assert.match(status.cause, /has not answered for 4 s/);
    assert.ok(noticedMs < 10_000); // five, on a machine that has nothing else to do: see the bench
    proxy.cutAll();
    proxy.flow();
    const backAt = performance.now();
    await session.whenReady(AbortSignal.timeout(30_000));
    assert.ok(performance.now() - backAt < 20_000);
  });

  it('a connection that is reset is made anew', async () => {
    const before = sshd.accepted;
    proxy.cutAll();
    await until(session, 'it is noticed', () => state() !== 'connected');
    await session.whenReady(AbortSignal.timeout(30_000));
    assert.equal(sshd.accepted - before, 1);
  });

  it('a server that is down is tried again without end, and never needs a person', async () => {
    proxy.refuse(true);
    proxy.cutAll();
    for (let attempt = 0; attempt < 2; attempt++) {
      await until(session, 'waiting', () => state() === 'disconnected');
      session.wake();
      await until(session, 'trying', () => state() === 'connecting');
    }
    const { status } = session.snapshot;
    proxy.refuse(false);
    assert.notEqual(status.state, 'needsAttention');
    await session.whenReady(AbortSignal.timeout(30_000));
  });
});
