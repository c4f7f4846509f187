import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { inspect } from 'node:util';
import { startRigHost, type RigHost } from '../../tools/rig/rigHost.ts';
import { makeKey } from '../../tools/rig/ssh/keys.ts';
import { preparePam, setPassword, startSshd, type Sshd } from '../../tools/rig/ssh/sshd.ts';
import { SshUser } from './sshUser.ts';

const secrets = {
  passphrase: 'open-sesame-7f3a',
  wrongPassphrase: 'shut-sesame-91cc',
  password: 'correct-horse-2b8e',
  wrongPassword: 'battery-staple-c40d',
};

/** Everything that can be seen of processes that we or OpenSSH started. */
function processesAsSeen(): string {
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .flatMap((pid) =>
      ['cmdline', 'environ'].map((file) => {
        try {
          const text = fs.readFileSync(`/proc/${pid}/${file}`, 'utf8');
          return text.includes('vm-deck-ssh-') || text.startsWith('ssh\0') ? text : '';
        } catch {
          return '';
        }
      }),
    )
    .join('\n');
}

function filesUnder(folder: string): string {
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      try {
        return fs.readFileSync(path.join(entry.parentPath, entry.name), 'latin1');
      } catch {
        return ''; // gone meanwhile
      }
    })
    .join('\n');
}

describe('what a person says to get in over SSH', function () {
  this.timeout(90_000);
  let host: RigHost;
  let byPassword: Sshd;
  let byQuestion: Sshd;
  let byKey: Sshd;

  before(async () => {
    host = await startRigHost({ name: 'secretive' });
    await setPassword(host, host.member, secrets.password);
    await preparePam(host);
    byPassword = await startSshd(host, { config: { PasswordAuthentication: 'yes' } });
    byQuestion = await startSshd(host, {
      config: { UsePAM: 'yes', KbdInteractiveAuthentication: 'yes' },
    });
    byKey = await startSshd(host);
  });

  after(async () => {
    await host.stop();
  });

  for (const client of ['ssh2', 'openssh'] as const) {
    it(`is in no log, error, file, argument or environment (${client})`, async () => {
      const { passphrase } = secrets;
      const key = await makeKey(path.join(byKey.folder, `key-${client}`), { passphrase });
      byKey.authorize(host.member, key);
      const privateLines = fs.readFileSync(key.file, 'utf8').split('\n').slice(1, 5);
      const folder = path.join(byKey.folder, `secretive-${client}`);
      const seen: string[] = [];
      let attempts = 0;
      /** The second answer is the right one, if there is a second. */
      const answer = (wrong: string, right: string, isRight: boolean): Promise<string> => {
        attempts++;
        seen.push(processesAsSeen());
        return Promise.resolve(isRight ? right : wrong);
      };
      const { wrongPassphrase, wrongPassword, password } = secrets;
      for (const onlyWrong of [false, true]) {
        const user = new SshUser({
          folder,
          client,
          config: `Host *\n  IdentityFile ${key.file}\n`,
          prompts: {
            passphrase: ({ isWrong }) => answer(wrongPassphrase, passphrase, isWrong && !onlyWrong),
            password: ({ isWrong }) => answer(wrongPassword, password, isWrong && !onlyWrong),
            answers: async () => [await answer(wrongPassword, password, !onlyWrong)],
          },
        });
        user.trust(byPassword, byQuestion, byKey);
        for (const server of [byKey, byPassword, byQuestion]) {
          try {
            const uri = `qemu+ssh://${host.member.name}@127.0.0.1:${server.port}/system`;
            const { connection, steps, dialer } = await user.open(uri);
            assert.ok(!onlyWrong);
            seen.push(processesAsSeen(), inspect([steps, dialer.route], { depth: 9 }));
            connection.close();
          } catch (error) {
            assert.ok(onlyWrong, String(error));
            seen.push(inspect(error, { depth: 12, showHidden: true }), JSON.stringify(error));
          }
        }
        seen.push(...user.logged);
        for (const name of fs.readdirSync(os.tmpdir())) {
          if (name.startsWith('vm-deck-ssh-')) {
            seen.push(filesUnder(path.join(os.tmpdir(), name)));
          }
        }
        user.close();
      }
      assert.ok(attempts >= 6, `${attempts}`);
      const all = [...seen, filesUnder(folder)].join('\n');
      for (const [name, secret] of Object.entries(secrets)) {
        assert.equal(all.split(secret).length - 1, 0, name);
      }
      for (const line of privateLines) {
        assert.ok(line.length > 30 && !all.includes(line), 'the private key');
      }
    });
  }
});
