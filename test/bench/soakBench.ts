import * as fs from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import * as v8 from 'node:v8';
import { Emitter } from '../../src/base/event.ts';
import { Connection } from '../../src/libvirt/connection.ts';
import { DemoProcess } from '../tools/demo/demoProcess.ts';
import { mustRun } from '../tools/rig/command.ts';
import { DrawnTree } from './drawnTree.ts';
import { fillHistories } from './fillHistories.ts';
import {
  heldBytes,
  median,
  medianFigure,
  plainFigure,
  type BenchResult,
  type Figure,
} from './measure.ts';

/** A busy host has an event a second; here are a hundred times as many. */
const eventsPerSecond = 100;
const vms = 200;
const warmUpMs = 90_000;
const soakMs = 20 * 60_000;
const sampleEveryMs = 30_000;
const looksPerSample = 5;
const mebi = 1_048_576;

interface Counts {
  /** Sockets, timers and whatever else keeps the process alive. */
  readonly handles: number;
  readonly files: number;
  readonly connections: number;
  readonly emitters: number;
  readonly promises: number;
  /** A listener that is not taken back is one more, wherever it was added. */
  readonly functions: number;
}

/** What is held at a moment, after the garbage was collected. */
interface Held extends Counts {
  readonly seconds: number;
  readonly memory: number;
}

/**
 * Twenty minutes of a hundred events a second, of a host that stays and one that drops all connections every 40 s, with
 * the tree drawn and everything sampled: what is held must not grow.
 */
export async function soakBench(): Promise<BenchResult> {
  await mustRun([process.execPath, 'esbuild.mjs']);
  const events = ['--events-per-second', String(eventsPerSecond)];
  const program = ['dist/demo.cjs'];
  const demos = [
    await DemoProcess.start({ vms, seed: 1, program, args: events }),
    await DemoProcess.start({ vms, seed: 2, program, args: [...events, '--drop-every', '40'] }),
  ];
  const tree = new DrawnTree(demos.map(({ uri }) => uri));
  try {
    await tree.connect();
    const looking = tree.look();
    await delay(warmUpMs / 2);
    // Else memory grows for a day, as it should
    fillHistories(tree.sessions);
    await delay(warmUpMs / 2);
    let events = 0;
    let drops = 0;
    tree.inventory.onDidChange(({ changes }) => {
      for (const change of changes) {
        events += change.kind === 'domainChanged' ? 1 : 0;
        drops += change.kind === 'status' && change.status.state === 'disconnected' ? 1 : 0;
      }
    });
    const held = await soak();
    looking.dispose();
    return {
      figures: [
        plainFigure('changes of VMs per second', events / (soakMs / 1_000), ''),
        plainFigure('lost connections that came back', drops, ''),
        ...figuresOf(held),
      ],
      notes: [
        'Growth is from the first five minutes to the last five: of memory the medians, of what is counted the least, which what is under way at a moment cannot lower and a leak raises.',
        `Memory of each sample, MiB: ${held.map(({ memory }) => (memory / mebi).toFixed(1)).join(' ')}`,
      ],
    };
  } finally {
    tree.dispose();
    await Promise.all(demos.map((demo) => demo.stop()));
  }
}

async function soak(): Promise<readonly Held[]> {
  const held: Held[] = [];
  const started = performance.now();
  for (let sample = 0; sample <= soakMs / sampleEveryMs; sample++) {
    await delay(Math.max(0, started + sample * sampleEveryMs - performance.now()));
    held.push(await measureHeld((performance.now() - started) / 1_000));
  }
  return held;
}

/** Of several looks the least counts: what is under way at a moment is another each time. */
async function measureHeld(seconds: number): Promise<Held> {
  const memory = await heldBytes();
  const looks: Counts[] = [];
  for (let look = 0; look < looksPerSample; look++) {
    looks.push(count());
    await delay(150);
  }
  const least = (key: keyof Counts): number => Math.min(...looks.map((look) => look[key]));
  return {
    seconds,
    memory,
    handles: least('handles'),
    files: least('files'),
    connections: least('connections'),
    emitters: least('emitters'),
    promises: least('promises'),
    functions: least('functions'),
  };
}

function count(): Counts {
  return {
    handles: process.getActiveResourcesInfo().length,
    files: fs.readdirSync('/proc/self/fd').length,
    connections: countOf(Connection),
    emitters: countOf(Emitter),
    promises: countOf(Promise),
    functions: countOf(Function),
  };
}

function countOf(type: abstract new (...args: never[]) => unknown): number {
  return v8.queryObjects(type, { format: 'count' });
}

function figuresOf(held: readonly Held[]): readonly Figure[] {
  const growth = (
    what: string,
    key: keyof Held,
    unit: string,
    scale: number,
    atMost: (usual: number) => number,
  ): readonly Figure[] => {
    const values = held.map((each) => each[key] / scale);
    const part = Math.max(1, Math.floor(values.length / 4));
    const usual = key === 'memory' ? median : (of: readonly number[]): number => Math.min(...of);
    const grown = usual(values.slice(-part)) - usual(values.slice(0, part));
    const goal = { atMost: atMost(median(values)) };
    return [
      medianFigure(what, values, unit),
      plainFigure(`${what}, growth in 15 minutes`, grown, unit, goal),
    ];
  };
  const tenth = (usual: number): number => Math.ceil(usual / 10);
  return [
    ...growth('memory', 'memory', 'MiB', mebi, () => 1),
    ...growth('handles', 'handles', '', 1, tenth),
    ...growth('open files', 'files', '', 1, () => 0),
    ...growth('connections', 'connections', '', 1, () => 0),
    ...growth('emitters', 'emitters', '', 1, () => 0),
    ...growth('promises', 'promises', '', 1, tenth),
    ...growth('listeners and other functions', 'functions', '', 1, (usual) =>
      Math.ceil(usual / 50),
    ),
  ];
}
