import { PackedDomainStats } from '../../../src/libvirt/protocol/domainStats.ts';

/** A decoded message with its packed records as plain ones, to be compared. */
export function unpacked(value: unknown): unknown {
  if (value instanceof PackedDomainStats) {
    return { dom: value.dom, params: [...value.params] };
  }
  if (Array.isArray(value)) {
    return value.map(unpacked);
  }
  return value !== null &&
    typeof value === 'object' &&
    Object.getPrototypeOf(value) === Object.prototype
    ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, unpacked(each)]))
    : value;
}
