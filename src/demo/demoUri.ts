import { TransportError } from '../libvirt/errors.ts';
import { parseFaultPlan, type FaultPlan } from './faultPlan.ts';
import type { WorldOptions } from './world.ts';

/** What a simulated host's URI may ask for. */
export interface DemoUriOptions extends WorldOptions {
  readonly eventsPerSecond: number | undefined;
  readonly faults: FaultPlan;
}

const maxVms = 16_384;

/**
 * Reads the parameters of `demo:///default?vms=24&seed=1&events=2&stuck=web-01,db-02`; all may be left out.
 * @throws TransportError of kind `unsupported` for what cannot be read or is out of range
 */
export function parseDemoUri(parameters: Readonly<Record<string, string>>): DemoUriOptions {
  return {
    vms: whole(parameters, 'vms', 24, maxVms),
    seed: whole(parameters, 'seed', 1, 0xffff_ffff),
    eventsPerSecond: whole(parameters, 'events', 0, 10_000),
    faults: parseFaultPlan(parameters),
  };
}

function whole(
  parameters: Readonly<Record<string, string>>,
  name: string,
  otherwise: number,
  max: number,
): number {
  const text = parameters[name];
  const value = text === undefined ? otherwise : Number(text);
  if (!Number.isInteger(value) || value < 0 || value > max) {
    throw new TransportError(
      'unsupported',
      `The demo host's parameter ${name} is "${text ?? ''}"; it is a whole number up to ${max}.`,
    );
  }
  return value;
}
