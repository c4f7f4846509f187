/** The host that a first look is at. */
export const firstDemoUri = 'demo:///default?vms=24&seed=1';
