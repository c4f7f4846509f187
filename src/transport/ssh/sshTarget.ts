/**
 * A machine to be reached over SSH, with everything that the user's SSH configuration, the URI and the defaults
 * say about it, `~` and tokens expanded. Resolved anew for every connection.
 */
export interface SshTarget {
  /** The name the person used: what `Host` lines are matched against, and what `ssh` is given. */
  readonly alias: string;
  /** What to connect to: a name or an address. */
  readonly hostName: string;
  readonly port: number;
  readonly user: string;
  /** What the URI itself says, for a command line of `ssh`; undefined where the configuration decides. */
  readonly explicit: {
    readonly user: string | undefined;
    readonly port: number | undefined;
    /** `keyfile=`: only this key, whatever else there is. */
    readonly keyFile: string | undefined;
    /** `known_hosts=` */
    readonly knownHostsFile: string | undefined;
  };
  /** The configuration file to use instead of the user's and the system's (`ssh -F`). */
  readonly configFile: string | undefined;

  /** Key files in order; those that do not exist are passed over. */
  readonly identityFiles: readonly string[];
  /** Use the agent only for keys that {@link identityFiles} names. */
  readonly identitiesOnly: boolean;
  /** The agent's socket, named pipe, or undefined for none. */
  readonly identityAgent: string | undefined;
  readonly certificateFiles: readonly string[];
  /** OpenSSH's names, in the order in which they are tried. */
  readonly preferredAuthentications: readonly string[];
  /** A Kerberos ticket may let the user in (`GSSAPIAuthentication`), by OpenSSH only. */
  readonly allowsKerberos: boolean;
  readonly numberOfPasswordPrompts: number;
  /** Never ask anything (`BatchMode yes`). */
  readonly batchMode: boolean;

  /** The machine to go through; it may itself have one. */
  readonly jump: SshTarget | undefined;
  /** A command line whose input and output are the connection; tokens expanded. */
  readonly proxyCommand: string | undefined;

  /** The name that stands for the host in known_hosts, as {@link knownHostsName} forms it. */
  readonly hostKeyName: string;
  readonly userKnownHostsFiles: readonly string[];
  readonly globalKnownHostsFiles: readonly string[];
  /** `yes`: never accept an unknown key; `ask`; `accept-new`: accept unknown keys silently; `no`: as `accept-new` here. */
  readonly strictHostKeyChecking: 'yes' | 'ask' | 'accept-new' | 'no';
  /** Write hashed names to known_hosts. */
  readonly hashKnownHosts: boolean;

  readonly connectTimeoutMs: number | undefined;
  /** 0 for not asked for; ours may be shorter, so that a dead host is noticed in time. */
  readonly serverAliveIntervalMs: number;
  readonly serverAliveCountMax: number;
  readonly addressFamily: 'any' | 'inet' | 'inet6';
  readonly bindAddress: string | undefined;
  readonly compression: boolean;
  /** In order of preference; undefined for the client's own. */
  readonly algorithms: {
    readonly kex: readonly string[] | undefined;
    readonly ciphers: readonly string[] | undefined;
    readonly macs: readonly string[] | undefined;
    readonly hostKeys: readonly string[] | undefined;
  };

  /** What of this `ssh2` cannot do at all, so that the user's OpenSSH has to: reasons, in sentences. */
  readonly unsupported: readonly string[];
  /** What is not honoured and why, in sentences; the connection works without. */
  readonly notes: readonly string[];
  /** Whether OpenSSH's own `ssh -G` said all this, so that it is installed. */
  readonly hasOpenSsh: boolean;
}

/** Which client reaches a host; `auto`: ours, and the user's OpenSSH where ours cannot. */
export type SshClientChoice = 'auto' | 'ssh2' | 'openssh';
