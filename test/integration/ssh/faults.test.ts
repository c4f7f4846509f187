import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { systemClock } from '../../../src/base/clock.ts';
import { silentLog } from '../../../src/base/log.ts';
import { HostSession } from '../../../src/inventory/hostSession.ts';
import type { Connection } from '../../../src/libvirt/connection.ts';
import { TransportError } from '../../../src/libvirt/errors.ts';
import { openConnection } from '../../../src/libvirt/openConnection.ts';
import { connectListAllDomains } from '../../../src/libvirt/protocol/connect.ts';
import { domainDefineXmlFlags } from '../../../src/libvirt/protocol/domain.ts';
import { parseHostUri } from '../../../src/libvirt/uri.ts';
import { runLifecycle } from '../../../src/operations/lifecycle.ts';
import { createUnixDialer } from '../../../src/transport/unixDialer.ts';
import { FaultProxy } from '../../tools/rig/faultProxy.ts';
import { startRigHost, type RigHost } from '../../tools/rig/rigHost.ts';
import { makeKey, type SshKey } from '../../tools/rig/ssh/keys.ts';
import { startSshd, type Sshd } from '../../tools/rig/ssh/sshd.ts';
import { domainNamed, until } from '../inventory/rigSession.ts';
import { SshUser } from './sshUser.ts';

/** Long after everything has to have ended, even on a machine with other work. */
const patienceMs = 40_000;
/** Of the daemon: calls beyond are not sent yet. */
const inFlight = 6;

type Client = 'ssh2' | 'openssh';

