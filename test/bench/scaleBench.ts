import { setTimeout as delay } from 'node:timers/promises';
import { DemoProcess } from '../tools/demo/demoProcess.ts';
import { mustRun } from '../tools/rig/command.ts';
import { DrawnTree } from './drawnTree.ts';
import { fillHistories } from './fillHistories.ts';
import {
  heldBytes,
  medianFigure,
  p99Figure,
  plainFigure,
  type BenchResult,
  type Figure,
} from './measure.ts';
import { watchLoop, type LoopUse } from './watchLoop.ts';

interface Scale {
  readonly hosts: number;
  readonly vms: number;
  readonly connects: number;
  /** How long the view is looked at. */
  readonly watchedMs: number;
}

export const scales = {
  thousand: { hosts: 1, vms: 1_000, connects: 7, watchedMs: 30_000 },
  tenThousand: { hosts: 1, vms: 10_000, connects: 5, watchedMs: 30_000 },
  fiftyHosts: { hosts: 50, vms: 200, connects: 5, watchedMs: 30_000 },
} as const satisfies Readonly<Record<string, Scale>>;
const goals = { blockMs: 20, memoryMiB: 150, cpuPercent: 3 };
const tickMs = 2_000;
/** Until the connections of one run are through, which the next is not to be blamed for. */
const endedMs = 500;
const mebi = 1_048_576;

/** What many VMs cost us, from simulated hosts in processes of their own. */
export async function scaleBench(scale: Scale): Promise<BenchResult> {
  await mustRun([process.execPath, 'esbuild.mjs']);
  // Compiles it; figures are drawn every 5 s at most
  await measureScale({ hosts: 1, vms: 50, connects: 2, watchedMs: 12_000 });
  return {
    figures: await measureScale(scale),
    notes: [
      'The tree is the real model, asked for all its rows as the editor asks.',
      'A block is ours less the time that no core was free for us: the simulated hosts work on the same machine.',
      'CPU is user and system time of this process alone, over seconds of looking at the view.',
    ],
  };
}

async function measureScale(scale: Scale): Promise<readonly Figure[]> {
  const demos: DemoProcess[] = [];
  try {
    for (let host = 0; host < scale.hosts; host++) {
      demos.push(
        await DemoProcess.start({
          vms: scale.vms,
          seed: host + 1,
          program: ['dist/demo.cjs'],
          niceness: 19,
        }),
      );
    }
    return await measureTree(scale, demos);
  } finally {
    await Promise.all(demos.map((demo) => demo.stop()));
  }
}

async function measureTree(
  scale: Scale,
  demos: readonly DemoProcess[],
): Promise<readonly Figure[]> {
  const uris = demos.map(({ uri }) => uri);
  const connects: LoopUse[] = [];
  for (let run = 1; run < scale.connects; run++) {
    const tree = new DrawnTree(uris);
    connects.push(await watchLoop(() => tree.connect()));
    tree.dispose();
    await delay(endedMs);
  }
  const before = await heldBytes();
  const tree = new DrawnTree(uris);
  try {
    connects.push(await watchLoop(() => tree.connect()));
    const rows = await tree.drawAll();
    const wanted = scale.hosts * (scale.vms + 1);
    if (rows !== wanted) {
      throw new Error(`the tree has ${rows} rows where there should be ${wanted}`);
    }
    const withoutFigures = (await heldBytes()) - before;
    const watched = await watch(tree, demos, scale.watchedMs);
    fillHistories(tree.sessions);
    const withHistory = (await heldBytes()) - before;
    return figuresOf(scale, { connects, watched, withoutFigures, withHistory });
  } finally {
    tree.dispose();
  }
}

interface Watched {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly demoPercent: number;
  readonly longestBlockMs: number;
  readonly longestOwnBlockMs: number;
  readonly ticks: number;
  readonly rows: readonly number[];
  readonly nodes: readonly number[];
}

