import { formatBytes } from '../../base/units.ts';
import type { Figure } from '../../model/sample.ts';
import type { DomainReport, HostReport } from './report.ts';

/** A host and its VMs as a table for a terminal. */
export function renderText(host: HostReport): string {
  const lines = [`${host.uri}  ${host.status.state}${renderNode(host)}`];
  for (const problem of host.problems) {
    lines.push(`  ! ${problem}`);
  }
  const rows = host.domains.map(renderDomain);
  lines.push(...table([header, ...rows]).map((line) => `  ${line}`));
  if (rows.length === 0) {
    lines.push('  (no VMs)');
  }
  for (const network of host.networks) {
    lines.push(
      `  network ${network.name}  ${network.active ? 'active' : 'inactive'}${network.autostart ? ', autostart' : ''}`,
    );
  }
  for (const pool of host.pools) {
    const use =
      pool.capacityBytes > 0
        ? `  ${formatBytes(pool.allocationBytes)} of ${formatBytes(pool.capacityBytes)}`
        : '';
    lines.push(`  pool ${pool.name}  ${pool.state}${use}`);
  }
  return `${lines.join('\n')}\n`;
}

const header = [
  'ID',
  'NAME',
  'STATE',
  'VCPUS',
  'CPU',
  'MEMORY',
  'GUEST USES',
  'READ/S',
  'WRITE/S',
  'IN/S',
  'OUT/S',
] as const;

function renderNode({ node, sample }: HostReport): string {
  if (!node) {
    return '';
  }
  const hypervisor = [node.hypervisor, node.hypervisorVersion].filter(Boolean).join(' ');
  const cpu = sample?.cpuUse === undefined ? '' : `, ${Math.round(sample.cpuUse * 100)} % busy`;
  const used =
    sample?.memoryUsedKiB === undefined ? '' : `${formatBytes(sample.memoryUsedKiB * 1024)} of `;
  return (
    `  ${node.hostname}: libvirt ${node.libvirtVersion}, ${hypervisor}, ` +
    `${node.cpus} CPUs${cpu}, ${used}${formatBytes((sample?.memoryTotalKiB ?? node.memoryKiB) * 1024)} memory`
  );
}

function renderDomain(domain: DomainReport): readonly string[] {
  const { sample } = domain;
  const marks = [
    domain.reason === 'unknown' ? '' : ` (${domain.reason})`,
    domain.notAnsweringSince === undefined
      ? ''
      : `, not answering since ${new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' }).format(domain.notAnsweringSince)}`,
    domain.hasManagedSave ? ', saved state' : '',
  ];
  return [
    domain.id < 0 ? '-' : String(domain.id),
    domain.name,
    `${domain.state}${marks.join('')}`,
    figure(domain.vcpus, String),
    figure(sample?.cpuCores, (cores) => `${Math.round(cores * 100)} %`),
    figure(domain.memoryKiB, (kib) => formatBytes(kib * 1024)),
    figure(sample?.memoryUsedKiB, (kib) => formatBytes(kib * 1024)),
    figure(sample?.readBytesPerSecond, formatBytes),
    figure(sample?.writeBytesPerSecond, formatBytes),
    figure(sample?.receiveBytesPerSecond, formatBytes),
    figure(sample?.transmitBytesPerSecond, formatBytes),
  ];
}

/** What is not known is a dash, never a zero. */
function figure(value: Figure, render: (value: number) => string): string {
  return value === undefined ? '-' : render(value);
}

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = header.map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
