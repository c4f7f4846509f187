import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { bundleBenches } from './bundle.ts';
import { decodeBench } from './decodeBench.ts';
import { eventBench } from './eventBench.ts';
import { growthBench } from './growthBench.ts';
import { heapBench } from './heapBench.ts';
import { historyBench } from './historyBench.ts';
import { listBench } from './listBench.ts';
import { describeMachine } from './machine.ts';
import type { BenchResult } from './measure.ts';
import { renderMachine, renderOutcome, renderSummary, toJson, type Outcome } from './report.ts';
import { scaleBench, scales } from './scaleBench.ts';
import { soakBench } from './soakBench.ts';
import { statsBench } from './statsBench.ts';

interface Bench {
  readonly title: string;
  readonly run: () => Promise<BenchResult>;
  /** Only run when it is named. */
  readonly isLong?: true;
  /** Runs from its source: it needs what is not bundled with it. */
  readonly isApart?: true;
}

const benches = {
  list: { title: 'all VMs with their states, against `virsh list --all`', run: listBench },
  stats: { title: 'figures of 10 running QEMU guests, against virsh', run: statsBench },
  events: { title: "from another's action to our picture", run: eventBench },
  heap: { title: 'memory per VM that is not sampled', run: heapBench },
  history: { title: 'memory per VM that is sampled', run: historyBench },
  growth: { title: 'from 100 to 10,000 VMs', run: growthBench },
  decode: { title: 'a large statistics reply', run: decodeBench },
  scale: {
    title: '1,000 VMs of a host, with the tree drawn',
    run: () => scaleBench(scales.thousand),
    isLong: true,
  },
  scaleLarge: {
    title: '10,000 VMs of a host, with the tree drawn',
    run: () => scaleBench(scales.tenThousand),
    isLong: true,
  },
  scaleHosts: {
    title: '50 hosts of 200 VMs, with the tree drawn',
    run: () => scaleBench(scales.fiftyHosts),
    isLong: true,
  },
  scaleEditor: {
    title: '1,000 and 10,000 VMs in the editor, with the Hosts view open',
    run: async () => (await import('./editorScaleBench.ts')).editorScaleBench(),
    isLong: true,
    isApart: true,
  },
  dashboard: {
    title: 'the dashboard in a plain browser',
    run: async () => (await import('./dashboardBench.ts')).dashboardBench(),
    isLong: true,
    isApart: true,
  },
  dashboardEditor: {
    title: 'the dashboard in the editor, with 1,000 VMs',
    run: async () => (await import('./editorDashboardBench.ts')).editorDashboardBench(),
    isLong: true,
    isApart: true,
  },
  ssh: {
    title: 'hosts over SSH, against virsh and scp',
    run: async () => (await import('./sshBench.ts')).sshBench(),
    isLong: true,
    isApart: true,
  },
  soak: {
    title: '20 minutes of 100 events a second',
    run: soakBench,
    isLong: true,
  },
  workbench: {
    title: "from another's action to the row in the editor",
    run: async () => (await import('./workbenchBench.ts')).workbenchBench(),
    isLong: true,
    isApart: true,
  },
} as const satisfies Readonly<Record<string, Bench>>;

type BenchName = keyof typeof benches;

/** All take three minutes on a quiet machine; what hangs is ended. */
const patienceMs = { one: 150_000, all: 350_000, long: 1_800_000 };
/** Tells the bundle to run one bench and to send what it found to its parent. */
const childFlag = '--child';
/** A folder to put CPU profiles into. */
const profileFolder = process.env['VM_DECK_BENCH_PROFILE'];

const longNames = Object.keys(benches)
  .filter(isBench)
  .filter((name) => benchOf(name).isLong)
  .join(', ');
const usage = `usage: npm run bench [-- [--json FILE] [NAME...]]
Names: ${Object.keys(benches).join(', ')}; without any, all but the long ones: ${longNames}.
`;

function isBench(name: string): name is BenchName {
  return Object.hasOwn(benches, name);
}

function benchOf(name: BenchName): Bench {
  return benches[name];
}

interface Options {
  readonly names: readonly BenchName[];
  readonly json: string | undefined;
}

function parseOptions(words: readonly string[]): Options | undefined {
  const names = [...words];
  const at = names.indexOf('--json');
  const [, json] = at < 0 ? [] : names.splice(at, 2);
  if ((at >= 0 && json === undefined) || !names.every(isBench)) {
    return undefined;
  }
  return {
    names:
      names.length > 0
        ? names
        : Object.keys(benches)
            .filter(isBench)
            .filter((name) => benchOf(name).isLong !== true),
    json,
  };
}

/** Runs the benches one after the other, each in a process of its own: none finds the other's heap. */
async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (!options) {
    process.stderr.write(usage);
    return 2;
  }
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vm-deck-bench-'));
  try {
    const bundle = path.join(folder, 'bench.mjs');
    await bundleBenches(path.join(import.meta.dirname, 'main.ts'), bundle);
    const machine = await describeMachine();
    console.log(renderMachine(machine));
    const outcomes: Outcome[] = [];
    const until = performance.now() + patienceMs.all;
    for (const name of options.names) {
      const leftMs = Math.max(1_000, Math.round(until - performance.now()));
      const outcome = await runApart(
        bundle,
        name,
        benchOf(name).isLong === true ? patienceMs.long : Math.min(patienceMs.one, leftMs),
      );
      outcomes.push(outcome);
      console.log(renderOutcome(outcome));
    }
    console.log(renderSummary(outcomes));
    if (options.json !== undefined) {
      fs.writeFileSync(options.json, `${toJson(machine, outcomes)}\n`);
    }
    return outcomes.every(({ result }) => result) ? 0 : 1;
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

type Message = { readonly result: BenchResult } | { readonly failure: string };

async function runApart(bundle: string, name: BenchName, timeout: number): Promise<Outcome> {
  const started = performance.now();
  const child = spawn(
    process.execPath,
    [
      '--expose-gc',
      ...(profileFolder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`]),
      ...(benchOf(name).isApart === true
        ? ['--import', 'tsx', path.join(import.meta.dirname, 'main.ts')]
        : [bundle]),
      ...[childFlag, name],
    ],
    { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], timeout },
  );
  let message: Message | undefined;
  child.on('message', (received) => {
    message = received as Message;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  const seconds = (performance.now() - started) / 1_000;
  const told = message ?? {
    failure: `it ended with ${code ?? 'a signal'} after ${seconds.toFixed(0)} s, of ${(timeout / 1_000).toFixed(0)} s it may take`,
  };
  return { name, title: benches[name].title, seconds, ...told };
}

/** What the bundle does: runs one bench. */
async function runHere(name: BenchName): Promise<void> {
  // The rig's hosts end at once if the process ends in order
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      process.exit(1);
    });
  }
  let message: Message;
  try {
    message = { result: await benches[name].run() };
  } catch (error) {
    message = { failure: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  process.send?.(message, () => {
    process.disconnect();
  });
}

const [flag, only] = process.argv.slice(2);
if (flag === childFlag && only !== undefined && isBench(only)) {
  await runHere(only);
} else {
  process.exitCode = await main();
}
