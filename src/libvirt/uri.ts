import { TransportError } from './errors.ts';

/** A libvirt connection URI, taken apart: `driver[+transport]://[user@][host][:port]/path[?parameters]`. */
export interface HostUri {
  /** The hypervisor driver: `qemu`, `test`, … */
  readonly driver: string;
  /** How the bytes travel; `unix` where the URI names none and no host. */
  readonly transport: 'unix' | 'ssh';
  readonly user: string | undefined;
  readonly host: string | undefined;
  readonly port: number | undefined;
  /** With its leading slash: `/system`, `/session`, `/default`. */
  readonly path: string;
  /** What concerns the way to the daemon, not the driver. */
  readonly parameters: Readonly<Record<string, string>>;
  /** What the daemon itself is asked to open: no transport, host or parameters of ours. */
  readonly daemonUri: string;
  /** As it was written. */
  readonly text: string;
}

/** Which of libvirt's daemons to talk to: whichever listens, the one for all drivers, the one for this driver. */
const modes: readonly string[] = ['auto', 'legacy', 'direct'];
/** Parameters that we understand; libvirt itself has more, all about transports of its own. */
const knownParameters = new Set(['socket', 'mode', 'keyfile', 'known_hosts', 'proxy']);
/** What the simulated host understands instead; where there is none, its URI is refused when it is dialled. */
const demoParameters = new Set(
  'vms seed events stuck crash ignore-shutdown slow refuse drop-every'.split(' '),
);

/**
 * Takes a URI apart.
 * @throws TransportError of kind `unsupported`, saying what is wrong and what would be right.
 */
export function parseHostUri(text: string): HostUri {
  const match = /^([a-z][a-z0-9]*)(?:\+([a-z0-9]+))?:\/\/([^/?#]*)(\/[^?#]*)?(?:\?([^#]*))?$/i.exec(
    text.trim(),
  );
  if (!match) {
    throw unsupported(
      `"${text}" is not a libvirt URI. Examples: qemu:///system, qemu:///session, qemu+unix:///system?socket=/run/libvirt/libvirt-sock.`,
    );
  }
  const [, driver = '', transportName, authority = '', path = '/', query = ''] = match;
  const { user, host, port } = parseAuthority(text, authority);
  const transport = pickTransport(text, transportName?.toLowerCase(), host);
  const parameters = parseParameters(
    text,
    query,
    driver.toLowerCase() === 'demo' ? demoParameters : knownParameters,
  );
  return {
    driver: driver.toLowerCase(),
    transport,
    user,
    host,
    port,
    path,
    parameters,
    daemonUri: `${driver.toLowerCase()}://${path}`,
    text: text.trim(),
  };
}

function parseAuthority(text: string, authority: string): Pick<HostUri, 'user' | 'host' | 'port'> {
  const match = /^(?:([^@]*)@)?(\[[^\]]+\]|[^:@]*)(?::(\d+))?$/.exec(authority);
  if (!match) {
    throw unsupported(`The host in "${text}" cannot be read; it should look like user@host:port.`);
  }
  const [, user, host = '', port] = match;
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) {
    throw unsupported(`The port in "${text}" is not between 1 and 65535.`);
  }
  return {
    user: user === undefined || user === '' ? undefined : decode(text, user),
    host: host === '' ? undefined : host.replace(/^\[|\]$/g, ''),
    port: port === undefined ? undefined : Number(port),
  };
}

function pickTransport(
  text: string,
  name: string | undefined,
  host: string | undefined,
): 'unix' | 'ssh' {
  switch (name) {
    case undefined:
      if (host === undefined) {
        return 'unix';
      }
      throw unsupported(
        `"${text}" asks for libvirt's TLS transport, which is not supported. For a host reached over SSH write qemu+ssh://${host}/system.`,
      );
    case 'unix':
      if (host === undefined) {
        return 'unix';
      }
      throw unsupported(`"${text}" names a host, but a unix socket is always on this machine.`);
    case 'ssh':
      if (host === undefined) {
        throw unsupported(`"${text}" names no host; write qemu+ssh://user@host/system.`);
      }
      return 'ssh';
    default:
      throw unsupported(
        `"${text}" uses the transport "${name}", which is not supported. Supported: unix sockets of this machine.`,
      );
  }
}

function parseParameters(
  text: string,
  query: string,
  allowed: ReadonlySet<string>,
): Readonly<Record<string, string>> {
  const parameters: Record<string, string> = {};
  for (const part of query.split('&').filter((entry) => entry !== '')) {
    const [name = '', ...value] = part.split('=');
    if (!allowed.has(name)) {
      throw unsupported(
        `"${text}" has the parameter "${name}", which is not known. Known: ${[...allowed].join(', ')}.`,
      );
    }
    parameters[name] = decode(text, value.join('='));
  }
  const { mode } = parameters;
  if (mode !== undefined && !modes.includes(mode)) {
    throw unsupported(
      `"${text}" has the mode "${mode}", which is not known. Known: ${modes.join(', ')}.`,
    );
  }
  return parameters;
}

function decode(text: string, part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (error) {
    throw unsupported(`"${text}" has a broken percent escape in "${part}".`, error);
  }
}

function unsupported(message: string, cause?: unknown): TransportError {
  return new TransportError('unsupported', message, { cause });
}
