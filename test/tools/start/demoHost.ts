import { firstDemoUri } from '../../../src/demo/firstDemoUri.ts';
import type { LocalHost } from './localHost.ts';

/** What somebody without a hypervisor sees first: what "Try the Demo" adds. */
export const demoHost: LocalHost = { name: 'Demo host (simulated)', uri: firstDemoUri };
