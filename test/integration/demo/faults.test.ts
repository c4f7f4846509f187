import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { DemoProcess } from '../../tools/demo/demoProcess.ts';
import { mustRun, runCommand } from '../../tools/rig/command.ts';

const exporter = ['--import', 'tsx', 'src/metrics/exporterMain.ts'];

/** Our own terminal program, following a host. */
class Watch {
  readonly #child: ChildProcess;
  #output = '';

  constructor(uri: string) {
    this.#child = spawn(process.execPath, [...exporter, '--uri', uri, '--watch'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#child.stdout?.on('data', (chunk: Buffer) => (this.#output += chunk.toString('utf8')));
  }

  /** Resolves once so many of the lines are like this. */
  async says(pattern: RegExp, count = 1): Promise<void> {
    const lines = (): number =>
      this.#output.split('\n').filter((line) => pattern.test(line)).length;
    const end = performance.now() + 40_000;
    while (lines() < count) {
      assert.ok(performance.now() < end, `${String(pattern)} is not in:\n${this.#output}`);
      await delay(50);
    }
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGINT');
    await once(this.#child, 'close');
  }
}

interface Reported {
  readonly name: string;
  readonly state: string;
  readonly notAnsweringSince: number | null;
  readonly sample: object | null;
}

describe('what goes wrong on demand, as real clients see it', function () {
  this.timeout(120_000);
  let demo: DemoProcess | undefined;
  let watch: Watch | undefined;

  afterEach(async () => {
    await watch?.stop();
    await demo?.stop();
    watch = undefined;
    demo = undefined;
  });

  async function start(...args: readonly string[]): Promise<DemoProcess> {
    demo = await DemoProcess.start({ args });
    return demo;
  }

  const virsh = (...args: readonly string[]) =>
    runCommand(['virsh', '--quiet', '--connect', demo?.uri ?? '', ...args]);
  const mustVirsh = async (...args: readonly string[]): Promise<string> =>
    (await mustRun(['virsh', '--quiet', '--connect', demo?.uri ?? '', ...args])).trim();

  it('a stuck VM: who asks it waits, others are answered, and forcing it off ends it', async () => {
    const { uri } = await start('--stuck', 'web-01');
    let isAnswered = false;
    const asking = virsh('domstats', '--balloon', 'web-01').finally(() => (isAnswered = true));
    const told = await mustRun(
      [process.execPath, ...exporter].concat('--uri', uri, '--once', '--format', 'json'),
    );
    const { domains } = (JSON.parse(told) as { hosts: [{ domains: readonly Reported[] }] })
      .hosts[0];
    const silent = domains.filter(({ notAnsweringSince }) => notAnsweringSince !== null);
    assert.deepEqual(
      silent.map(({ name, state }) => [name, state]),
      [['web-01', 'running']],
    );
    const sampled = domains.filter(({ sample }) => sample !== null);
    assert.ok(sampled.length > 10, told);
    assert.equal(isAnswered, false);
    assert.match(await mustVirsh('domcontrol', 'web-01'), /^occupied/);
    await mustVirsh('destroy', 'web-01');
    await asking;
    assert.equal(await mustVirsh('domstate', 'web-01', '--reason'), 'shut off (destroyed)');
  });

  it('a VM that is stuck for a while: the call that waited is answered', async () => {
    await start('--stuck', 'web-01@0-4');
    const stats = mustVirsh('domstats', '--balloon', 'web-01');
    assert.match(await mustVirsh('domstate', 'web-01'), /running/);
    assert.match(await stats, /balloon\.current=\d+/);
    assert.match(await mustVirsh('domcontrol', 'web-01'), /^ok/);
  });

  it('a crash, told as an event', async () => {
    const { uri } = await start('--crash', 'web-01@5');
    watch = new Watch(uri);
    await watch.says(/host connected/);
    // As with a QEMU that dies: the event says that it failed, and the daemon afterwards that it crashed
    await watch.says(/web-01: shutoff \(failed\)/);
    assert.equal(await mustVirsh('domstate', 'web-01', '--reason'), 'shut off (crashed)');
  });

  it('a slow call, which holds up no other', async () => {
    await start('--slow', 'domainSuspend=5000');
    let isDone = false;
    const slow = mustVirsh('suspend', 'web-01').finally(() => (isDone = true));
    assert.equal(await mustVirsh('domstate', 'web-01'), 'running');
    await delay(1_000);
    assert.equal(isDone, false);
    await slow;
    assert.equal(await mustVirsh('domstate', 'web-01'), 'paused');
  });

  it('connections that are dropped, again and again', async () => {
    const { uri } = await start('--drop-every', '3');
    watch = new Watch(uri);
    await watch.says(/host disconnected/, 2);
    await watch.says(/host connected/, 3);
    const events = await virsh('event', '--all', '--loop', '--timeout', '20');
    assert.match(
      `${events.stdout}${events.stderr}`,
      /Disconnected from|client socket is closed|end of file/i,
    );
  });

  it('a refused action, which changes nothing', async () => {
    await start('--refuse', 'domainCreate', '--refuse', 'domainDestroy');
    const [off] = (await mustVirsh('list', '--inactive', '--name')).split('\n');
    for (const [action, name, state] of [
      ['start', off ?? '', 'shut off'],
      ['destroy', 'web-01', 'running'],
    ] as const) {
      const result = await virsh(action, name);
      assert.match(result.stderr, /operation failed: refused on demand/);
      assert.equal(await mustVirsh('domstate', name), state);
    }
  });

  it('a guest that ignores its power button', async () => {
    const { uri } = await start('--ignore-shutdown', 'web-01');
    watch = new Watch(uri);
    await watch.says(/host connected/);
    await mustVirsh('shutdown', 'web-01');
    // The others take up to 6 s
    await mustVirsh('shutdown', 'web-02');
    await watch.says(/web-02: shutoff/);
    await delay(5_000);
    assert.equal(await mustVirsh('domstate', 'web-01'), 'running');
  });

  it('what there is not, said at once', async () => {
    for (const [args, said] of [
      [['--stuck', 'nobody'], /no VM "nobody"/],
      [['--refuse', 'domainJump'], /no procedure "domainJump"/],
    ] as const) {
      await assert.rejects(start(...args), said);
    }
  });
});
