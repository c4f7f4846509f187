import * as os from 'node:os';
import { mustRun } from '../tools/rig/command.ts';

/** What the figures were measured on. */
export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  readonly memoryGiB: number;
  readonly node: string;
  readonly libvirt: string;
  readonly qemu: string;
  /** The mean of the last minute before: work of others makes figures worse. */
  readonly loadBefore: number;
}

export async function describeMachine(): Promise<Machine> {
  const [libvirt, qemu] = await Promise.all([
    mustRun(['virsh', '--version']),
    mustRun(['qemu-system-x86_64', '--version']),
  ]);
  return {
    cores: os.availableParallelism(),
    cpu: os.cpus()[0]?.model ?? 'unknown',
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    node: process.versions.node,
    libvirt: libvirt.trim(),
    qemu: /version (\S+)/.exec(qemu)?.[1] ?? 'unknown',
    loadBefore: os.loadavg()[0] ?? 0,
  };
}
