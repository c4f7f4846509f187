import { socketGroup } from './accounts.ts';

/** A value of libvirt's configuration files. */
type ConfigValue = string | number | readonly string[];

/** The settings of one of libvirt's configuration files. */
export type Config = Readonly<Record<string, ConfigValue>>;

/** The settings of libvirtd that a rig host starts from; see libvirtd.conf(5). */
export function daemonDefaults(hostUuid: string): Config {
  return {
    host_uuid: hostUuid,
    unix_sock_group: socketGroup,
    unix_sock_rw_perms: '0770',
    unix_sock_ro_perms: '0777',
    auth_unix_rw: 'none',
    auth_unix_ro: 'none',
    log_outputs: '2:file:/var/log/libvirt/libvirtd.log',
    max_clients: 200,
    max_workers: 20,
  };
}

/** The settings of the QEMU driver; see the comments of libvirt's qemu.conf. */
export const emulatorDefaults: Config = {
  // The disks lie in a temporary folder that only root can read.
  user: 'root',
  group: 'root',
  dynamic_ownership: 0,
  remember_owner: 0,
  // What would need the machine's help: AppArmor, device namespaces, control groups, virtlogd.
  security_driver: 'none',
  namespaces: [],
  cgroup_controllers: [],
  stdio_handler: 'file',
  vnc_listen: '127.0.0.1',
};

function formatValue(value: ConfigValue): string {
  if (typeof value === 'number') {
    return String(value);
  }
  if (typeof value === 'string') {
    return `"${value}"`;
  }
  return `[ ${value.map((item) => `"${item}"`).join(', ')} ]`;
}

/** Writes settings the way libvirt's configuration files have them. */
export function formatConfig(config: Config): string {
  return Object.entries(config)
    .map(([key, value]) => `${key} = ${formatValue(value)}\n`)
    .join('');
}
