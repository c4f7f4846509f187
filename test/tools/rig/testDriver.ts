import { xmlText } from './xmlText.ts';

/** libvirt's numbers of the domain states that the test driver can start from. */
const runStates = { running: 1, paused: 3, shutdown: 4, shutoff: 5, crashed: 6 } as const;

/** A domain of a test driver's world. */
export interface TestDriverDomain {
  readonly name: string;
  readonly uuid: string;
  readonly state: keyof typeof runStates;
  readonly memoryMiB?: number;
  readonly vcpus?: number;
  /** XML put into `<devices>`. */
  readonly devices?: string;
}

function domainXml(domain: TestDriverDomain): string {
  const vcpus = domain.vcpus ?? 1;
  return `  <domain type='test'>
    <name>${xmlText(domain.name)}</name>
    <uuid>${domain.uuid}</uuid>
    <memory unit='MiB'>${domain.memoryMiB ?? 64}</memory>
    <vcpu>${vcpus}</vcpu>
    <os><type arch='x86_64'>hvm</type></os>
    <devices>${domain.devices ?? ''}</devices>
    <test:runstate>${runStates[domain.state]}</test:runstate>
  </domain>
`;
}

/** The file from which libvirt's test driver makes a world with these domains. */
export function testDriverXml(domains: readonly TestDriverDomain[]): string {
  return `<node xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>
${domains.map(domainXml).join('')}</node>
`;
}

/** Makes up `count` domains with names, uuids and states that follow from the number alone. */
export function someTestDomains(count: number): TestDriverDomain[] {
  const states = ['running', 'running', 'shutoff', 'paused'] as const;
  return Array.from({ length: count }, (_, index) => ({
    name: `vm-${String(index).padStart(5, '0')}`,
    uuid: `00000000-0000-4000-8000-${index.toString(16).padStart(12, '0')}`,
    state: states[index % states.length] ?? 'running',
  }));
}
