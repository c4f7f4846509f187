import assert from 'node:assert/strict';
import { CancelledError } from '../../../src/base/errors.ts';
import { silentLog } from '../../../src/base/log.ts';
import type { Connection } from '../../../src/libvirt/connection.ts';
import { errorCode, TransportError } from '../../../src/libvirt/errors.ts';
import { openConnection, type OpenOptions } from '../../../src/libvirt/openConnection.ts';
import * as connect from '../../../src/libvirt/protocol/connect.ts';
import { parseHostUri } from '../../../src/libvirt/uri.ts';
import { failureOf } from '../../fakes/connected.ts';
import { FakeClock, settle } from '../../fakes/fakeClock.ts';
import { FakeDaemon } from '../../fakes/fakeDaemon.ts';
import { Refusal } from '../../fakes/refusal.ts';
import { unanswered } from '../../fakes/servedCall.ts';

describe('opening a connection', () => {
  let daemon: FakeDaemon;
  let clock: FakeClock;

  beforeEach(() => {
    daemon = new FakeDaemon();
    clock = new FakeClock();
  });

  function open(options: Partial<OpenOptions> = {}): Promise<Connection> {
    return openConnection({
      uri: parseHostUri('qemu:///system'),
      dialer: daemon.dialer,
      clock,
      log: silentLog,
      ...options,
    });
  }

  /** How it failed; nothing may be left of the attempt. */
  async function refusal(opening: Promise<Connection>): Promise<TransportError> {
    const error = await failureOf(opening);
    assert.ok(error instanceof TransportError, String(error));
    await settle();
    assert.equal(daemon.connections.length, 0, 'the connection was closed');
    assert.equal(clock.pendingTimers, 0);
    return error;
  }

  it('asks for the driver, to act or to look, and to be watched', async () => {
    const connection = await open();
    assert.deepEqual(
      daemon.calls.map(({ procedure }) => procedure.name),
      ['authList', 'connectOpen', 'connectSupportsFeature'],
    );
    assert.deepEqual(daemon.latest.opened, { name: 'qemu:///system', flags: 0 });
    connection.close();
    (await open({ readOnly: true })).close();
    assert.deepEqual(daemon.latest.opened, { name: 'qemu:///system', flags: 1 });
    assert.deepEqual(
      daemon.dials.map(({ readOnly }) => readOnly),
      [false, true],
    );
  });

  it('polkit lets in who may', async () => {
    daemon.auth = 'polkit';
    const connection = await open();
    assert.ok(daemon.latest.isAuthenticated);
    connection.close();
  });

  it('polkit may ask a person, who needs more than ten seconds', async () => {
    daemon.auth = 'polkit';
    const dialogue = daemon.hold(connect.authPolkit);
    const opening = open();
    await clock.advance(100_000);
    assert.equal(dialogue.waiting, 1);
    dialogue.release();
    (await opening).close();
  });

  it("polkit's refusal is one of authentication, in libvirt's words and with what to do", async () => {
    daemon.auth = 'polkitRefused';
    const { kind, message, cause } = await refusal(open());
    assert.equal(kind, 'authentication');
    assert.match(
      message,
      /the fake daemon: authentication failed: access denied by policy\. Add your user to the group libvirt/,
    );
    assert.equal((cause as { code?: unknown }).code, errorCode.authFailed);
    assert.equal(daemon.callsOf(connect.connectOpen).length, 0);
  });

  it('SASL is not supported, and nothing is tried', async () => {
    daemon.auth = 'sasl';
    const { kind, message } = await refusal(open());
    assert.equal(kind, 'authentication');
    assert.match(message, /wants SASL authentication, which is not supported/);
    assert.deepEqual(
      daemon.calls.map(({ procedure }) => procedure.name),
      ['authList'],
    );
  });

  it('a daemon without the driver says so', async () => {
    daemon.handle(connect.connectOpen, () => {
      throw new Refusal(errorCode.noSupport, 'no connection driver available for qemu:///system');
    });
    const { kind, message } = await refusal(open());
    assert.equal(kind, 'driver');
    assert.match(message, /cannot open qemu:\/\/\/system: no connection driver available/);
  });

  it('who speaks another language is no libvirt daemon', async () => {
    daemon.handle(connect.authList, (_args, { connection }) => {
      connection.sendRaw(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n', 'latin1'));
      return unanswered;
    });
    const { kind } = await refusal(open());
    assert.equal(kind, 'notLibvirt');
  });

  it('who hangs up without a word may be full', async () => {
    daemon.handle(connect.authList, (_args, { connection }) => {
      connection.drop();
      return unanswered;
    });
    const { kind, message } = await refusal(open());
    assert.equal(kind, 'closed');
    assert.match(message, /too many clients/);
  });

  it('who does not answer may be hung, at whichever step', async () => {
    for (const step of [connect.authList, connect.connectOpen, connect.connectSupportsFeature]) {
      const hold = daemon.hold(step as typeof connect.connectOpen);
      const opening = failureOf(open());
      await clock.advance(9_999);
      assert.equal(hold.waiting, 1);
      await clock.advance(1);
      const error = await opening;
      assert.ok(error instanceof TransportError && error.kind === 'timeout', step.name);
      hold.release();
      await settle();
      assert.equal(daemon.connections.length, 0);
    }
  });

  it('is cancelled at whichever step', async () => {
    for (const step of [connect.authList, connect.connectOpen]) {
      const hold = daemon.hold(step as typeof connect.connectOpen);
      const giveUp = new AbortController();
      const opening = failureOf(open({ signal: giveUp.signal }));
      await settle();
      assert.equal(hold.waiting, 1);
      giveUp.abort();
      assert.ok((await opening) instanceof CancelledError);
      hold.release();
      await settle();
      assert.equal(daemon.connections.length, 0);
    }
  });
});
