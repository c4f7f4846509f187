import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import type { Connection } from '../../src/libvirt/connection.ts';
import { openConnection } from '../../src/libvirt/openConnection.ts';
import {
  domainCreateWithFlags,
  domainDefineXmlFlags,
  domainSuspend,
} from '../../src/libvirt/protocol/domain.ts';
import type { WireDomain } from '../../src/libvirt/protocol/types.ts';
import { parseHostUri } from '../../src/libvirt/uri.ts';
import { createUnixDialer } from '../../src/transport/unixDialer.ts';
import type { RigHost } from '../tools/rig/rigHost.ts';
import { someTestDomains, type TestDriverDomain } from '../tools/rig/testDriver.ts';

/** The driver whose world all connections to a daemon share; that of a file is parsed anew for each. */
export const testDriver = 'test+unix:///default';
export const qemuDriver = 'qemu+unix:///system';

/** A connection beside that of a session, to act or measure with. */
export function openDriver(socketPath: string, driver: string): Promise<Connection> {
  const uri = parseHostUri(`${driver}?socket=${socketPath}`);
  return openConnection({
    uri,
    dialer: createUnixDialer(uri, systemClock),
    clock: systemClock,
    log: silentLog,
  });
}

/** The test driver's shared world, which lasts as long as this connection is open. */
export class TestWorld {
  readonly connection: Connection;
  /** Of those defined here, the running ones. */
  readonly running: WireDomain[] = [];
  /** The driver comes with a domain of its own. */
  #count = 1;

  private constructor(connection: Connection) {
    this.connection = connection;
  }

  static async open(host: RigHost, count: number): Promise<TestWorld> {
    const world = new TestWorld(await openDriver(host.socketPath, testDriver));
    await world.growTo(count);
    return world;
  }

  /** Defines what is missing to so many domains: half of them running, a quarter paused, a quarter off. */
  async growTo(count: number): Promise<void> {
    const missing = someTestDomains(count).slice(this.#count);
    this.#count = count;
    await Promise.all(missing.map((domain) => this.#create(domain)));
  }

  close(): void {
    this.connection.close();
  }

  async #create(domain: TestDriverDomain): Promise<void> {
    const patient = { deadlineMs: Number.POSITIVE_INFINITY };
    const args = { xml: definition(domain), flags: 0 };
    const { dom } = await this.connection.call(domainDefineXmlFlags, args, patient);
    if (domain.state === 'shutoff') {
      return;
    }
    const started = await this.connection.call(domainCreateWithFlags, { dom, flags: 0 }, patient);
    if (domain.state === 'paused') {
      await this.connection.call(domainSuspend, { dom: started.dom }, patient);
    } else {
      this.running.push(started.dom);
    }
  }
}

function definition({ name, uuid }: TestDriverDomain): string {
  return `<domain type='test'>
    <name>${name}</name>
    <uuid>${uuid}</uuid>
    <memory unit='MiB'>1024</memory>
    <vcpu>2</vcpu>
    <os><type arch='x86_64'>hvm</type></os>
  </domain>`;
}
