import {
  dashboardActions,
  type DashboardAction,
  type DashboardSnapshot,
  type HostView,
  type VmFigures,
  type VmView,
} from '../../src/contract/dashboard.ts';

export function aHost(id: number, change: Partial<HostView> = {}): HostView {
  return {
    id,
    name: `lab-${id}`,
    standing: 'up',
    statusText: '',
    status: 'connected',
    hasHelp: false,
    canConnect: false,
    cpus: 16,
    poolCapacityBytes: 1e12,
    poolAllocationBytes: 7.2e11,
    ...change,
  };
}

/** The bits of actions, as the contract has them. */
export function bits(...actions: readonly DashboardAction[]): number {
  return actions.reduce((mask, action) => mask | (1 << dashboardActions.indexOf(action)), 0);
}

const running = bits('shutDown', 'reboot', 'pause', 'forceOff', 'openConsole', 'copyName');
const off = bits('start', 'openDefinition', 'rename', 'deleteDefinition', 'copyName');

export function aVm(id: number, change: Partial<VmView> = {}): VmView {
  const state = change.state ?? 'running';
  const mask = state === 'running' ? running : off;
  return {
    id,
    host: 1,
    uuid: `00000000-0000-4000-8000-${String(id).padStart(12, '0')}`,
    name: `web-${id}`,
    state,
    stateText: '',
    since: null,
    autostart: false,
    vcpus: 2,
    memoryKiB: 2_097_152,
    addresses: [`10.0.${id >> 8}.${id & 255}`],
    has: mask,
    can: mask,
    activity: null,
    ...change,
  };
}

export function figuresOf(id: number, cpuPercent: number): VmFigures {
  return [id, cpuPercent * 10, 1_000 + (id % 7) * 150, 2_048, id * 1_000, 5_000, 10, 20, 1e6, 2e6];
}

/** Hosts 1… with VMs from 101 on, every tenth of them off. */
export function aSnapshot(vms: number, hosts = 1): DashboardSnapshot {
  const now = Date.now();
  const ids = Array.from({ length: vms }, (_, index) => 101 + index);
  const isOff = (id: number): boolean => id % 10 === 0;
  return {
    revision: 1,
    now,
    intervalMs: 2_000,
    hosts: Array.from({ length: hosts }, (_, index) => aHost(index + 1)),
    vms: ids.map((id) =>
      aVm(id, { host: 1 + (id % hosts), ...(isOff(id) ? { state: 'off', addresses: [] } : {}) }),
    ),
    hostFigures: Array.from({ length: hosts }, (_, index) => [index + 1, now, 340, 39_000, 64_000]),
    figures: ids.filter((id) => !isOff(id)).map((id) => figuresOf(id, (id * 37) % 100)),
  };
}
