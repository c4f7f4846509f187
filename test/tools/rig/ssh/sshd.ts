import * as fs from 'node:fs';
import * as path from 'node:path';

import { type Account, shadowLine } from '../accounts.ts';
import { CommandError, mustRun, withVariables } from '../command.ts';
import type { RigHost } from '../rigHost.ts';
import { Door } from './door.ts';
import { makeKey, type SshKey } from './keys.ts';

const serveScript = path.join(import.meta.dirname, 'serve.sh');

/** Settings of an sshd; see sshd_config(5). A list repeats the keyword. */
type SshdConfig = Readonly<Record<string, string | number | readonly string[]>>;

/** What a test may choose about an sshd. */
export interface SshdOptions {
  /** Settings that differ from those at the end of this file, such as `MaxAuthTries` or `PermitOpen`. */
  readonly config?: SshdConfig;
  /** Its host keys; one of its own of type ed25519 if not said. */
  readonly hostKeys?: readonly SshKey[];
  /** Certificates of its host keys, by their files. */
  readonly hostCertificates?: readonly string[];
  /** Whose user certificates let in everybody they name. */
  readonly userAuthorities?: readonly SshKey[];
  /** Shown to everybody before they prove who they are. */
  readonly banner?: string;
  /** Programs that a session does not find, such as `virt-ssh-helper` or `nc`. */
  readonly without?: readonly string[];
  /** Of its processes, such as where its Kerberos key is. */
  readonly variables?: Readonly<Record<string, string>>;
  /** What the shell of the host's member runs first, whatever it was started for. */
  readonly bashrc?: string;
}

/** What every sshd of a rig has unless a test says otherwise. */
const defaults: SshdConfig = {
  LogLevel: 'VERBOSE',
  // Keys lie in the rig host's folder, which belongs to root and to no user.
  StrictModes: 'no',
  UsePAM: 'no',
  UseDNS: 'no',
  PasswordAuthentication: 'no',
  KbdInteractiveAuthentication: 'no',
  PermitRootLogin: 'no',
  LoginGraceTime: 30,
  Subsystem: 'sftp internal-sftp',
};

/** How many were started in this process: each has a folder of its own. */
let started = 0;

/** A real sshd inside a rig host; see `startSshd`. */
export class Sshd {
  readonly host: RigHost;
  readonly hostKeys: readonly SshKey[];
  /** Its own folder, for whatever else a test needs beside it. */
  readonly folder: string;
  readonly #argv: readonly string[];
  readonly #doors: Door[];

  private constructor(parts: {
    host: RigHost;
    hostKeys: readonly SshKey[];
    folder: string;
    argv: readonly string[];
    door: Door;
  }) {
    this.host = parts.host;
    this.hostKeys = parts.hostKeys;
    this.folder = parts.folder;
    this.#argv = parts.argv;
    this.#doors = [parts.door];
  }

  /** Use `startSshd`. */
  static async start(host: RigHost, options: SshdOptions): Promise<Sshd> {
    const folder = path.join(host.folder, 'ssh', String(++started));
    fs.mkdirSync(path.join(folder, 'authorized'), { recursive: true, mode: 0o755 });
    const hostKeys = options.hostKeys ?? [await makeKey(path.join(folder, 'host'))];
    if (options.bashrc !== undefined) {
      fs.writeFileSync(path.join(host.member.home, '.bashrc'), options.bashrc);
    }
    const config = path.join(folder, 'config');
    fs.writeFileSync(config, formatConfig(await settings(folder, hostKeys, options)));
    const argv = host.keeper.inside([
      ...withVariables(options.variables ?? {}),
      ...['sh', serveScript, '/usr/sbin/sshd', '-i'],
      ...['-f', config, '-E', path.join(folder, 'log')],
    ]);
    const test = await host.exec(['/usr/sbin/sshd', '-t', '-f', config]);
    if (test.code !== 0) {
      throw new CommandError(['sshd', '-t'], test);
    }
    const door = await Door.open(argv);
    const sshd = new Sshd({ host, hostKeys, folder, argv, door });
    host.atStop(() => sshd.stop());
    return sshd;
  }

  /** On 127.0.0.1 of this machine. */
  get port(): number {
    return this.#doors[0]!.port;
  }

  /** How many TCP connections came to {@link port} so far. */
  get accepted(): number {
    return this.#doors[0]!.accepted;
  }

  /** Lets this key in as that account. */
  authorize(account: Account, key: Pick<SshKey, 'publicKey'>, options = ''): void {
    const file = path.join(this.folder, 'authorized', account.name);
    fs.appendFileSync(file, `${options === '' ? '' : `${options} `}${key.publicKey}\n`);
  }

  /** What known_hosts has for this server at {@link port}, one line per host key. */
  knownHosts(name = `[127.0.0.1]:${this.port}`): string {
    return this.hostKeys.map(({ publicKey }) => `${name} ${publicKey}\n`).join('');
  }

