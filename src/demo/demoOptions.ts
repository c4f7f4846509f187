import { parseArgs } from 'node:util';
import { messageOf } from '../base/errors.ts';
import type { DemoUriOptions } from './demoUri.ts';
import { parseDemoUri } from './demoUri.ts';

export interface DemoOptions extends DemoUriOptions {
  readonly socket: string;
  /** Names of VMs whose guests do nothing when asked to shut down. */
  readonly ignoring: readonly string[];
  /** Procedures whose calls take so many milliseconds longer. */
  readonly slow: readonly (readonly [procedure: string, delayMs: number])[];
  /** Procedures whose calls are refused. */
  readonly refused: readonly string[];
}

export const usage = `Usage: vm-deck-demo --socket PATH [--vms N] [--seed S] [--events-per-second R]
         [--stuck NAME]... [--ignore-shutdown NAME]... [--slow PROCEDURE=MS]... [--refuse PROCEDURE]...

A simulated libvirt daemon for tests, benches and a first look. Nothing of it is real.

  --socket PATH           the unix socket to listen on; PATH-ro for clients that only look
  --vms N                 how many VMs there are (24)
  --seed S                what they are follows from this number (1)
  --events-per-second R   VMs pause and go on by themselves, so many each second (0)
  --stuck NAME            this VM's QEMU answers nothing
  --ignore-shutdown NAME  this VM's guest does nothing when asked to shut down
  --slow PROCEDURE=MS     calls such as domainCreate take longer
  --refuse PROCEDURE      calls such as domainCreate are refused
  --help                  print this

Prints its own CPU use when it ends and on SIGUSR1.
`;

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
        stuck: { type: 'string', multiple: true, default: [] },
        'ignore-shutdown': { type: 'string', multiple: true, default: [] },
        slow: { type: 'string', multiple: true, default: [] },
        refuse: { type: 'string', multiple: true, default: [] },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      return 'help';
    }
    if (values.socket === undefined || values.socket === '') {
      return { wrong: 'Name the socket to listen on with --socket PATH.' };
    }
    const world = parseDemoUri({
      vms: values.vms,
      seed: values.seed,
      events: values['events-per-second'],
    });
    return {
      ...world,
      socket: values.socket,
      stuck: values.stuck,
      ignoring: values['ignore-shutdown'],
      slow: values.slow.map(parseSlow),
      refused: values.refuse,
    };
  } catch (error) {
    return { wrong: messageOf(error) };
  }
}

function parseSlow(text: string): readonly [string, number] {
  const [procedure = '', delay = ''] = text.split('=');
  const delayMs = Number(delay);
  if (procedure === '' || delay === '' || !(delayMs >= 0)) {
    throw new TypeError(`--slow is "${text}"; it should look like domainCreate=2000.`);
  }
  return [procedure, delayMs];
}