/** Numbers that look random and are the same in every run. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

async function ends<T>(what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`${what} did not end within ${patienceMs / 1000} s`));
    }, patienceMs);
  });
  return Promise.race([promise, late]).finally(() => {
    clearTimeout(timer);
  });
}

describe('a network that breaks under hosts over SSH', function () {
  this.timeout(180_000);
  let host: RigHost;
  let sshd: Sshd;
  let key: SshKey;
  /** Looks directly, and keeps the test driver's world. */
  let witness: Connection;
  let users = 0;

  before(async () => {
    host = await startRigHost({ name: 'shaky' });
    sshd = await startSshd(host);
    key = await makeKey(path.join(sshd.folder, 'id'));
    sshd.authorize(host.member, key);
    const uri = parseHostUri(host.testUri);
    const dialer = createUnixDialer(uri, systemClock);
    witness = await openConnection({ uri, dialer, clock: systemClock, log: silentLog });
  });

  after(async () => {
    witness.close();
    await host.stop();
  });

  async function makeUser(client: Client): Promise<{
    user: SshUser;
    proxy: FaultProxy;
    uri: string;
    close: () => Promise<void>;
  }> {
    const proxy = await FaultProxy.open(sshd.port);
    const config = `Host *\n  IdentityFile ${key.file}\n  IdentitiesOnly yes\n  HostKeyAlias shaky\n`;
    const folder = path.join(sshd.folder, `shaky-user-${++users}`);
    const user = new SshUser({ folder, config, client });
    fs.appendFileSync(user.knownHosts, sshd.knownHosts('shaky'));
    return {
      user,
      proxy,
      uri: `test+ssh://${host.member.name}@127.0.0.1:${proxy.port}/default`,
      close: async () => {
        user.close();
        await proxy.close();
      },
    };
  }

  async function namesThere(): Promise<ReadonlySet<string>> {
    const args = { needResults: 1, flags: 0 };
    const { domains } = await witness.call(connectListAllDomains, args);
    return new Set(domains.map(({ name }) => name));
  }

  interface Tally {
    readonly done: string[];
    readonly notSent: string[];
    readonly unknown: string[];
    readonly failedOpening: string[];
    /** Calls of any kind that ended with the connection. */
    readonly broken: string[];
  }

  /** Keeps a connection busy until it breaks, and notes how each call ended. */
  async function load(connection: Connection, prefix: string, tally: Tally): Promise<void> {
    const closed = new AbortController();
    connection.onDidClose(() => {
      closed.abort();
    });
    const running = new Set<Promise<void>>();
    for (let number = 0; !closed.signal.aborted; number++) {
      const name = `${prefix}-${number}`;
      const xml = `<domain type='test'><name>${name}</name><memory>1024</memory><os><type>hvm</type></os></domain>`;
      const define = connection.call(domainDefineXmlFlags, { xml, flags: 0 }).then(
        () => void tally.done.push(name),
        (error: unknown) => {
          assert.ok(error instanceof TransportError, String(error));
          tally.broken.push(name);
          (error.outcome === 'notSent' ? tally.notSent : tally.unknown).push(name);
          assert.ok(error.outcome !== undefined);
        },
      );
      const list = connection.call(connectListAllDomains, { needResults: 1, flags: 0 }).then(
        () => undefined,
        (error: unknown) => {
          assert.ok(error instanceof TransportError, String(error));
          tally.broken.push(name);
        },
      );
      const both = ends(`a call on ${prefix}`, Promise.all([define, list])).then(() => {
        running.delete(both);
      });
      running.add(both);
      if (running.size >= inFlight) {
        await Promise.race(running);
      }
    }
    await Promise.all(running);
  }

  for (const [client, workers, cutsEach] of [
    ['ssh2', 4, 40],
    ['openssh', 4, 10],
  ] as const) {
    it(`${client}: ${workers * cutsEach} cuts at any byte: every call ends, and nothing is told done that was not`, async () => {
      const tally: Tally = { done: [], notSent: [], unknown: [], failedOpening: [], broken: [] };
      const work = async (worker: number): Promise<void> => {
        const { user, proxy, uri, close } = await makeUser(client);
        const roll = dice(worker + 1);
        for (let cut = 0; cut < cutsEach; cut++) {
          // From the first bytes of the handshake to a loaded connection, as many of one size as of the other
          const bytes = Math.round(10 ** (2.7 + 3 * roll()));
          proxy.cutAfter(bytes, roll() < 0.5 ? 'reset' : 'end');
          try {
            const { connection } = await ends('opening', user.open(uri));
            await load(connection, `${client}-${worker}-${cut}`, tally);
          } catch (error) {
            assert.ok(error instanceof TransportError, String(error));
            assert.ok(
              ['unreachable', 'closed', 'timeout'].includes(error.kind),
              `after ${bytes} bytes: ${error.kind}: ${error.message}`,
            );
            tally.failedOpening.push(error.kind);
          }
        }
        await close();
      };
      await Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)));
      const there = await namesThere();
      assert.deepEqual(
        tally.done.filter((name) => !there.has(name)),
        [],
        'told done, and not there',
      );
      assert.deepEqual(
        tally.notSent.filter((name) => there.has(name)),
        [],
        'told not sent, and there',
      );
      // Else it tried nothing
      for (const [name, list] of Object.entries(tally)) {
        assert.ok((list as string[]).length > 0, name);
      }
    });

    it(`${client}: a black hole, in the network and of a stopped server, is noticed, and so is its end`, async () => {
      const { user, proxy, uri, close } = await makeUser(client);
      const holes: readonly (readonly [() => void, () => void])[] = [
        [
          () => {
            proxy.stall();
          },
          () => {
            proxy.flow();
          },
        ],
        [
          () => {
            sshd.signal('SIGSTOP');
          },
          () => {
            sshd.signal('SIGCONT');
          },
        ],
      ];
      for (const [at, [stop, goOn]] of holes.entries()) {
        const { connection } = await user.open(uri);
        const tally: Tally = { done: [], notSent: [], unknown: [], failedOpening: [], broken: [] };
        const loaded = load(connection, `${client}-hole-${at}`, tally);
        await eventually(() => tally.done.length > 5);
        const noticed = new Promise<number>((resolve) => {
          connection.onDidClose(() => {
            resolve(performance.now());
          });
        });
        stop();
        const stoppedAt = performance.now();
        try {
          await ends('all calls', loaded);
        } finally {
          goOn();
        }
        const afterMs = (await noticed) - stoppedAt;
        assert.ok(afterMs <= 5_000, `noticed after ${afterMs.toFixed(0)} ms`);
        const there = await namesThere();
        // The calls under way may all have been lists
        assert.ok(tally.broken.length > 0);
        assert.deepEqual(
          tally.done.filter((name) => !there.has(name)),
          [],
        );
        const again = await ends('opening', user.open(uri));
        again.connection.close();
      }
      await close();
    });

    it(`${client}: a session comes back by itself, and says of an action only what it saw`, async () => {
      const { user, proxy, uri, close } = await makeUser(client);
      const session = new HostSession({
        name: 'shaky',
        uri: parseHostUri(uri),
        dialer: user.dialer(uri),
        clock: systemClock,
        log: silentLog,
      });
      session.connect();
      await session.whenReady(AbortSignal.timeout(patienceMs));
      const { uuid } = domainNamed(session, 'test')!;
      const options = { clock: systemClock, log: silentLog };
      for (let round = 0; round < 4; round++) {
        const isOn = session.snapshot.domains.get(uuid)?.state === 'running';
        const action = runLifecycle(session, uuid, isOn ? 'destroy' : 'start', options);
        proxy.cutAll(round % 2 === 0 ? 'reset' : 'end');
        const { status } = await ends('the action', action);
        const state = (await host.virshTest('domstate', 'test')).stdout.trim();
        if (status === 'done') {
          assert.equal(state, isOn ? 'shut off' : 'running');
        } else {
          assert.ok(status === 'unknown' || status === 'failed', status);
        }
        const isConnected = () => session.snapshot.status.state === 'connected';
        await until(session, 'connected', isConnected, patienceMs);
        await until(
          session,
          `as virsh says: ${state}`,
          () =>
            session.snapshot.domains.get(uuid)?.state ===
            (state === 'running' ? 'running' : 'shutoff'),
          patienceMs,
        );
      }
      // Down for a while: it waits, and comes back
      proxy.refuse(true);
      proxy.cutAll();
      await until(
        session,
        'gone',
        () => session.snapshot.status.state === 'disconnected',
        patienceMs,
      );
      const tried = proxy.accepted;
      await eventually(() => proxy.accepted > tried);
      proxy.refuse(false);
      await until(session, 'back', () => session.snapshot.status.state === 'connected', patienceMs);
      session.dispose();
      await close();
    });
  }
});

async function eventually(look: () => boolean): Promise<void> {
  const end = performance.now() + patienceMs;
  while (!look()) {
    assert.ok(performance.now() < end, 'it did not come to that');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
