import * as domains from '../libvirt/protocol/domain.ts';
import type { DemoVm } from './demoVm.ts';
import { GuestShell } from './guestShell.ts';
import type { Lifecycle } from './lifecycle.ts';
import { qemuAnswers } from './locks.ts';
import { invalidArgument, operationFailed, refusalDomain } from './refusal.ts';
import { drawScreen } from './screen.ts';
import { SerialConsole } from './serialConsole.ts';
import type { Handlers } from './serving.ts';
import type { World } from './world.ts';

/** `VIR_DOMAIN_CONSOLE_FORCE`: take it from whoever has it. */
const consoleForce = 1;

/** What guests show: screen and serial port. */
export function handleGuests(handlers: Handlers, world: World, lifecycle: Lifecycle): void {
  const consoles = new WeakMap<DemoVm, { readonly id: number; readonly console: SerialConsole }>();
  const shellOf = (vm: DemoVm): GuestShell =>
    new GuestShell(vm, world.time, {
      powerOff: () => {
        lifecycle.guestPowersOff(vm);
      },
      reboot: () => {
        lifecycle.guestReboots(vm);
      },
    });
  /** One for each run of a VM. */
  const consoleOf = (vm: DemoVm): SerialConsole => {
    const known = consoles.get(vm);
    if (known?.id === vm.id) {
      return known.console;
    }
    const console = new SerialConsole(shellOf(vm));
    consoles.set(vm, { id: vm.id, console });
    vm.ending.add(() => {
      console.detach();
    });
    return console;
  };
  handlers
    .on(domains.domainOpenConsole, ({ dom, devName, flags }, { stream }) => {
      const vm = world.get(dom);
      lifecycle.requireRunning(vm);
      if (devName !== null && devName !== 'serial0' && devName !== 'console0') {
        throw invalidArgument(`cannot find character device ${devName}`, refusalDomain.qemu);
      }
      const console = consoleOf(vm);
      if (console.isOpen && (flags & consoleForce) === 0) {
        throw operationFailed('Active console session exists for this domain', refusalDomain.qemu);
      }
      console.attach(stream);
    })
    .on(domains.domainScreenshot, async ({ dom }, { stream }) => {
      const vm = world.get(dom);
      lifecycle.requireRunning(vm);
      await qemuAnswers(world.time, vm);
      stream.write(drawScreen(shellOf(vm).screen()));
      stream.end();
      return { mime: 'image/png' };
    });
}
