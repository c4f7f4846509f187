import { firstDemoUri } from '../../../src/demo/demoUri.ts';
import type { LocalHost } from './localHost.ts';

/** What somebody without a hypervisor sees first: what "Try the Demo" adds. */
export const demoHost: LocalHost = { name: 'Demo host (simulated)', uri: firstDemoUri };
