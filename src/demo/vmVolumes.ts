import type { DemoVm } from './demoVm.ts';
import { allocatedBytes } from './figures.ts';
import type { DemoVolume } from './resources.ts';

export interface PlacedVolume extends DemoVolume {
  readonly path: string;
}

/** The disks of a VM as a pool shows them. */
export function volumesOf(vm: DemoVm): readonly PlacedVolume[] {
  return vm.hardware.disks.flatMap(({ path, format, capacityBytes }, index) =>
    path === undefined
      ? []
      : [
          {
            path,
            name: path.slice(path.lastIndexOf('/') + 1),
            format: format === 'qcow2' ? ('qcow2' as const) : ('raw' as const),
            capacityBytes,
            allocationBytes: allocatedBytes(vm, index),
          },
        ],
  );
}
