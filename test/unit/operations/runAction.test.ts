import assert from 'node:assert/strict';
import { errorCode } from '../../../src/libvirt/errors.ts';
import { domainReboot, domainRename } from '../../../src/libvirt/protocol/domain.ts';
import { runLifecycle } from '../../../src/operations/lifecycle.ts';
import { guardName, rename } from '../../../src/operations/rename.ts';
import { noSuchDomain, Refusal } from '../../fakes/refusal.ts';
import { turn, uuidOf, type ServedHost } from '../inventory/servedHost.ts';
import { actingHost, optionsOf } from './actingHost.ts';

/** Renames as libvirt does. */
function serveRename(host: ServedHost): void {
  host.daemon.handle(domainRename, ({ dom, newName }) => {
    const index = host.served.findIndex(({ wire }) => wire.name === dom.name);
    const found = host.served[index]!;
    host.served[index] = { ...found, wire: { ...found.wire, name: newName ?? '' } };
    return { retcode: 0 };
  });
}

describe('operations/runAction, seen through renaming', () => {
  it('done: the inventory knows the new name when it returns', async () => {
    const host = await actingHost(2, { off: true });
    serveRename(host);
    assert.deepEqual(await rename(host.session, uuidOf(1), 'web', optionsOf(host)), {
      status: 'done',
    });
    assert.equal(host.session.snapshot.domains.get(uuidOf(1))?.name, 'web');
    host.session.dispose();
  });

  it('refused without asking libvirt: running, taken, unchanged, unknown, no host', async () => {
    const host = await actingHost(2, { off: true });
    const refusal = async (uuid: string, name: string): Promise<string> => {
      const result = await rename(host.session, uuid, name, optionsOf(host));
      assert.ok(result.status === 'refused');
      return result.reason;
    };
    assert.match(await refusal(uuidOf(1), 'vm-2'), /already a VM named "vm-2"/);
    assert.match(await refusal(uuidOf(1), 'vm-1'), /its name already/);
    assert.match(await refusal(uuidOf(1), 'a/b'), /slash/);
    assert.match(await refusal(uuidOf(9), 'web'), /does not exist/);
    host.served[0]!.state = 1;
    await host.session.refresh();
    assert.match(await refusal(uuidOf(1), 'web'), /renames only a VM that is off/);
    host.session.disconnect();
    assert.match(await refusal(uuidOf(2), 'web'), /not connected/);
    assert.equal(host.daemon.callsOf(domainRename).length, 0);
    host.session.dispose();
  });

  it('failed: in the words of libvirt, or that it was deleted meanwhile', async () => {
    const host = await actingHost(1, { off: true });
    host.daemon.handle(domainRename, () => {
      throw new Refusal(errorCode.operationInvalid, 'cannot rename it now');
    });
    const refused = await rename(host.session, uuidOf(1), 'web', optionsOf(host));
    assert.ok(refused.status === 'failed' && refused.reason === 'cannot rename it now');
    host.daemon.handle(domainRename, () => {
      throw noSuchDomain('vm-1');
    });
    const gone = await rename(host.session, uuidOf(1), 'web', optionsOf(host));
    assert.ok(gone.status === 'failed' && gone.reason === 'vm-1 was deleted meanwhile.');
    host.session.dispose();
  });

  it('lost on the way: looks once the host is back, and says what it found', async () => {
    for (const happened of [true, false]) {
      const host = await actingHost(1, { off: true });
      serveRename(host);
      const hold = host.daemon.hold(domainRename);
      const result = rename(host.session, uuidOf(1), 'web', optionsOf(host));
      await turn(host);
      assert.equal(hold.waiting, 1);
      if (happened) {
        host.served[0] = { ...host.served[0]!, wire: { ...host.served[0]!.wire, name: 'web' } };
      }
      host.daemon.stop();
      await turn(host);
      host.daemon.start();
      await host.clock.advance(2_000);
      await turn(host);
      assert.deepEqual(
        await result,
        happened
          ? { status: 'done' }
          : {
              status: 'unknown',
              reason: 'The connection to lab was lost on the way; vm-1 is shutoff now.',
            },
      );
      host.session.dispose();
    }
  });

  it('lost on the way, and the host stays away, or nothing would show it', async () => {
    const host = await actingHost(1, { off: true });
    serveRename(host);
    const hold = host.daemon.hold(domainRename);
    const result = rename(host.session, uuidOf(1), 'web', optionsOf(host));
    await turn(host);
    assert.equal(hold.waiting, 1);
    host.daemon.stop();
    await host.clock.advance(31_000);
    const lost = await result;
    assert.ok(lost.status === 'unknown');
    assert.match(lost.reason, /did not come back in time/);
    host.session.dispose();

    const other = await actingHost(1);
    other.daemon.handle(domainReboot, () => undefined).hold(domainReboot);
    const reboot = runLifecycle(other.session, uuidOf(1), 'reboot', optionsOf(other));
    await turn(other);
    other.daemon.stop();
    const unknown = await reboot;
    assert.ok(unknown.status === 'unknown');
    assert.match(unknown.reason, /nothing shows afterwards/);
    other.session.dispose();
  });

  it('cancelled: libvirt may still do it', async () => {
    const host = await actingHost(1, { off: true });
    serveRename(host);
    host.daemon.hold(domainRename);
    const giveUp = new AbortController();
    const result = rename(host.session, uuidOf(1), 'web', {
      ...optionsOf(host),
      signal: giveUp.signal,
    });
    await turn(host);
    giveUp.abort();
    assert.deepEqual(await result, { status: 'cancelled', mayStillHappen: true });
    host.session.dispose();
  });

  it('a name is checked while it is typed', () => {
    assert.equal(guardName('ein Name mit % # "Zeichen" ü', ['other']), undefined);
    assert.match(guardName('  ', []) ?? '', /needs a name/);
    assert.match(guardName('a\nb', []) ?? '', /line break/);
    assert.match(guardName('a\u0001b', []) ?? '', /control character/);
    assert.match(guardName('web', ['db', 'web']) ?? '', /already/);
  });
});
