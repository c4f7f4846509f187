import assert from 'node:assert/strict';
import { tryConnection, type TriedStep } from '../../../../src/extension/hosts/tryConnection.ts';
import { silentLog } from '../../../../src/base/log.ts';
import type { Dialer, DialOptions } from '../../../../src/libvirt/dialer.ts';
import { TransportError } from '../../../../src/libvirt/errors.ts';
import { parseHostUri } from '../../../../src/libvirt/uri.ts';
import { settle } from '../../../fakes/fakeClock.ts';
import { createKnownHost, createServedHost, type ServedHost } from '../../inventory/servedHost.ts';
import { plainL10n } from '../plainL10n.ts';

interface Tried {
  readonly works: boolean;
  readonly worksReadOnly: boolean;
  /** The last of what was told, a line for each step. */
  readonly lines: readonly string[];
}

async function attempt(host: ServedHost, dialer: Dialer = host.daemon.dialer): Promise<Tried> {
  let last: readonly TriedStep[] = [];
  const result = await tryConnection(parseHostUri('qemu:///system'), {
    createDialer: (_, __, ssh) => {
      assert.equal(ssh, 'openssh', 'the client that its entry asks for');
      return dialer;
    },
    ssh: 'openssh',
    clock: host.clock,
    log: silentLog,
    l10n: plainL10n,
    readOnly: false,
    signal: new AbortController().signal,
    onProgress: (steps) => {
      last = steps;
    },
  });
  await settle();
  assert.equal(host.daemon.connections.length, 0, 'nothing is left open');
  return { ...result, lines: last.map((step) => `${step.state} ${step.label}: ${step.detail}`) };
}

describe('trying a connection', () => {
  it('ticks each step with what was found', async () => {
    const { lines, ...result } = await attempt(createKnownHost(3));
    assert.deepEqual(result, { works: true, worksReadOnly: true });
    assert.deepEqual(
      lines.map((line) => line.replace(/:.*/, '')),
      [
        'passed Reach the socket',
        'passed Be let in by libvirt',
        'passed Open the driver',
        'passed Read the VMs',
      ],
    );
    assert.match(lines.at(-1)!, /3 VMs, 3 running/);
  });

  it('tells where it ended and why', async () => {
    const host = createServedHost(1);
    host.daemon.unreachable = new TransportError('absent', 'There is no socket.');
    const { lines, ...result } = await attempt(host);
    assert.deepEqual(result, { works: false, worksReadOnly: false });
    assert.deepEqual(lines, ['failed Reach the socket: There is no socket.']);
    assert.equal(host.daemon.dials.length, 1, 'looking only would not help');
  });

  it('refused for want of rights, it tries to look only', async () => {
    const host = createServedHost(1);
    const refusing = {
      place: host.daemon.dialer.place,
      dial: (options: DialOptions) =>
        options.readOnly
          ? host.daemon.dialer.dial(options)
          : Promise.reject(new TransportError('permission', 'Join the group.')),
    };
    const { lines, ...result } = await attempt(host, refusing);
    assert.deepEqual(result, { works: false, worksReadOnly: true });
    assert.deepEqual(lines, [
      'failed Reach the socket: Join the group.',
      'passed Look only: VMs can be looked at, not acted on',
    ]);
    const mayNothing = createServedHost(1);
    mayNothing.daemon.unreachable = new TransportError('permission', 'Join the group.');
    assert.deepEqual((await attempt(mayNothing)).lines, [
      'failed Reach the socket: Join the group.',
      'failed Look only: Not even looking is allowed',
    ]);
  });
});
