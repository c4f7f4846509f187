import type { DetailChartData, DetailSpan } from '../../../contract/detail.ts';
import type { DeviceHistory } from '../../../inventory/deviceHistory.ts';
import type { History } from '../../../inventory/history.ts';
import type { Sampler } from '../../../inventory/sampler.ts';
import type { DeviceSample, Figure } from '../../../model/sample.ts';
import { detailRows } from './detailRows.ts';

/** A chart before it has any values: where they come from, and how. */
interface Plan extends Pick<DetailChartData, 'id' | 'kind' | 'device' | 'whole'> {
  readonly lines: readonly {
    readonly name: string;
    readonly history: History | undefined;
    /** The place in the history. */
    readonly series: number;
    readonly scale: number;
    /** The latest. */
    readonly value: Figure;
  }[];
}

type Figures = Pick<
  Sampler,
  'domain' | 'domainHistory' | 'deviceHistory' | 'devices' | 'node' | 'nodeHistory'
>;

/** What is to be drawn of a VM; without a UUID, of the host. What nobody tells has no chart. */
export function detailCharts(
  sampler: Figures,
  uuid: string | undefined,
  { span, now }: { readonly span: DetailSpan; readonly now: number },
): readonly DetailChartData[] {
  return plansOf(sampler, uuid)
    .map(({ lines, ...chart }): DetailChartData => {
      // Lines of one chart are recorded together, but one may have come later
      const ofLines = lines.map(({ history }) => (history ? detailRows(history, span, now) : []));
      const longest = ofLines.reduce<(typeof ofLines)[number]>(
        (best, rows) => (rows.length > best.length ? rows : best),
        [],
      );
      return {
        ...chart,
        times: longest.map(({ at }) => at),
        lines: lines.map(({ name, series, scale }, index) => {
          const byTime = new Map(ofLines[index]?.map(({ at, means }) => [at, means]));
          return {
            name,
            values: longest.map(({ at }) => scaled(byTime.get(at)?.[series], scale)),
          };
        }),
      };
    })
    .filter(({ lines }) => lines.some(({ values }) => values.some((value) => value !== null)));
}

/** The latest values of the same charts, by their ids. */
export function detailValues(
  sampler: Figures,
  uuid: string | undefined,
): Readonly<Record<string, readonly (number | null)[]>> {
  return Object.fromEntries(
    plansOf(sampler, uuid).map(({ id, lines }) => [
      id,
      lines.map(({ value, scale }) => scaled(value, scale)),
    ]),
  );
}

function plansOf(sampler: Figures, uuid: string | undefined): readonly Plan[] {
  return uuid === undefined ? plansOfHost(sampler) : plansOfVm(sampler, uuid);
}

const total = { device: '', whole: 100 } as const;

function plansOfHost({ node, nodeHistory: history }: Figures): readonly Plan[] {
  if (!node) {
    return [];
  }
  const cpu = { history, series: 0, scale: 100, value: node.cpuUse };
  const memory = { history, series: 1, scale: 1_024, value: node.memoryUsedKiB };
  return [
    { id: 'cpu', kind: 'cpu', ...total, lines: [{ name: 'total', ...cpu }] },
    {
      ...{ id: 'memory', kind: 'memory', device: '', whole: inBytes(node.memoryTotalKiB) },
      lines: [{ name: 'used', ...memory }],
    },
  ];
}

function plansOfVm(sampler: Figures, uuid: string): readonly Plan[] {
  const sample = sampler.domain(uuid);
  const devices = sampler.devices(uuid);
  if (!sample || !devices) {
    return [];
  }
  const history = sampler.domainHistory(uuid);
  const histories = sampler.deviceHistory(uuid);
  const cpu = {
    ...{ history, series: 0, scale: 100 / Math.max(1, sample.vcpus ?? 1) },
    value: sample.cpuCores,
  };
  const memory = { history, series: 1, scale: 1_024, value: sample.memoryUsedKiB };
  return [
    { id: 'cpu', kind: 'cpu', ...total, lines: [{ name: 'total', ...cpu }] },
    ...plansOfVcpus(devices, histories),
    {
      ...{ id: 'memory', kind: 'memory', device: '', whole: inBytes(sample.memoryKiB) },
      lines: [{ name: 'used', ...memory }],
    },
    ...devices.disks.map((disk): Plan => {
      const ofDisk = { history: histories?.disks.get(disk.name), scale: 1 };
      return {
        ...{ id: `disk ${disk.name}`, kind: 'disk', device: disk.name, whole: null },
        lines: [
          { name: 'read', ...ofDisk, series: 0, value: disk.readBytesPerSecond },
          { name: 'written', ...ofDisk, series: 1, value: disk.writeBytesPerSecond },
        ],
      };
    }),
    ...devices.interfaces.map((nic, index): Plan => {
      const device = nic.name === '' ? `nic ${index}` : nic.name;
      const ofNic = { history: histories?.interfaces.get(device), scale: 1 };
      return {
        ...{ id: `nic ${device}`, kind: 'nic', device, whole: null },
        lines: [
          { name: 'received', ...ofNic, series: 0, value: nic.receiveBytesPerSecond },
          { name: 'sent', ...ofNic, series: 1, value: nic.transmitBytesPerSecond },
        ],
      };
    }),
  ];
}

/** The only one of a VM would be the same graph twice. */
function plansOfVcpus(
  { vcpuCores }: DeviceSample,
  histories: DeviceHistory | undefined,
): readonly Plan[] {
  if (vcpuCores.length < 2) {
    return [];
  }
  return [
    {
      ...{ id: 'vcpus', kind: 'vcpus', ...total },
      lines: vcpuCores.map((value, index) => ({
        ...{ name: String(index), history: histories?.vcpus[index], series: 0, scale: 100, value },
      })),
    },
  ];
}

function inBytes(kib: Figure): number | null {
  return kib === undefined ? null : kib * 1_024;
}

/** To a tenth: what is finer nobody sees, and it is long to send. */
function scaled(value: Figure, scale: number): number | null {
  return value === undefined ? null : Math.round(value * scale * 10) / 10;
}
