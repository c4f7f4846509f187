import type { HostFigures, HostView } from '../../src/contract/dashboard.ts';

/** A host as the page knows it. */
export class DashboardHost {
  view: HostView;
  figures: HostFigures | undefined;

  constructor(view: HostView) {
    this.view = view;
  }

  /** From 0 to 100. */
  get cpuPercent(): number | undefined {
    const permille = this.figures?.[2] ?? undefined;
    return permille === undefined ? undefined : permille / 10;
  }

  get memoryUsedMiB(): number | undefined {
    return this.figures?.[3] ?? undefined;
  }

  get memoryMiB(): number | undefined {
    return this.figures?.[4] ?? undefined;
  }

  /** When its figures were read, in milliseconds since the epoch by the extension's clock. */
  get sampledAt(): number | undefined {
    return this.figures?.[1];
  }
}
