import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { connect } from 'node:net';
import * as path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../freePort.ts';
import { mustRun, withVariables } from '../command.ts';

const realm = 'RIG.TEST';

/** A Kerberos realm of a test's own: its key distribution centre listens on 127.0.0.1 of this machine. */
export class Kerberos {
  /** What programs need in their environment to belong to the realm. */
  readonly variables: Readonly<Record<string, string>>;
  readonly #folder: string;
  readonly #child: ChildProcess;

  private constructor(
    folder: string,
    variables: Readonly<Record<string, string>>,
    child: ChildProcess,
  ) {
    this.#folder = folder;
    this.variables = variables;
    this.#child = child;
  }

  static async start(folder: string): Promise<Kerberos> {
    fs.mkdirSync(folder, { recursive: true });
    const port = await freePort();
    const file = (name: string, text: string): string => {
      const written = path.join(folder, name);
      fs.writeFileSync(written, text, { mode: 0o644 });
      return written;
    };
    const variables = {
      KRB5_CONFIG: file(
        'krb5.conf',
        `[libdefaults]
default_realm = ${realm}
dns_lookup_kdc = false
dns_lookup_realm = false
dns_canonicalize_hostname = false
rdns = false
[realms]
${realm} = {
  kdc = 127.0.0.1:${port}
}
`,
      ),
      KRB5_KDC_PROFILE: file(
        'kdc.conf',
        `[kdcdefaults]
kdc_listen = 127.0.0.1:${port}
kdc_tcp_listen = 127.0.0.1:${port}
[realms]
${realm} = {
  database_name = ${folder}/principal
  key_stash_file = ${folder}/stash
}
`,
      ),
    };
    const env = withVariables(variables);
    await mustRun([...env, '/usr/sbin/kdb5_util', 'create', '-s', '-r', realm, '-P', 'of-a-test']);
    const child = spawn('/usr/sbin/krb5kdc', ['-n', '-P', path.join(folder, 'pid')], {
      env: { ...process.env, ...variables },
      stdio: 'ignore',
    });
    process.once('exit', () => child.kill());
    await accepts(port, child);
    return new Kerberos(folder, variables, child);
  }

  /** Adds somebody, or a service such as `host/127.0.0.1`. @returns the file with their key */
  async add(principal: string): Promise<string> {
    const keytab = path.join(this.#folder, `${principal.replaceAll('/', '-')}.keytab`);
    for (const query of [`addprinc -randkey ${principal}`, `ktadd -k ${keytab} ${principal}`]) {
      await this.#run(['/usr/sbin/kadmin.local', '-r', realm, '-q', query]);
    }
    return keytab;
  }

  /** Gets a ticket. @returns the variables of who has it */
  async ticketOf(principal: string, keytab: string): Promise<Readonly<Record<string, string>>> {
    const cache = { KRB5CCNAME: `FILE:${path.join(this.#folder, `${principal}.tickets`)}` };
    await this.#run([...withVariables(cache), 'kinit', '-k', '-t', keytab, principal]);
    return { ...this.variables, ...cache };
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = once(this.#child, 'exit');
      this.#child.kill();
      await ended;
    }
  }

  async #run(argv: readonly string[]): Promise<void> {
    await mustRun([...withVariables(this.variables), ...argv]);
  }
}

async function accepts(port: number, child: ChildProcess): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) {
      throw new Error(`krb5kdc ended with ${child.exitCode}`);
    }
    const socket = connect(port, '127.0.0.1');
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isOpen) {
      return;
    }
    await delay(20);
  }
}