/** Looks at the view as a person does who leaves it open. */
async function watch(
  tree: DrawnTree,
  demos: readonly DemoProcess[],
  watchedMs: number,
): Promise<Watched> {
  const looking = tree.look();
  try {
    await delay(3 * tickMs);
    const demoBefore = await demoSeconds(demos);
    const batchesBefore = tree.batches.length;
    const [session] = tree.sessions;
    let ticks = 0;
    const counting = session?.onDidChange((changes) => {
      ticks += changes.filter(({ kind }) => kind === 'sampled').length;
    });
    const startedAt = performance.now();
    const before = process.cpuUsage();
    await delay(watchedMs);
    const { user, system } = process.cpuUsage(before);
    const seconds = (performance.now() - startedAt) / 1_000;
    counting?.dispose();
    const batches = tree.batches.slice(batchesBefore);
    const demoAfter = await demoSeconds(demos);
    // Only now: to watch the loop wakes it every millisecond, which costs more than all that is watched
    const { longestBlockMs, longestOwnBlockMs } = await watchLoop(() => delay(watchedMs));
    return {
      seconds,
      cpuSeconds: (user + system) / 1e6,
      demoPercent: ((demoAfter - demoBefore) / seconds) * 100,
      longestBlockMs,
      longestOwnBlockMs,
      ticks,
      rows: batches.map(({ rows }) => rows),
      nodes: batches.map(({ nodes }) => nodes),
    };
  } finally {
    looking.dispose();
  }
}

async function demoSeconds(demos: readonly DemoProcess[]): Promise<number> {
  let sum = 0;
  for (const demo of demos) {
    const { userSeconds, systemSeconds } = await demo.use();
    sum += userSeconds + systemSeconds;
  }
  return sum;
}

function figuresOf(
  { hosts, vms }: Scale,
  found: {
    readonly connects: readonly LoopUse[];
    readonly watched: Watched;
    readonly withoutFigures: number;
    readonly withHistory: number;
  },
): readonly Figure[] {
  const count = vms.toLocaleString('en');
  const of = hosts === 1 ? `${count} VMs:` : `${hosts} × ${count} VMs:`;
  const { connects, watched, withoutFigures, withHistory } = found;
  const isSmall = hosts * vms <= 1_000;
  const pick = (key: keyof LoopUse): readonly number[] => connects.map((use) => use[key]);
  const cpuPerTick = (watched.cpuSeconds * 1_000) / watched.ticks / hosts;
  const rows = watched.rows.reduce((sum, each) => sum + each, 0);
  return [
    medianFigure(`${of} connect to first tree`, pick('elapsedMs'), 'ms'),
    medianFigure(`${of} our work until then`, pick('busyMs'), 'ms'),
    medianFigure(`${of} longest block until then`, pick('longestBlockMs'), 'ms'),
    medianFigure(`${of} … that is ours`, pick('longestOwnBlockMs'), 'ms', {
      atMost: goals.blockMs,
    }),
    plainFigure(`${of} longest block while looking`, watched.longestBlockMs, 'ms'),
    plainFigure(`${of} … that is ours`, watched.longestOwnBlockMs, 'ms', {
      atMost: goals.blockMs,
    }),
    plainFigure(
      `${of} CPU while looking, of a core`,
      (watched.cpuSeconds / watched.seconds) * 100,
      '%',
      isSmall ? { atMost: goals.cpuPercent } : undefined,
    ),
    plainFigure(`${of} the hosts' own CPU`, watched.demoPercent, '%'),
    plainFigure(`${of} CPU per tick of a host`, cpuPerTick, 'ms'),
    plainFigure(`${of} time from tick to tick`, watched.seconds / watched.ticks, 's'),
    plainFigure(`${of} rows drawn per second`, rows / watched.seconds, ''),
    p99Figure(`${of} nodes in a batch`, watched.nodes, ''),
    p99Figure(`${of} rows in a batch`, watched.rows, ''),
    plainFigure(`${of} memory, connected`, withoutFigures / mebi, 'MiB'),
    plainFigure(
      `${of} memory, with a day of history`,
      withHistory / mebi,
      'MiB',
      isSmall ? { atMost: goals.memoryMiB } : undefined,
    ),
  ];
}
