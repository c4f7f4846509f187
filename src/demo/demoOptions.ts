import { parseArgs } from 'node:util';
import { messageOf } from '../base/errors.ts';
import { parseDemoUri, type DemoUriOptions } from './demoUri.ts';

export interface DemoOptions extends DemoUriOptions {
  readonly socket: string;
}

export const usage = `Usage: vm-deck-demo --socket PATH [--vms N] [--seed S] [--events-per-second R] [FAULT]...

A simulated libvirt daemon for tests, benches and a first look. Nothing of it is real.

  --socket PATH           the unix socket to listen on; PATH-ro for clients that only look
  --vms N                 how many VMs there are (24)
  --seed S                what they are follows from this number (1)
  --events-per-second R   VMs pause and go on by themselves, so many each second (0)
  --help                  print this

What goes wrong, each as often as wanted; times are seconds after the start:

  --stuck VM[@FROM[-TO]]  the VM's QEMU answers nothing: who asks waits, until TO, or until it is forced off
  --crash VM[@AT]         the VM's QEMU dies
  --ignore-shutdown VM    the VM's guest does nothing when asked to shut down or reboot
  --slow PROCEDURE=MS     calls such as domainCreate take so many milliseconds longer
  --refuse PROCEDURE      calls such as domainCreate are refused
  --drop-every SECONDS    all connections are dropped so often

PROCEDURE is a name of libvirt's protocol; domainCreate means domainCreateWithFlags too.
A demo:// URI takes the same, lists with commas:
  demo:///default?vms=24&seed=1&events=2&stuck=web-01@10-30,db-01&slow=domainCreate=2000&drop-every=60

Prints its own CPU time and memory when it ends and on SIGUSR1.
`;

const many = { type: 'string', multiple: true, default: [] as string[] } as const;

/** What the command line asks for; a string is what is wrong with it. */
export function parseDemoOptions(
  args: readonly string[],
): DemoOptions | 'help' | { readonly wrong: string } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        socket: { type: 'string' },
        vms: { type: 'string', default: '24' },
        seed: { type: 'string', default: '1' },
        'events-per-second': { type: 'string', default: '0' },
        stuck: many,
        crash: many,
        'ignore-shutdown': many,
        slow: many,
        refuse: many,
        'drop-every': { type: 'string', default: '0' },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      return 'help';
    }
    if (values.socket === undefined || values.socket === '') {
      return { wrong: 'Name the socket to listen on with --socket PATH.' };
    }
    const { vms, seed, 'events-per-second': events, 'drop-every': dropEvery } = values;
    const world = parseDemoUri({
      ...{ vms, seed, events },
      stuck: values.stuck.join(','),
      crash: values.crash.join(','),
      'ignore-shutdown': values['ignore-shutdown'].join(','),
      slow: values.slow.join(','),
      refuse: values.refuse.join(','),
      'drop-every': dropEvery,
    });
    return { ...world, socket: values.socket };
  } catch (error) {
    return { wrong: messageOf(error) };
  }
}
