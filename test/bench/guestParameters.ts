import { typedParameterType, type TypedParameter } from '../../src/libvirt/protocol/types.ts';

/** Statistics of a guest with two vCPUs, a disk and an interface, as libvirt 9 tells them: 42 parameters. */
export function guestParameters(vm: number, reading: number): readonly TypedParameter[] {
  const grown = 1_000_003 * (vm + 1) * (reading + 1);
  const counter = (field: string, times: number): TypedParameter => ({
    field,
    type: typedParameterType.ullong,
    value: grown * times,
  });
  const small = (field: string, value: number): TypedParameter => ({
    field,
    type: typedParameterType.uint,
    value,
  });
  const text = (field: string, value: string): TypedParameter => ({
    field,
    type: typedParameterType.string,
    value,
  });
  const vcpu = (number: number): readonly TypedParameter[] => [
    { field: `vcpu.${number}.state`, type: typedParameterType.int, value: 1 },
    counter(`vcpu.${number}.time`, 700 + number),
    counter(`vcpu.${number}.wait`, 0),
    counter(`vcpu.${number}.delay`, 13),
  ];
  const balloon = [
    ...['current', 'maximum', 'swap_in', 'swap_out', 'major_fault', 'minor_fault'],
    ...['unused', 'available', 'last-update', 'rss'],
  ];
  const traffic = ['bytes', 'pkts', 'errs', 'drop'];
  return [
    counter('cpu.time', 1_500),
    counter('cpu.user', 500),
    counter('cpu.system', 300),
    ...balloon.map((name, index) => counter(`balloon.${name}`, index)),
    small('vcpu.current', 2),
    small('vcpu.maximum', 2),
    ...vcpu(0),
    ...vcpu(1),
    small('net.count', 1),
    text('net.0.name', `vnet${vm}`),
    ...traffic.map((name, index) => counter(`net.0.rx.${name}`, index + 1)),
    ...traffic.map((name, index) => counter(`net.0.tx.${name}`, index + 1)),
    small('block.count', 1),
    text('block.0.name', 'vda'),
    text('block.0.path', `/var/lib/libvirt/images/guest-${vm}.qcow2`),
    counter('block.0.rd.reqs', 2),
    counter('block.0.rd.bytes', 1_024),
    counter('block.0.wr.reqs', 3),
    counter('block.0.wr.bytes', 2_048),
    counter('block.0.capacity', 64),
    counter('block.0.allocation', 32),
  ];
}
