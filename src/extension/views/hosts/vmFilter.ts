import { compileQuery, type QuerySubject } from '../../../query/matchQuery.ts';
import { parseQuery } from '../../../query/parseQuery.ts';
import type { ArrangedVm } from './arrange.ts';
import { vmCategory } from './vmCategory.ts';

/** What of the VMs the tree shows. */
export interface VmFilter {
  readonly shows: (vm: ArrangedVm) => boolean;
  /** Compares figures, so that what it shows changes with every sample. */
  readonly isAboutFigures: boolean;
}

/** Makes a filter of a query; terms that cannot be understood hide nothing. */
export function vmFilter(query: string): VmFilter {
  const parsed = parseQuery(query);
  const matches = compileQuery(parsed);
  return {
    shows: parsed.terms.length === 0 ? () => true : (vm) => matches(toSubject(vm)),
    isAboutFigures: parsed.terms.some(({ condition }) => condition.kind === 'number'),
  };
}

function toSubject({ host, domain, sample, addresses }: ArrangedVm): QuerySubject {
  const vcpus = sample?.vcpus ?? domain.vcpus;
  const allocated = sample?.memoryKiB ?? domain.memoryKiB;
  return {
    name: domain.name,
    host: host.name,
    state: vmCategory(domain, host.status),
    addresses,
    autostart: domain.autostart,
    vcpus,
    cpuPercent: percent(sample?.cpuCores, vcpus ?? 1),
    memoryPercent: percent(sample?.memoryUsedKiB, allocated),
    memoryUsedBytes: inBytes(sample?.memoryUsedKiB),
    allocatedBytes: inBytes(allocated),
    readBytes: sample?.readBytesPerSecond,
    writeBytes: sample?.writeBytesPerSecond,
    requests: sum(sample?.readRequestsPerSecond, sample?.writeRequestsPerSecond),
    receiveBytes: sample?.receiveBytesPerSecond,
    transmitBytes: sample?.transmitBytesPerSecond,
  };
}

function percent(part: number | undefined, whole: number | undefined): number | undefined {
  return part === undefined || whole === undefined ? undefined : (part / Math.max(1, whole)) * 100;
}

function inBytes(kib: number | undefined): number | undefined {
  return kib === undefined ? undefined : kib * 1_024;
}

function sum(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined && b === undefined ? undefined : (a ?? 0) + (b ?? 0);
}
