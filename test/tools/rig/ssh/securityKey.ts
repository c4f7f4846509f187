import * as fs from 'node:fs';
import * as path from 'node:path';

/** A FIDO security key in software, which OpenSSH tests itself with. */
export const securityKeyProvider = '/usr/lib/openssh/regress/misc/sk-dummy/sk-dummy.so';

/** What `ssh` starts to speak to a security key; here somebody takes their time to touch it. */
export function slowTouch(folder: string, seconds: number): Readonly<Record<string, string>> {
  const helper = path.join(folder, 'sk-helper');
  fs.writeFileSync(
    helper,
    `#!/bin/sh\nsleep ${seconds}\nexec /usr/lib/openssh/ssh-sk-helper "$@"\n`,
    { mode: 0o755 },
  );
  return { SSH_SK_HELPER: helper };
}
