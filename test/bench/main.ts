// npm run bench [-- --json FILE] [-- NAME...]: figures and ratios, measured side by side in one run.
import * as fs from 'node:fs';
import * as os from 'node:os';
import { parseArgs } from 'node:util';
import { benchGrowth, benchList } from './listing.ts';
import { spawnProgram, type Figure, type Report } from './measure.ts';
import { benchEvents, benchHistory, benchStats } from './running.ts';

const benches: Readonly<Record<string, (report: Report) => Promise<void>>> = {
  list: benchList,
  stats: benchStats,
  events: benchEvents,
  history: benchHistory,
  growth: benchGrowth,
};

const { values, positionals } = parseArgs({
  options: { json: { type: 'string' } },
  allowPositionals: true,
});
const unknown = positionals.filter((name) => !(name in benches));
if (unknown.length > 0) {
  const known = Object.keys(benches).join(', ');
  console.error(`No benchmark named ${unknown.join(', ')}; there are: ${known}.`);
  process.exit(2);
}

const version = async (program: string): Promise<string> =>
  (await spawnProgram(program, ['--version'])).stdout.split('\n')[0] ?? '';
const machine = {
  processor: os.cpus()[0]?.model ?? '',
  cores: os.cpus().length,
  node: process.version,
  libvirt: await version('virsh'),
  qemu: await version('qemu-system-x86_64'),
};
console.log(Object.values(machine).join(' · '));

const figures: (Figure & { readonly bench: string })[] = [];
for (const [bench, run] of Object.entries(benches)) {
  if (positionals.length > 0 && !positionals.includes(bench)) {
    continue;
  }
  console.log(`\n${bench}`);
  await run((figure) => {
    const { name, value, unit, goal } = figure;
    figures.push({ bench, ...figure });
    const verdict = goal ? `  (goal ${goal.text}: ${goal.met ? 'met' : 'NOT MET'})` : '';
    console.log(`  ${name}: ${value.toFixed(value >= 100 ? 0 : 2)} ${unit}${verdict}`);
  });
}
if (values.json !== undefined) {
  fs.writeFileSync(values.json, `${JSON.stringify({ machine, figures }, undefined, 2)}\n`);
}