  /** Makes it reachable from inside another rig host too, whose sshd a client jumps through; returns the port there. */
  async openDoorIn(other: RigHost): Promise<number> {
    const enter = ['nsenter', '--target', String(other.keeper.pid), '--net', '--'];
    const door = await Door.open(this.#argv, enter);
    this.#doors.push(door);
    return door.port;
  }

  /** What it has logged so far. */
  log(): string {
    const file = path.join(this.folder, 'log');
    return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
  }

  /** Its processes by their ids out here: two for each connection, and of others of the same host as well. */
  processes(): number[] {
    return this.host.keeper.processes().filter((pid) => {
      try {
        return /^(sshd: |\/usr\/sbin\/sshd)/.test(fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
      } catch {
        return false;
      }
    });
  }

  /** Sends a signal to all its processes: SIGSTOP makes a server that hangs, SIGKILL cuts every connection. */
  signal(signal: NodeJS.Signals): void {
    for (const pid of this.processes()) {
      try {
        process.kill(pid, signal);
      } catch {
        // It ended meanwhile.
      }
    }
  }

  /** Accepts nobody any more and cuts every connection. */
  async stop(): Promise<void> {
    await Promise.all(this.#doors.map((door) => door.close()));
    this.signal('SIGKILL');
  }
}

/** Sets the password of an account of a rig host, which sshd accepts with `PasswordAuthentication yes`. */
export async function setPassword(
  host: RigHost,
  account: Account,
  password: string,
): Promise<void> {
  const script = 'print crypt(<STDIN>, q($6$saltsalt$))';
  const hash = await mustRun(['perl', '-e', script], { input: password });
  const file = path.join(host.folder, 'accounts', 'shadow');
  const lines = fs.readFileSync(file, 'utf8').trimEnd().split('\n');
  const others = lines.filter((line) => !line.startsWith(`${account.name}:`));
  // Written in place: it is mounted inside the host by its inode.
  fs.writeFileSync(file, `${[...others, shadowLine(account.name, hash)].join('\n')}\n`);
}

/**
 * Has PAM ask for passwords in a rig host, as Debian's sshd does for `keyboard-interactive`; without `UsePAM yes` no
 * sshd asks it.
 */
export async function preparePam(host: RigHost): Promise<void> {
  const file = path.join(host.folder, 'accounts', 'pam-sshd');
  const permit = ['account', 'session'].map((kind) => `${kind} required pam_permit.so\n`);
  fs.writeFileSync(file, ['auth required pam_unix.so\n', ...permit].join(''));
  const mount = await host.exec(['mount', '--bind', file, '/etc/pam.d/sshd']);
  if (mount.code !== 0) {
    throw new CommandError(['mount'], mount);
  }
}

async function settings(
  folder: string,
  hostKeys: readonly SshKey[],
  options: SshdOptions,
): Promise<SshdConfig> {
  const { hostCertificates = [], userAuthorities = [], banner, without = [] } = options;
  const write = (name: string, text: string): string => {
    const file = path.join(folder, name);
    fs.writeFileSync(file, text, { mode: 0o644 });
    return file;
  };
  const authorities = userAuthorities.map(({ publicKey }) => `${publicKey}\n`).join('');
  return {
    ...defaults,
    AuthorizedKeysFile: path.join(folder, 'authorized', '%u'),
    HostKey: hostKeys.map(({ file }) => file),
    HostCertificate: hostCertificates,
    ...(authorities === '' ? {} : { TrustedUserCAKeys: write('authorities', authorities) }),
    ...(banner === undefined ? {} : { Banner: write('banner', banner) }),
    ...(without.length === 0
      ? {}
      : { SetEnv: `PATH=${await programsExcept(path.join(folder, 'bin'), without)}` }),
    ...options.config,
  };
}

/** Makes a folder of links to all programs but these. */
async function programsExcept(folder: string, without: readonly string[]): Promise<string> {
  fs.mkdirSync(folder, { mode: 0o755 });
  const names = fs.readdirSync('/usr/bin').filter((name) => !without.includes(name));
  await Promise.all(
    names.map((name) => fs.promises.symlink(`/usr/bin/${name}`, path.join(folder, name))),
  );
  return folder;
}

function formatConfig(config: SshdConfig): string {
  return Object.entries(config)
    .flatMap(([key, value]) =>
      (typeof value === 'object' ? value : [value]).map((one) => [key, one]),
    )
    .map(([key, value]) => `${String(key)} ${String(value)}\n`)
    .join('');
}

/**
 * Starts an sshd in a rig host: with its own configuration, keys and accounts, inside the host's namespaces, so that
 * forwards and commands reach that host's daemons, while clients reach it at a port of this machine's 127.0.0.1. The
 * machine's own sshd and /etc/ssh are not touched. Each connection is a TCP connection from the client to a process of
 * its own (`sshd -i`): `MaxStartups` therefore means nothing. It ends with its host, or by `stop()`.
 */
export function startSshd(host: RigHost, options: SshdOptions = {}): Promise<Sshd> {
  return Sshd.start(host, options);
}
