import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import type { SshEnvironment } from '../../../../src/transport/ssh/sshEnvironment.ts';

/** A home folder with SSH files of its own. */
export class SshFolder {
  readonly home = mkdtempSync(join(tmpdir(), 'ssh-home-'));

  write(name: string, text: string, mode = 0o600): string {
    const file = join(this.home, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { mode });
    return file;
  }

  environment(overrides: Partial<SshEnvironment> = {}): SshEnvironment {
    return {
      home: this.home,
      user: userInfo().username,
      uid: process.getuid?.(),
      localHostName: 'here.lan',
      platform: 'linux',
      variables: { PATH: process.env['PATH'], SHELF: '/shelf' },
      sshProgram: 'ssh',
      configFile: undefined,
      systemConfigFile: join(this.home, 'system_config'),
      agent: '/agent',
      credentialKeyFile: undefined,
      ...overrides,
    };
  }

  dispose(): void {
    rmSync(this.home, { recursive: true });
  }
}
