import * as vscode from 'vscode';
import type { SshPrompts } from '../../transport/ssh/sshPrompts.ts';
import type { Prompter } from '../actions/prompter.ts';
import type { QuickTurns } from '../quickTurns.ts';
import { askSecret } from './askSecret.ts';
import type { KeptSecrets, SecretPurpose } from './keptSecrets.ts';

export interface EditorSshPromptsOptions {
  readonly kept: KeptSecrets;
  readonly turns: QuickTurns;
  readonly prompter: Prompter;
}

interface SecretWords {
  readonly title: string;
  readonly prompt: string;
  readonly wrong: string;
}

/** Asks in the editor what SSH needs from a person. */
export function createEditorSshPrompts({
  kept,
  turns,
  prompter,
}: EditorSshPromptsOptions): SshPrompts {
  /** What the person says, which is kept if they wish so; what was kept before was of no use then. */
  const secret = async (
    purpose: SecretPurpose,
    words: SecretWords,
    { isWrong, signal }: { readonly isWrong: boolean; readonly signal: AbortSignal },
  ): Promise<string | undefined> => {
    await kept.forget(purpose);
    const answer = await turns.interrupt(() =>
      askSecret({
        title: words.title,
        prompt: words.prompt,
        problem: isWrong ? words.wrong : undefined,
        canKeep: true,
        signal,
      }),
    );
    if (answer?.keep) {
      await kept.keep(purpose, answer.secret);
    }
    return answer?.secret;
  };
  return {
    passphrase: (question) =>
      secret(
        { kind: 'passphrase', keyFile: question.keyFile },
        {
          title: vscode.l10n.t('Passphrase for {0}', question.host),
          prompt: vscode.l10n.t('The passphrase of {0}.', question.keyFile),
          wrong: vscode.l10n.t('That passphrase does not open the key.'),
        },
        question,
      ),
    password: (question) =>
      secret(
        { kind: 'password', user: question.user, host: question.host },
        {
          title: vscode.l10n.t('Password for {0}', question.host),
          prompt: vscode.l10n.t('The password of {0} on {1}.', question.user, question.host),
          wrong: vscode.l10n.t('The host did not accept that password.'),
        },
        question,
      ),
    answers: (question) => turns.interrupt(() => answerAll(question)),
    confirmHostKey: (question) => turns.interrupt(() => confirmHostKey(question, prompter)),
    agentIsWaiting: showAgentIsWaiting,
    kept: {
      passphrase: ({ keyFile }) => kept.get({ kind: 'passphrase', keyFile }),
      password: ({ user, host }) => kept.get({ kind: 'password', user, host }),
    },
  };
}

async function answerAll({
  host,
  title,
  instructions,
  questions,
  signal,
}: Parameters<SshPrompts['answers']>[0]): Promise<readonly string[] | undefined> {
  const answers: string[] = [];
  const place = title === '' ? vscode.l10n.t('Log In to {0}', host) : `${title}: ${host}`;
  for (const { text, echo } of questions) {
    // What the server says is shown as text, and never read as Markdown or a command
    const prompt = [instructions, text].filter((part) => part.trim() !== '').join(' ');
    const answer = echo
      ? await askLine(place, prompt, signal)
      : (
          await askSecret({
            title: place,
            prompt,
            problem: undefined,
            canKeep: false, // a one-time code, perhaps
            signal,
          })
        )?.secret;
    if (answer === undefined) {
      return undefined;
    }
    answers.push(answer);
  }
  return answers;
}

async function askLine(
  title: string,
  prompt: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const source = new vscode.CancellationTokenSource();
  const abort = (): void => {
    source.cancel();
  };
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await vscode.window.showInputBox({ title, prompt, ignoreFocusOut: true }, source.token);
  } finally {
    signal.removeEventListener('abort', abort);
    source.dispose();
  }
}

async function confirmHostKey(
  question: Parameters<SshPrompts['confirmHostKey']>[0],
  prompter: Prompter,
): Promise<boolean> {
  const { host, address, keyType, fingerprint, file, otherKeyTypes, signal } = question;
  const detail = [
    vscode.l10n.t('{0} shows this {1} key:', address, keyType),
    fingerprint,
    vscode.l10n.t(
      'Compare it with the one the machine itself shows: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub.',
    ),
    ...(otherKeyTypes.length === 0
      ? []
      : [
          vscode.l10n.t(
            'You know it by keys of other kinds so far: {0}.',
            otherKeyTypes.join(', '),
          ),
        ]),
    vscode.l10n.t('If you trust it, it is written to {0}. Nothing was sent yet.', file),
  ].join('\n\n');
  const answer = await prompter.ask({
    message: vscode.l10n.t('Is this really {0}?', host),
    detail,
    safe: vscode.l10n.t('Do Not Connect'),
    answers: [vscode.l10n.t('Trust and Connect')],
  });
  return answer !== undefined && !signal.aborted;
}

function showAgentIsWaiting({
  host,
  key,
  signal,
}: Parameters<SshPrompts['agentIsWaiting']>[0]): void {
  vscode.window
    .withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        // What is to be done comes first: a notification may show no more
        title: vscode.l10n.t(
          'Touch your security key, or enter its PIN, for {0} ({1}).',
          host,
          key,
        ),
      },
      () =>
        new Promise<void>((resolve) => {
          if (signal.aborted) {
            resolve();
          }
          signal.addEventListener(
            'abort',
            () => {
              resolve();
            },
            { once: true },
          );
        }),
    )
    .then(undefined, () => undefined);
}
