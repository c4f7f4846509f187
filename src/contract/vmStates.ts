/** The kinds of VMs that look different, the most urgent first. */
export const vmStates = [
  'crashed',
  'notAnswering',
  'running',
  'paused',
  'sleeping',
  'saved',
  'off',
  'unknown',
] as const;
export type VmState = (typeof vmStates)[number];
