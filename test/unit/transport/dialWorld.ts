import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import type { Clock } from '../../../src/base/clock.ts';
import type { Dialer } from '../../../src/libvirt/dialer.ts';
import { parseHostUri } from '../../../src/libvirt/uri.ts';
import { createUnixDialer, type DialEnvironment } from '../../../src/transport/unixDialer.ts';
import { FakeDaemon } from '../../fakes/fakeDaemon.ts';

/** A machine in a temporary folder: sockets of fake daemons, and a user's own folders. */
export class DialWorld {
  readonly folder = fs.mkdtempSync(path.join(tmpdir(), 'vm-deck-dial-'));
  readonly systemFolder = this.#folder('run/libvirt');
  readonly userFolder = this.#folder('user/libvirt');
  readonly programFolder = this.#folder('sbin');
  readonly #daemons: FakeDaemon[] = [];

  /** A person who is not root. */
  readonly environment: DialEnvironment = {
    isRoot: false,
    home: path.join(this.folder, 'home'),
    xdgRuntimeDir: path.join(this.folder, 'user'),
    xdgCacheHome: undefined,
    systemFolder: this.systemFolder,
    programFolders: [path.join(this.folder, 'empty'), this.programFolder],
  };

  dialer(uri: string, clock: Clock, environment: Partial<DialEnvironment> = {}): Dialer {
    return createUnixDialer(parseHostUri(uri), clock, { ...this.environment, ...environment });
  }

  /** A fake daemon that listens on a socket. */
  async daemonAt(socket: string, daemon = new FakeDaemon()): Promise<FakeDaemon> {
    await daemon.listen(socket);
    this.#daemons.push(daemon);
    return daemon;
  }

  /** A socket whose daemon was killed: the file is there and nobody listens. */
  async staleAt(socket: string): Promise<void> {
    const daemon = new FakeDaemon();
    const other = `${socket}.killed`;
    await daemon.listen(other);
    fs.linkSync(other, socket); // the server removes only the name it was given
    await daemon.close();
  }

  /** A program that notes how it was started and ends. */
  program(name: string): { readonly started: () => string | undefined } {
    const file = path.join(this.programFolder, name);
    const note = `${file}.started`;
    fs.writeFileSync(
      file,
      `#!/bin/sh\nprintf '%s' "$*" >'${note}.part'\nmv '${note}.part' '${note}'\n`,
      { mode: 0o755 },
    );
    return {
      started: () => (fs.existsSync(note) ? fs.readFileSync(note, 'utf8') : undefined),
    };
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#daemons.map((daemon) => daemon.close()));
    fs.rmSync(this.folder, { recursive: true });
  }

  #folder(name: string): string {
    const folder = path.join(this.folder, name);
    fs.mkdirSync(folder, { recursive: true });
    return folder;
  }
}
