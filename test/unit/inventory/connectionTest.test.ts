import assert from 'node:assert/strict';
import { CancelledError } from '../../../src/base/errors.ts';
import { silentLog } from '../../../src/base/log.ts';
import {
  testConnection,
  type ConnectionStep,
  type ConnectionTestOptions,
  type ConnectionTestResult,
} from '../../../src/inventory/connectionTest.ts';
import { TransportError } from '../../../src/libvirt/errors.ts';
import * as connect from '../../../src/libvirt/protocol/connect.ts';
import { settle } from '../../fakes/fakeClock.ts';
import { errorDomain, Refusal } from '../../fakes/refusal.ts';
import { createKnownHost, type ServedHost } from './servedHost.ts';

const served = (): ServedHost => {
  const host = createKnownHost(3);
  host.served[2]!.state = 5;
  return host;
};

async function tried(
  host: ServedHost,
  text = 'qemu:///system',
  options: Partial<ConnectionTestOptions> = {},
): Promise<ConnectionTestResult & { readonly told: readonly ConnectionStep[] }> {
  const told: ConnectionStep[] = [];
  const testing = testConnection(text, {
    createDialer: () => host.daemon.dialer,
    clock: host.clock,
    log: silentLog,
    onStep: (step) => told.push(step),
    ...options,
  });
  const result = await testing;
  await settle();
  assert.equal(host.daemon.connections.length, 0, 'nothing stays open');
  return { ...result, told };
}

/** The states of all steps. */
const states = ({ steps }: ConnectionTestResult) => steps.map(({ status }) => status).join(' ');

describe('a test of a connection', () => {
  it('goes through all steps, says what it found, and closes what it opened', async () => {
    const host = served();
    const { isOk, steps, told, readOnlyWorks } = await tried(host);
    assert.equal(isOk, true, JSON.stringify(steps));
    assert.equal(readOnlyWorks, undefined);
    assert.deepEqual(
      steps.map((step) => [step.name, step.status === 'ok' ? step.detail : step.status]),
      [
        ['uri', 'qemu, /system'],
        ['socket', 'the fake daemon'],
        ['authenticate', 'none needed'],
        ['open', 'qemu:///system'],
        ['list', 'lab-1: 3 VMs, 2 running; libvirt 9.0.0, QEMU 7.2.22'],
      ],
    );
    assert.deepEqual(
      told.map(({ name, status }) => `${name} ${status}`),
      ['uri', 'socket', 'authenticate', 'open', 'list'].flatMap((name) => [
        `${name} running`,
        `${name} ok`,
      ]),
    );
  });

  it('a URI that is none fails before anything is dialled', async () => {
    const host = served();
    const result = await tried(host, 'nonsense');
    assert.equal(states(result), 'failed waiting waiting waiting waiting');
    assert.deepEqual(host.daemon.dials, []);
  });

  it('nobody there: the way fails, and looking is no way out', async () => {
    const host = served();
    host.daemon.unreachable = new TransportError('absent', 'There is no socket.');
    const result = await tried(host);
    assert.equal(states(result), 'ok failed waiting waiting waiting');
    assert.deepEqual(result.steps[1], {
      ...{ name: 'socket', status: 'failed', kind: 'absent', reason: 'There is no socket.' },
    });
    assert.equal(result.readOnlyWorks, undefined);
  });

  it('not allowed: tells whether looking would be', async () => {
    for (const looking of [true, false]) {
      const host = served();
      const dial = host.daemon.dialer.dial.bind(host.daemon.dialer);
      const dialer = {
        place: 'a socket',
        dial: (options: Parameters<typeof dial>[0]) =>
          options.readOnly && looking
            ? dial(options)
            : Promise.reject(new TransportError('permission', 'Join the group libvirt.')),
      };
      const result = await tried(host, undefined, { createDialer: () => dialer });
      assert.equal(states(result), 'ok failed waiting waiting waiting');
      assert.equal(result.readOnlyWorks, looking);
      assert.equal(result.isOk, false);
    }
  });

  it('polkit: passed, refused, and SASL, which is not known here', async () => {
    const host = served();
    host.daemon.auth = 'polkit';
    const passed = await tried(host);
    assert.equal(passed.isOk, true);
    assert.ok(passed.steps[2]?.status === 'ok' && passed.steps[2].detail === 'polkit');
    for (const auth of ['polkitRefused', 'sasl'] as const) {
      host.daemon.auth = auth;
      const refused = await tried(host);
      assert.equal(states(refused), 'ok ok failed waiting waiting');
      assert.ok(
        refused.steps[2]?.status === 'failed' && refused.steps[2].kind === 'authentication',
      );
      assert.equal(refused.readOnlyWorks, false);
    }
  });

  it('a daemon without the driver, and one that lists nothing', async () => {
    const host = served();
    host.daemon.handle(connect.connectOpen, () => {
      throw new Refusal(38, 'no connection driver available', { domain: errorDomain.rpc });
    });
    const driver = await tried(host);
    assert.equal(states(driver), 'ok ok ok failed waiting');
    assert.ok(driver.steps[3]?.status === 'failed' && driver.steps[3].kind === 'driver');

    const other = served();
    other.daemon.handle(connect.connectListAllDomains, () => {
      throw new Refusal(88, 'access denied', { domain: errorDomain.rpc });
    });
    const list = await tried(other);
    assert.equal(states(list), 'ok ok ok ok failed');
    assert.ok(list.steps[4]?.status === 'failed' && list.steps[4].kind === 'refusedByLibvirt');
  });

  it('a daemon that does not answer fails where it fell silent; who gives up is not kept', async () => {
    const host = served();
    host.daemon.hold(connect.authList);
    const testing = tried(host);
    await host.clock.advance(10_000);
    const silent = await testing;
    assert.equal(states(silent), 'ok ok failed waiting waiting');
    assert.ok(silent.steps[2]?.status === 'failed' && silent.steps[2].kind === 'timeout');

    const giveUp = new AbortController();
    const cancelled = assert.rejects(
      tried(host, undefined, { signal: giveUp.signal }),
      CancelledError,
    );
    await settle();
    giveUp.abort();
    await cancelled;
    await settle();
    assert.equal(host.daemon.connections.length, 0);
    assert.equal(host.clock.pendingTimers, 0);
  });

  it('of a host that is only to be looked at', async () => {
    const host = served();
    const { isOk, steps } = await tried(host, undefined, { readOnly: true });
    assert.ok(isOk);
    assert.ok(steps[3]?.status === 'ok' && steps[3].detail === 'qemu:///system, read-only');
    assert.deepEqual(
      host.daemon.dials.map(({ readOnly }) => readOnly),
      [true],
    );
  });
});
