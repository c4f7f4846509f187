import assert from 'node:assert/strict';
import net from 'node:net';
import * as vscode from 'vscode';

/** Longer than the slowest of the extension's own rhythms: the watch for a sleep of the machine, every 2 s. */
const watchMs = 3_000;

/** Notes what of a kind is begun by the extension's code while `watching` runs. */
async function beganBy(marker: string, watching: () => Promise<unknown>): Promise<string[]> {
  const began: string[] = [];
  const note = (what: string): void => {
    const callers = new Error(what).stack?.split('\n').slice(3) ?? [];
    // The editor's code, called by the extension, may use timers as it likes: only who asks directly counts
    const asking = what === 'a connection' ? callers : callers.slice(0, 1);
    if (asking.some((caller) => caller.includes(marker))) {
      began.push(what);
    }
  };
  const { setTimeout: timeout, setInterval: interval } = globalThis;
  const sockets = net.Socket.prototype as unknown as Record<
    'connect',
    (...args: unknown[]) => net.Socket
  >;
  const { connect } = sockets;
  globalThis.setTimeout = ((...args: Parameters<typeof timeout>) => {
    note('a timer');
    return timeout(...args);
  }) as typeof timeout;
  globalThis.setInterval = (...args: Parameters<typeof interval>) => {
    note('an interval');
    return interval(...args);
  };
  sockets.connect = function (this: net.Socket, ...args: unknown[]) {
    note('a connection');
    return connect.apply(this, args);
  };
  try {
    await watching();
    await new Promise((resolve) => timeout(resolve, watchMs));
  } finally {
    globalThis.setTimeout = timeout;
    globalThis.setInterval = interval;
    sockets.connect = connect;
  }
  return began;
}

async function setHosts(hosts: object | undefined): Promise<void> {
  await vscode.workspace
    .getConfiguration('vmDeck')
    .update('hosts', hosts, vscode.ConfigurationTarget.Global);
}

describe('activation', function () {
  this.timeout(60_000);
  const extension = vscode.extensions.getExtension('vm-deck.vm-deck')!;

  after(() => setHosts(undefined));

  it('goes on with nothing while no host is configured', async () => {
    assert.deepEqual(vscode.workspace.getConfiguration('vmDeck').get('hosts'), {});
    const wasActive = extension.isActive;
    const start = performance.now();
    const connected = await beganBy('extension.cjs', async () => {
      await extension.activate();
      if (!wasActive) {
        const ms = (performance.now() - start).toFixed(0);
        console.log(`activation with loading took ${ms} ms`);
      }
    });
    assert.ok(!connected.includes('a connection'));
    // What is drawn first was drawn meanwhile
    assert.deepEqual(await beganBy('extension.cjs', () => Promise.resolve()), []);
  });

  it('begins to connect and to watch once there is a host, and nothing more when it is gone', async () => {
    const withHost = await beganBy('extension.cjs', () =>
      setHosts({ lab: { uri: 'qemu:///system?socket=/nobody/listens/here' } }),
    );
    assert.ok(withHost.includes('a connection'), 'the host is tried');
    assert.ok(withHost.includes('a timer'), 'and tried again');
    await setHosts(undefined);
    // What was under way when the setting changed comes to its end
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    assert.deepEqual(await beganBy('extension.cjs', () => Promise.resolve()), []);
  });
});
