import * as fs from 'node:fs';
import * as path from 'node:path';
import { systemClock } from '../../../src/base/clock.ts';
import type { Log } from '../../../src/base/log.ts';
import type { Dialer } from '../../../src/libvirt/dialer.ts';
import { openConnection } from '../../../src/libvirt/openConnection.ts';
import type { Connection } from '../../../src/libvirt/connection.ts';
import { parseHostUri } from '../../../src/libvirt/uri.ts';
import type { SshEnvironment } from '../../../src/transport/ssh/sshEnvironment.ts';
import type { SshPrompts } from '../../../src/transport/ssh/sshPrompts.ts';
import type { SshClientChoice } from '../../../src/transport/ssh/sshTarget.ts';
import { SshWays } from '../../../src/transport/sshWays.ts';
import type { Sshd } from '../../tools/rig/ssh/sshd.ts';

export interface SshUserOptions {
  /** A folder of their own. */
  readonly folder: string;
  /** What their configuration says, beside where the files are. */
  readonly config?: string;
  readonly agent?: string | undefined;
  /** What their environment has beside. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Which SSH client they chose for their hosts. */
  readonly client?: SshClientChoice;
  /** Whose ways of doing things they have; those of this machine's system without. */
  readonly platform?: NodeJS.Platform;
  /** What they answer; nobody is there to be asked without. */
  readonly prompts?: Partial<SshPrompts>;
}

/** Somebody who reaches hosts over SSH with files of their own, and nothing of this machine's user. */
export class SshUser {
  readonly knownHosts: string;
  readonly configFile: string;
  /** All that was logged. */
  readonly logged: string[] = [];
  readonly #ways: SshWays;
  readonly #client: SshClientChoice;

  constructor(options: SshUserOptions) {
    const { folder, config = '', agent, client = 'auto', prompts, variables } = options;
    const { platform = process.platform } = options;
    this.#client = client;
    fs.mkdirSync(folder, { recursive: true });
    this.knownHosts = path.join(folder, 'known_hosts');
    this.configFile = path.join(folder, 'config');
    fs.writeFileSync(
      this.configFile,
      `${config}\nHost *\n  UserKnownHostsFile ${this.knownHosts}\n  GlobalKnownHostsFile none\n`,
    );
    const environment = (): SshEnvironment => ({
      home: folder,
      user: 'nobody-in-particular',
      uid: process.getuid?.(),
      localHostName: 'here',
      platform,
      variables: { PATH: process.env['PATH'], HOME: folder, SSH_AUTH_SOCK: agent, ...variables },
      sshProgram: 'ssh',
      configFile: this.configFile,
      systemConfigFile: path.join(folder, 'no-system-config'),
      agent,
      credentialKeyFile: undefined,
    });
    this.#ways = new SshWays({
      clock: systemClock,
      log: this.#log(),
      prompts: prompts === undefined ? undefined : { ...noAnswers, ...prompts },
      environment,
    });
  }

  /** Knows this server's keys. */
  trust(...servers: readonly Sshd[]): void {
    for (const server of servers) {
      fs.appendFileSync(this.knownHosts, server.knownHosts());
    }
  }

  dialer(uri: string): Dialer {
    return this.#ways.dialer(parseHostUri(uri), this.#client);
  }

  /** Opens an RPC connection as a session would. */
  async open(
    uri: string,
    options: {
      readonly readOnly?: boolean;
      readonly mayAsk?: boolean;
      readonly signal?: AbortSignal;
    } = {},
  ): Promise<{ connection: Connection; dialer: Dialer; steps: (readonly [string, string])[] }> {
    const dialer = this.dialer(uri);
    const steps: (readonly [string, string])[] = [];
    const connection = await openConnection({
      uri: parseHostUri(uri),
      dialer,
      clock: systemClock,
      log: this.#log(),
      mayAsk: true,
      onStep: (step, detail) => {
        steps.push([step, detail]);
      },
      ...options,
    });
    return { connection, dialer, steps };
  }

  close(): void {
    this.#ways.dispose();
  }

  #log(): Log {
    const note = (message: string): void => {
      this.logged.push(message);
    };
    return { trace: note, debug: note, info: note, warn: note, error: note };
  }
}

const noAnswers: SshPrompts = {
  passphrase: () => Promise.resolve(undefined),
  password: () => Promise.resolve(undefined),
  answers: () => Promise.resolve(undefined),
  confirmHostKey: () => Promise.resolve(false),
  agentIsWaiting: () => undefined,
};
