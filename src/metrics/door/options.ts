import { parseArgs } from 'node:util';
import { messageOf } from '../../base/errors.ts';

export interface DoorOptions {
  readonly uris: readonly string[];
  readonly mode: 'once' | 'watch';
  readonly format: 'text' | 'json';
  readonly readOnly: boolean;
}

export const usage = `Usage: vm-deck-exporter --uri URI [--uri URI ...] (--once | --watch) [--format text|json] [--read-only]

  --uri URI      a libvirt host, such as qemu:///system; may be given more than once
  --once         print each host with its VMs and one sample, then exit
  --watch        print what changes, as it happens, until interrupted
  --format F     text (default) or json
  --read-only    use the daemon's read-only socket
  --help         print this

Exit status: 0 all hosts were read, 1 a host could not be reached or read, 2 wrong usage.
`;

/** What the command line asks for; a string is what is wrong with it. */
export function parseDoorOptions(
  args: readonly string[],
): DoorOptions | 'help' | { readonly wrong: string } {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        uri: { type: 'string', multiple: true, default: [] },
        once: { type: 'boolean', default: false },
        watch: { type: 'boolean', default: false },
        format: { type: 'string', default: 'text' },
        'read-only': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }));
  } catch (error) {
    return { wrong: messageOf(error) };
  }
  if (values.help) {
    return 'help';
  }
  if (values.uri.length === 0) {
    return { wrong: 'Name at least one host with --uri, such as --uri qemu:///system.' };
  }
  if (new Set(values.uri).size < values.uri.length) {
    return { wrong: 'A host is named twice.' };
  }
  if (values.once === values.watch) {
    return { wrong: 'Say either --once or --watch.' };
  }
  const { format } = values;
  if (format !== 'text' && format !== 'json') {
    return { wrong: `--format is "${format}"; it can be text or json.` };
  }
  return {
    uris: values.uri,
    mode: values.once ? 'once' : 'watch',
    format,
    readOnly: values['read-only'],
  };
}
