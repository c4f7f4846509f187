import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { passwordSlot, SecretMemory } from '../../../../src/transport/ssh/secretMemory.ts';
import type { SshPrompts } from '../../../../src/transport/ssh/sshPrompts.ts';
import type { SshTarget } from '../../../../src/transport/ssh/sshTarget.ts';
import { Answers, knowsSecrets } from '../../../../src/transport/openssh/answers.ts';
import { Askpass } from '../../../../src/transport/openssh/askpass.ts';
import { settle } from '../../../fakes/fakeClock.ts';

describe('what OpenSSH asks', () => {
  const asked: unknown[] = [];
  let answers: Partial<SshPrompts> = {};
  let folder: string;
  let askpass: Askpass;
  let prompts: SshPrompts;
  const secrets = new SecretMemory();
  const kept = new Map<string, string>();
  const target = {
    ...{
      alias: 'alpha',
      user: 'me',
      hostName: 'alpha.lan',
      hostKeyName: 'alpha.lan',
      userKnownHostsFiles: ['/kh'],
    },
    identityFiles: ['/id'],
  } as unknown as SshTarget;

  /** As `ssh` does it: starts the program with the question, and reads a line. */
  function ask(question: string, variables: Record<string, string> = {}): Promise<string | null> {
    const env = { PATH: process.env['PATH'], ...askpass.variables, ...variables };
    return new Promise((resolve) => {
      execFile(askpass.variables['SSH_ASKPASS']!, [question], { env }, (error, stdout) => {
        resolve(error ? null : stdout.replace(/\n$/, ''));
      });
    });
  }

  before(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'vmd-askpass-'));
    const note = (name: string, { signal: _, ...question }: { signal: AbortSignal }): void => {
      asked.push([name, question]);
    };
    prompts = {
      passphrase: (question) => {
        note('passphrase', question);
        return answers.passphrase?.(question) ?? Promise.resolve(undefined);
      },
      password: (question) => {
        note('password', question);
        return answers.password?.(question) ?? Promise.resolve(undefined);
      },
      answers: (question) => {
        note('answers', question);
        return answers.answers?.(question) ?? Promise.resolve(undefined);
      },
      confirmHostKey: (question) => {
        note('confirmHostKey', question);
        return answers.confirmHostKey?.(question) ?? Promise.resolve(false);
      },
      agentIsWaiting: (question) => {
        note('agentIsWaiting', question);
        answers.agentIsWaiting?.(question);
      },
      kept: {
        passphrase: ({ keyFile }) => Promise.resolve(kept.get(keyFile)),
        password: ({ user, host }) => Promise.resolve(kept.get(`${user}@${host}`)),
      },
    };
    await open({ mayAsk: true });
  });

  async function open({ mayAsk }: { readonly mayAsk: boolean }): Promise<void> {
    askpass = await Askpass.open(folder, new Answers({ target, prompts, secrets, mayAsk }));
  }

  beforeEach(() => {
    asked.length = 0;
    answers = {};
  });

  after(() => {
    askpass.dispose();
    rmSync(folder, { recursive: true });
  });

  it('a passphrase, and once more if it was wrong', async () => {
    answers = { passphrase: ({ isWrong }) => Promise.resolve(isWrong ? 'right' : 'wrong') };
    const question = "Enter passphrase for key '/home/me/.ssh/id_ed25519': ";
    assert.equal(await ask(question), 'wrong');
    assert.equal(await ask(question), 'right');
    assert.deepEqual(asked, [
      ['passphrase', { keyFile: '/home/me/.ssh/id_ed25519', host: 'alpha', isWrong: false }],
      ['passphrase', { keyFile: '/home/me/.ssh/id_ed25519', host: 'alpha', isWrong: true }],
    ]);
  });

  it('a password, a PIN, and what a server wants to know; nothing if nobody says it', async () => {
    answers = { answers: () => Promise.resolve(['123456']) };
    assert.equal(await ask("me@alpha.lan's password: "), null);
    assert.equal(await ask('Enter PIN for ED25519-SK key /home/me/.ssh/id_sk: '), null);
    assert.equal(await ask('(me@alpha) Verification code: '), '123456');
    assert.deepEqual(
      asked.map((entry) => (entry as [string])[0]),
      ['password', 'passphrase', 'answers'],
    );
  });

  it('whether a host key is right, with its fingerprint', async () => {
    const question =
      "The authenticity of host '[127.0.0.1]:2222 ([127.0.0.1]:2222)' can't be established.\n" +
      'ED25519 key fingerprint is SHA256:abc/+x.\nThis key is not known by any other names.\n' +
      'Are you sure you want to continue connecting (yes/no/[fingerprint])? ';
    assert.equal(await ask(question), 'no');
    const [[name, asking]] = asked as [[string, { fingerprint: string; file: string }]];
    assert.deepEqual(
      [name, asking.fingerprint, asking.file],
      ['confirmHostKey', 'SHA256:abc/+x', '/kh'],
    );
  });

  it('what a machine on the way wants to know, by its own name', async () => {
    answers = {
      answers: () => Promise.resolve(['of the bastion']),
      confirmHostKey: () => Promise.resolve(true),
    };
    const question = "me@bastion's password: ";
    const hostKey = (name: string): string =>
      `The authenticity of host '${name} (192.0.2.7)' can't be established.\n` +
      'ED25519 key fingerprint is SHA256:abc/+x.\n';
    assert.equal(await ask(question), 'of the bastion');
    assert.equal(await ask(hostKey('bastion')), 'yes');
    assert.equal(await ask(hostKey('alpha.lan')), 'yes');
    const [[, asking], [, bastion], [, alpha]] = asked as [
      [string, { questions: unknown }],
      [string, { host: string; address: string }],
      [string, { host: string; address: string }],
    ];
    assert.deepEqual(asking.questions, [{ text: question, echo: false }]);
    assert.deepEqual(
      [bastion.host, bastion.address, alpha.host],
      ['bastion', 'bastion (192.0.2.7)', 'alpha'],
    );
  });

  it('to touch a key, until it was touched, each time anew', async () => {
    const env = { PATH: process.env['PATH'], ...askpass.variables, SSH_ASKPASS_PROMPT: 'none' };
    for (let round = 1; round <= 2; round++) {
      const waiting = new Promise<AbortSignal>((resolve) => {
        answers = {
          agentIsWaiting: ({ signal }) => {
            resolve(signal);
          },
        };
      });
      const asking = spawn(
        askpass.variables['SSH_ASKPASS']!,
        ['Confirm user presence for key ED25519-SK SHA256:abc/+x'],
        { env },
      );
      const signal = await waiting;
      assert.ok(askpass.isAsking);
      assert.ok(!signal.aborted);
      const touched = once(signal, 'abort');
      asking.kill(); // as OpenSSH does then
      await touched;
      await settle();
      assert.ok(!askpass.isAsking);
      assert.deepEqual(asked.length, round);
    }
    assert.deepEqual(asked[0], [
      'agentIsWaiting',
      { host: 'alpha', key: 'ED25519-SK SHA256:abc/+x' },
    ]);
  });

  it('nobody any more, once OpenSSH has given up', async () => {
    const withdrawn = new Promise<void>((resolve) => {
      answers = {
        password: ({ signal }) => {
          asking.kill();
          signal.addEventListener('abort', () => {
            resolve();
          });
          return new Promise(() => undefined);
        },
      };
    });
    const env = { PATH: process.env['PATH'], ...askpass.variables };
    const asking = spawn(askpass.variables['SSH_ASKPASS']!, ["me@alpha.lan's password: "], { env });
    await withdrawn;
  });

  it('is nobody else’s to ask', async () => {
    const wrong = { VM_DECK_ASKPASS_TOKEN: 'x'.repeat(24) };
    assert.equal(await ask("me@alpha's password: ", wrong), null);
    assert.deepEqual(asked, []);
  });

  it('is not asked again once we are in', async () => {
    answers = { answers: () => Promise.resolve(['sesame']) };
    assert.equal(await ask('(me@alpha) Password: '), 'sesame');
    askpass.succeeded();
    answers = {};
    assert.equal(await ask('(me@alpha) Password: '), 'sesame');
    assert.equal(asked.length, 1);
  });

  it('is answered by what was right before, or is kept, and by nobody where nobody may be asked', async () => {
    const known = (): Promise<boolean> => knowsSecrets({ target, prompts, secrets });
    const password = "me@alpha.lan's password: ";
    const passphrase = "Enter passphrase for key '/id': ";
    askpass.dispose();
    secrets.forgetAnswer(passwordSlot(target));
    assert.equal(await known(), false);
    await open({ mayAsk: true });
    answers = { passphrase: () => Promise.resolve('of the key') };
    assert.equal(await ask(passphrase), 'of the key');
    assert.equal(await known(), false, 'it may be wrong');
    askpass.succeeded();
    assert.equal(await known(), true);
    askpass.dispose();
    await open({ mayAsk: false });
    assert.equal(await ask(passphrase), 'of the key');
    assert.equal(await ask(passphrase), null, 'it was wrong');
    assert.equal(await ask(password), null);
    assert.equal(await ask('Enter PIN for ED25519-SK key /id: '), null);
    assert.equal(await ask('(me@alpha) Verification code: '), null);
    assert.equal(await known(), false);
    kept.set('me@alpha', 'kept');
    assert.equal(await known(), true);
    askpass.dispose();
    await open({ mayAsk: false });
    assert.equal(await ask("me@bastion's password: "), null, 'it is another machine');
    assert.equal(await ask(password), 'kept');
    kept.clear();
    assert.deepEqual(asked.length, 1, 'only the first time');
  });
});
